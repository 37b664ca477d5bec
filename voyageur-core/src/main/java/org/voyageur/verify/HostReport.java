package org.voyageur.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.boot.Syslinux;
import org.voyageur.disk.isal.Isal;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.ext2fs.LibExt2fs;
import org.voyageur.process.HostProgram;

/** What this host has of the programs and libraries that voyageur uses. */
public final class HostReport {
  /**
   * Something that voyageur uses.
   *
   * @param needed whether inspecting or converting an image can need it
   * @param found where it is, or its version; empty if the host has none
   */
  public record Item(String name, boolean needed, Optional<String> found, String debianPackage) {}

  private HostReport() {}

  /** Everything, in the order of importance. */
  public static List<Item> items() {
    List<Item> items = new ArrayList<>();
    items.add(new Item("libext2fs.so.2", true, LibExt2fs.version(), "libext2fs2"));
    items.add(new Item("SYSLINUX", true, syslinux(), "extlinux"));
    items.add(program("e2fsck", true, "e2fsprogs"));
    items.add(program("qemu-img", true, "qemu-utils"));
    items.add(program("qemu-nbd", true, "qemu-utils"));
    items.add(program("qemu-system-x86_64", false, "qemu-system-x86"));
    items.add(
        new Item(
            "libisal.so.2",
            false,
            Isal.isAvailable()
                ? Optional.of("gzip is read several times as fast")
                : Optional.empty(),
            "libisal2"));
    return items;
  }

  private static Item program(String name, boolean needed, String debianPackage) {
    HostProgram program = new HostProgram(name, debianPackage);
    return new Item(name, needed, program.find().map(Object::toString), debianPackage);
  }

  private static Optional<String> syslinux() {
    try {
      Syslinux syslinux = Syslinux.fromHost();
      return Optional.of("extlinux, ldlinux.sys of " + syslinux.ldlinuxSys().length + " bytes");
    } catch (VoyageurException e) {
      return Optional.empty();
    }
  }
}
