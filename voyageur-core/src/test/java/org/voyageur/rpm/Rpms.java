package org.voyageur.rpm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.Host;

/** Small packages, made by the real rpmbuild. */
public final class Rpms {
  private Rpms() {}

  /**
   * Builds one.
   *
   * @param install shell commands that fill {@code %{buildroot}}
   * @param files lines of {@code %files}
   * @param payload such as {@code w1.gzdio}
   */
  static Path build(Path directory, String install, String files, String payload) throws Exception {
    return build(directory, install, files, payload, "x86_64");
  }

  /** The same for an architecture. */
  public static Path build(
      Path directory, String install, String files, String payload, String architecture)
      throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/rpmbuild")), "skipped: there is no rpmbuild (rpm)");
    Path specification = directory.resolve("small.spec");
    Files.writeString(
        specification,
        """
        Name: small
        Version: 1.0
        Release: 1.el5
        Summary: small
        License: none
        AutoReqProv: no
        %%description
        small
        %%install
        mkdir -p %%{buildroot}
        cd %%{buildroot}
        %s
        %%files
        %s
        """
            .formatted(install, files));
    List<String> command =
        new ArrayList<>(List.of("rpmbuild", "-bb", "--quiet", "--target", architecture + "-linux"));
    for (String macro :
        List.of(
            "_topdir " + directory.resolve("top"),
            "_rpmdir " + directory,
            "_rpmfilename small.rpm",
            "_binary_payload " + payload,
            "_binary_filedigest_algorithm 1",
            "_build_id_links none",
            "__os_install_post %{nil}")) {
      command.addAll(List.of("--define", macro));
    }
    command.add(specification.toString());
    Host.run(command.toArray(String[]::new));
    try (Stream<Path> made = Files.list(directory)) {
      return made.filter(file -> file.toString().endsWith(".rpm")).findFirst().orElseThrow();
    }
  }

  /** One file, which is enough for what is not about files. */
  public static Path one(Path directory) throws Exception {
    return build(directory, "mkdir boot; echo hello >boot/hello", "/boot/hello", "w1.gzdio");
  }
}
