package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.voyageur.process.HostProgram;

/**
 * RPM packages as el5 had them: packed by rpmbuild with MD5 digests and a gzip payload, as rpm 4.4
 * did it. The kernels in them are Debian's.
 *
 * @param architecture such as {@code x86_64}
 * @param install shell commands that fill {@code %{buildroot}}
 * @param files lines of {@code %files}
 * @param post its script after the installation
 */
public record KernelRpm(
    String name,
    String version,
    String release,
    String architecture,
    String install,
    String files,
    String post) {
  private static final HostProgram RPMBUILD = new HostProgram("rpmbuild", "rpm");

  /** What the package of el5's kernel runs (kernel-2.6.spec). */
  private static final String POST =
      """
      /sbin/new-kernel-pkg --package kernel --mkinitrd --depmod --install @ || exit $?
      if [ -x /sbin/weak-modules ]; then
        /sbin/weak-modules --add-kernel @ || exit $?
      fi
      """;

  /** Debian's kernel under its own version, with all modules; its scripts must not run. */
  public static KernelRpm debian() {
    KernelPackage kernel = KernelPackage.fetch();
    return whole(kernel, "kernel", "6.1", "1.el5", kernel.version())
        .withPost("echo its scripts must not run\nexit 1");
  }

  /**
   * One kernel for Xen and KVM as ELRepo's kernel-lt was: Debian's, under that one's version.
   *
   * @param directory for what it is packed from
   */
  public static KernelRpm longTerm(Path directory) {
    KernelPackage kernel = KernelPackage.fetch();
    String claimed = "3.2.58-1.el5.elrepo";
    KernelRpm rpm = whole(kernel, "kernel-lt", "3.2.58", "1.el5.elrepo", claimed);
    return rpm.withInstall(image(directory, kernel, claimed));
  }

  /**
   * The generic kernel of Scientific Linux 5, with the few modules that a stand-in has.
   *
   * @param directory for what it is packed from
   */
  public static KernelRpm scientific5(Path directory) {
    KernelPackage kernel = KernelPackage.fetch();
    ClaimedKernel claimed = ScientificLinux5.GENERIC_KERNEL;
    Path config = directory.resolve("config-" + claimed.version());
    try {
      Files.writeString(config, claimed.config());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String modules =
        claimed.modules().stream()
            .map(module ->
                "install -D -m 0744 %s %%{buildroot}/lib/modules/%s/kernel/%s\n"
                    .formatted(kernel.module(module.real()), claimed.version(), module.path()))
            .collect(Collectors.joining());
    int hyphen = claimed.version().indexOf('-');
    return new KernelRpm(
        "kernel",
        claimed.version().substring(0, hyphen),
        claimed.version().substring(hyphen + 1),
        "x86_64",
        "mkdir %{buildroot}/boot\n"
            + "cp '%s' %%{buildroot}/boot/\n".formatted(config)
            + "cp %s %%{buildroot}/boot/System.map-%s\n"
                .formatted(kernel.systemMap(), claimed.version())
            + modules
            + image(directory, kernel, claimed.version())
            + more(claimed.version()),
        files(claimed.version()),
        POST.replace("@", claimed.version()));
  }

  private static KernelRpm whole(
      KernelPackage kernel, String name, String version, String release, String claimed) {
    String install =
        """
        cp -a --no-preserve=ownership %1$s/boot %1$s/lib %%{buildroot}/
        rm -f %%{buildroot}/lib/modules/%2$s/modules.*
        """
            .formatted(kernel.directory(), kernel.version());
    if (!claimed.equals(kernel.version())) {
      install +=
          """
          mv %%{buildroot}/lib/modules/%1$s %%{buildroot}/lib/modules/%2$s
          for file in vmlinuz config System.map; do
            mv %%{buildroot}/boot/$file-%1$s %%{buildroot}/boot/$file-%2$s
          done
          """
              .formatted(kernel.version(), claimed);
    }
    return new KernelRpm(
        name,
        version,
        release,
        "x86_64",
        install + more(claimed),
        files(claimed),
        POST.replace("@", claimed));
  }

  private static String image(Path directory, KernelPackage kernel, String claimed) {
    Path image = directory.resolve("vmlinuz-" + claimed);
    try {
      Files.write(image, kernel.imageAs(claimed));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "cp '%s' %%{buildroot}/boot/\n".formatted(image);
  }

  /** What el5's package has too: links that lead nowhere, and a file that it owns but lacks. */
  private static String more(String version) {
    return """
    ln -s ../../../usr/src/kernels/%1$s %%{buildroot}/lib/modules/%1$s/build
    ln -s build %%{buildroot}/lib/modules/%1$s/source
    mkdir %%{buildroot}/lib/modules/%1$s/weak-updates
    touch %%{buildroot}/boot/initrd-%1$s.img
    """
        .formatted(version);
  }

  private static String files(String version) {
    return """
    /boot/vmlinuz-%1$s
    /boot/config-%1$s
    %%attr(0600, root, root) /boot/System.map-%1$s
    /lib/modules/%1$s
    %%attr(0600, root, root) %%ghost /boot/initrd-%1$s.img
    """
        .formatted(version);
  }

  /** The same under another name. */
  public KernelRpm named(String other) {
    return new KernelRpm(other, version, release, architecture, install, files, post);
  }

  /** The same for another architecture, as far as its header says it. */
  public KernelRpm as(String other) {
    return new KernelRpm(name, version, release, other, install, files, post);
  }

  /** The same with more commands that fill {@code %{buildroot}}. */
  public KernelRpm withInstall(String more) {
    return new KernelRpm(name, version, release, architecture, install + "\n" + more, files, post);
  }

  /** The same with another script. */
  public KernelRpm withPost(String other) {
    return new KernelRpm(name, version, release, architecture, install, files, other);
  }

  /** As rpm prints it, and as its file is called but for the ending. */
  public String fullName() {
    return name + "-" + version + "-" + release + "." + architecture;
  }

  /** Has rpmbuild make the package's file. */
  public Path build(Path directory) {
    try (TemporaryDirectory work = TemporaryDirectory.create()) {
      Path specification =
          Files.writeString(
              work.path().resolve(name + ".spec"),
              """
              Name: %s
              Version: %s
              Release: %s
              Summary: A stand-in
              License: GPLv2
              AutoReqProv: no
              Provides: /bin/sh
              %%description
              A stand-in.
              %%install
              mkdir -p %%{buildroot}
              %s
              %%files
              %%defattr(-, root, root)
              %s
              %%post
              %s
              """
                  .formatted(name, version, release, install, files, post));
      List<String> arguments =
          new ArrayList<>(List.of("-bb", "--quiet", "--target", architecture + "-linux"));
      for (String macro :
          List.of(
              "_topdir " + work.path().resolve("rpmbuild"),
              "_rpmdir " + directory,
              "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
              "_binary_payload w1.gzdio",
              "_binary_filedigest_algorithm 1",
              "_build_id_links none",
              "__os_install_post %{nil}",
              "debug_package %{nil}")) {
        arguments.addAll(List.of("--define", macro));
      }
      arguments.add(specification.toString());
      Tool.run(RPMBUILD, directory, arguments);
      return directory.resolve(fullName() + ".rpm");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Has the rpm database of a guest say that its kernel for Xen came from a package.
   *
   * @param tree the guest's files
   * @param version as in the names of the kernel's files
   */
  static void registerXen(Path tree, String version) {
    String files =
        "/boot/vmlinuz-%1$s\n/boot/config-%1$s\n%%dir /lib/modules/%1$s\n".formatted(version);
    String install =
        """
        mkdir -p %%{buildroot}/boot %%{buildroot}/lib/modules/%1$s
        touch %%{buildroot}/boot/vmlinuz-%1$s %%{buildroot}/boot/config-%1$s
        """
            .formatted(version);
    KernelRpm xen = new KernelRpm("kernel-xen", "6.1", "1.el5", "x86_64", install, files, "true");
    try (TemporaryDirectory work = TemporaryDirectory.create()) {
      List<String> arguments =
          List.of(
              "--force-debian",
              "--justdb",
              "--nodeps",
              "--noscripts",
              "--dbpath",
              tree + "/var/lib/rpm",
              "-i",
              xen.build(work.path()).toString());
      Tool.run(new HostProgram("rpm", "rpm"), tree, arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
