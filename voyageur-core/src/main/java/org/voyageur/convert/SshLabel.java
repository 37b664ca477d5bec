package org.voyageur.convert;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.GuestFilesystem;

/**
 * The SELinux label of a new {@code .ssh}. A new file gets that of its directory, as the kernel
 * gives it; but sshd of el6 and later may read keys only with a label of their own.
 */
final class SshLabel {
  private static final String ATTRIBUTE = "security.selinux";
  private static final String TYPE = "ssh_home_t";

  /** Those of el6 and el7 have some 300 KiB. */
  private static final int POLICY_LIMIT = 4 << 20;

  private static final List<String> POLICY =
      List.of(
          "/etc/selinux/targeted/contexts/files/file_contexts",
          "/etc/selinux/targeted/contexts/files/file_contexts.homedirs");

  private SshLabel() {}

  /** Labels a directory if that is what it is, the guest labels files, and its policy knows it. */
  static void set(GuestFilesystem filesystem, String directory) {
    if (!directory.endsWith("/.ssh")
        || POLICY.stream().noneMatch(file -> knows(filesystem, file))) {
      return;
    }
    filesystem
        .extendedAttribute(directory, ATTRIBUTE)
        .map(value -> new String(value, ISO_8859_1))
        // user:role:type:level, and a NUL where the kernel wrote it.
        .map(label -> label.replaceFirst("^([^:]*:[^:]*:)[^:\\x00]*", "$1" + TYPE))
        .ifPresent(label ->
            filesystem.setExtendedAttribute(directory, ATTRIBUTE, label.getBytes(ISO_8859_1)));
  }

  private static boolean knows(GuestFilesystem filesystem, String policy) {
    try {
      return filesystem.stat(policy).isPresent()
          && new String(filesystem.read(policy, POLICY_LIMIT), ISO_8859_1).contains(TYPE);
    } catch (VoyageurException e) {
      return false; // Too large, or no file: then the directory's own label must do.
    }
  }
}
