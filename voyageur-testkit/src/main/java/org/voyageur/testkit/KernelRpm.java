package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/**
 * RPM packages as el5 had them: the files of a kernel's package are Debian's, packed by rpmbuild
 * with MD5 digests and a gzip payload, as rpm 4.4 did it.
 */
public final class KernelRpm {
  private static final HostProgram RPMBUILD = new HostProgram("rpmbuild", "rpm");

  private KernelRpm() {}

  /** The kernel itself. */
  public static Path kernel(Path directory) {
    KernelPackage kernel = KernelPackage.fetch();
    String version = kernel.version();
    // What el5's package has too: links that lead nowhere, and a file that it owns but lacks.
    String install =
        """
        cp -a --no-preserve=ownership %1$s/boot %1$s/lib %%{buildroot}/
        rm -f %%{buildroot}/lib/modules/%2$s/modules.*
        ln -s ../../../usr/src/kernels/%2$s %%{buildroot}/lib/modules/%2$s/build
        ln -s build %%{buildroot}/lib/modules/%2$s/source
        mkdir %%{buildroot}/lib/modules/%2$s/weak-updates
        touch %%{buildroot}/boot/initrd-%2$s.img
        """
            .formatted(kernel.directory(), version);
    String files =
        """
        /boot/vmlinuz-%1$s
        /boot/config-%1$s
        %%attr(0600, root, root) /boot/System.map-%1$s
        /lib/modules/%1$s
        %%attr(0600, root, root) %%ghost /boot/initrd-%1$s.img
        """
            .formatted(version);
    return build(directory, "kernel", install, files, "x86_64", "w1.gzdio");
  }

  /**
   * Has the rpm database of a guest say that its kernel for Xen came from a package.
   *
   * @param tree the guest's files
   * @param version as in the names of the kernel's files
   */
  static void registerXen(Path tree, String version) {
    try (TemporaryDirectory work = TemporaryDirectory.create()) {
      String files =
          "/boot/vmlinuz-%1$s\n/boot/config-%1$s\n%%dir /lib/modules/%1$s\n".formatted(version);
      String install =
          """
          mkdir -p %%{buildroot}/boot %%{buildroot}/lib/modules/%1$s
          touch %%{buildroot}/boot/vmlinuz-%1$s %%{buildroot}/boot/config-%1$s
          """
              .formatted(version);
      Path rpm = build(work.path(), "kernel-xen", install, files, "x86_64", "w1.gzdio");
      List<String> options = List.of("--force-debian", "--justdb", "--nodeps", "--noscripts");
      List<String> arguments = new ArrayList<>(options);
      arguments.addAll(List.of("--dbpath", tree + "/var/lib/rpm", "-i", rpm.toString()));
      Tool.run(new HostProgram("rpm", "rpm"), tree, arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Any package.
   *
   * @param install shell commands that fill {@code %{buildroot}}
   * @param files lines of {@code %files}
   * @param payload such as {@code w1.gzdio}, {@code w6.xzdio} or {@code w3.zstdio}
   */
  public static Path build(
      Path directory,
      String name,
      String install,
      String files,
      String architecture,
      String payload) {
    try {
      Path specification = directory.resolve(name + ".spec");
      Files.writeString(
          specification,
          """
          Name: %s
          Version: 6.1
          Release: 1.el5
          Summary: A stand-in
          License: GPLv2
          AutoReqProv: no
          %%description
          A stand-in.
          %%install
          mkdir -p %%{buildroot}
          %s
          %%files
          %%defattr(-, root, root)
          %s
          %%post
          echo its scripts must not run
          exit 1
          """
              .formatted(name, install, files));
      List<String> arguments =
          new ArrayList<>(List.of("-bb", "--quiet", "--target", architecture + "-linux"));
      for (String macro :
          List.of(
              "_topdir " + directory.resolve("rpmbuild"),
              "_rpmdir " + directory,
              "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
              "_binary_payload " + payload,
              "_binary_filedigest_algorithm 1",
              "_build_id_links none",
              "__os_install_post %{nil}",
              "debug_package %{nil}")) {
        arguments.addAll(List.of("--define", macro));
      }
      arguments.add(specification.toString());
      Tool.run(RPMBUILD, directory, arguments);
      try (Stream<Path> made = Files.list(directory)) {
        return made.filter(file ->
                file.getFileName()
                    .toString()
                    .matches(name + "-6\\.1-1.*" + architecture + "\\.rpm"))
            .findFirst()
            .orElseThrow();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
