package org.voyageur.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A kernel that the yum of a guest of release 5 of Red Hat's family is to install, with an initrd
 * that mkinitrd makes for KVM.
 *
 * @param name the package's, such as {@code kernel} or {@code kernel-lt}
 * @param key a file of the host's: the public key that packages must be signed with
 */
public record GuestKernel(String name, Repository repository, Optional<Path> key) {
  /** What the key's file is called beside the script. */
  public static final String KEY_FILE = ".key";

  /** Where the package comes from. */
  public sealed interface Repository {
    /** The guest's own repositories. */
    record Own() implements Repository {}

    /**
     * One that the guest reaches by the network; its packages are to be signed if the guest's
     * yum.conf demands it.
     */
    record Remote(String url) implements Repository {
      /**
       * Checks what goes into a script.
       *
       * @throws IllegalArgumentException if it is no URL, or one with a password
       */
      public Remote {
        // yum's own variables, such as $basearch, are let through.
        if (!isUrl(url) || !url.matches("\\w+://[A-Za-z0-9._~:/%+,=$&?-]{1,2000}")) {
          throw new IllegalArgumentException("'" + url + "' is no URL of a repository");
        }
      }
    }

    /**
     * A directory of the host, which the operator answers for: signatures are asked for only with a
     * key.
     */
    record Local(Path directory) implements Repository {}

    /** Whether this is one that yum fetches from. */
    static boolean isUrl(String text) {
      return text.matches("(?:https?|ftp)://.*");
    }
  }

  /**
   * Checks what goes into a script.
   *
   * @throws IllegalArgumentException if no package can be called that
   */
  public GuestKernel {
    GuestCommands.mustBeAPackage(name);
  }

  /** The directory of the host that the guest is to see. */
  public Optional<Path> directory() {
    return repository instanceof Repository.Local(Path directory)
        ? Optional.of(directory)
        : Optional.empty();
  }

  /** For people. */
  String title() {
    return "install "
        + name
        + switch (repository) {
          case Repository.Own() -> "";
          case Repository.Remote(String url) -> " from " + url;
          case Repository.Local(Path directory) -> " from " + directory;
        };
  }

  String script() {
    String where =
        switch (repository) {
          case Repository.Own() -> "own";
          case Repository.Remote(String url) -> url;
          case Repository.Local _ -> "local";
        };
    try (InputStream resource = GuestKernel.class.getResourceAsStream("kernel.sh")) {
      return new String(Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.US_ASCII)
          .replace("@NAME@", name)
          .replace("@WHERE@", where)
          .replace("@KEY@", key.isPresent() ? KEY_FILE : "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
