package org.voyageur.cli;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.plan.Customisation;
import org.voyageur.plan.Customisation.AuthorizedKey;
import org.voyageur.plan.Customisation.Password;
import org.voyageur.plan.Customisation.Script;
import org.voyageur.plan.GuestCommands;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is to be changed in a guest besides what the move takes; named as in virt-customize(1). */
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class GuestOptions {
  /** Nobody's password, keys or script are larger. */
  private static final int LARGEST = 1 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--hostname", paramLabel = "NAME", description = "Give the guest another name.")
  private Optional<String> hostname;

  @Option(
      names = "--password",
      paramLabel = "USER:WHICH",
      description =
          "Set an account's password: USER:file:FILE takes the first line of FILE, USER:random makes"
              + " one up and prints it on standard error. May be repeated.")
  private List<String> passwords = List.of();

  @Option(
      names = "--ssh-inject",
      paramLabel = "USER[:file:FILE]",
      description =
          "Let one log in with a public key: that in FILE, else your own. May be repeated.")
  private List<String> keys = List.of();

  @Option(
      names = "--firstboot",
      paramLabel = "SCRIPT",
      description =
          "Run a script once, as root, when the guest starts for the first time. May be repeated.")
  private List<Path> firstBoot = List.of();

  @Option(
      names = "--cloud-init",
      description =
          "Set the guest's cloud-init up for OpenStack; with --network, have its package manager"
              + " install it before.")
  private boolean cloudInit;

  @Option(
      names = "--install",
      paramLabel = "PKG",
      split = ",",
      description =
          "Install packages with the guest's own package manager, in libguestfs's appliance. May be"
              + " repeated.")
  private List<String> packages = List.of();

  @Option(
      names = "--run-command",
      paramLabel = "COMMAND",
      description =
          "Run a command of the guest's shell, in libguestfs's appliance, before everything else."
              + " May be repeated.")
  private List<String> commands = List.of();

  @Option(
      names = "--network",
      description = "Let the guest's package manager and --run-command use the network.")
  private boolean network;

  @Option(
      names = "--command-timeout",
      paramLabel = "TIME",
      defaultValue = "30m",
      converter = VerifyCommand.Durations.class,
      description =
          "The longest that --install or a command may take: 90s, 15m (${DEFAULT-VALUE}).")
  private Duration limit;

  /** Passwords that were made up; they are not printed before there is a guest that has them. */
  private final List<Password> madeUp = new ArrayList<>();

  /** With the kernels that are wanted besides. */
  Customisation customisation(KernelOptions kernels) {
    return checked(() ->
        new Customisation(
            hostname,
            passwords.stream().map(this::password).toList(),
            keys.stream().flatMap(key -> keys(key).stream()).toList(),
            firstBoot.stream().map(this::script).toList(),
            cloudInit,
            new GuestCommands(kernels.byYum(network), install(), commands, network, limit),
            kernels.choice()));
  }

  /** A package manager that finds it installed leaves it as it is. */
  private List<String> install() {
    boolean cloud = cloudInit && network && !packages.contains("cloud-init");
    return cloud ? Stream.concat(packages.stream(), Stream.of("cloud-init")).toList() : packages;
  }

  /** What the operator could not know yet, a line each. */
  List<String> madeUp() {
    return madeUp.stream()
        .map(password -> "The password of " + password.user() + " is " + password.clear())
        .toList();
  }

  private Password password(String option) {
    String[] words = option.split(":", 3);
    if (words.length == 2 && words[1].equals("random")) {
      Password password = Password.random(words[0]);
      madeUp.add(password);
      return password;
    }
    if (words.length == 3 && words[1].equals("file")) {
      String first = text(Path.of(words[2]), StandardCharsets.UTF_8).lines().findFirst().orElse("");
      return Password.of(words[0], first);
    }
    // The option is not repeated in the message: it may hold a password.
    throw usage("--password takes USER:file:FILE or USER:random");
  }

  private List<AuthorizedKey> keys(String option) {
    String[] words = option.split(":", 3);
    if (words.length == 1) {
      return AuthorizedKey.all(option, text(ownKey(), StandardCharsets.UTF_8));
    }
    if (words.length == 3 && words[1].equals("file")) {
      return AuthorizedKey.all(words[0], text(Path.of(words[2]), StandardCharsets.UTF_8));
    }
    throw usage("--ssh-inject takes USER or USER:file:FILE");
  }

  /** The oldest kind first: it is the one that old guests know. */
  private Path ownKey() {
    Path directory = Path.of(System.getProperty("user.home"), ".ssh");
    for (String name : List.of("id_rsa.pub", "id_ecdsa.pub", "id_ed25519.pub")) {
      if (Files.exists(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw usage("there is no public key of yours in " + directory + "; name one: USER:file:FILE");
  }

  private Script script(Path file) {
    return new Script(String.valueOf(file.getFileName()), text(file, StandardCharsets.ISO_8859_1));
  }

  private static String text(Path file, Charset charset) {
    try {
      if (Files.size(file) > LARGEST) {
        throw unreadable(file, "it has more than " + LARGEST + " bytes");
      }
      return new String(Files.readAllBytes(file), charset);
    } catch (IOException e) {
      throw unreadable(file, e.getClass().getSimpleName());
    }
  }

  static VoyageurException unreadable(Path file, String why) {
    return new VoyageurException(
        ErrorCode.HOST_FILE,
        file + " could not be read: " + why,
        "Check the name and the permissions of the file");
  }

  private <T> T checked(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
