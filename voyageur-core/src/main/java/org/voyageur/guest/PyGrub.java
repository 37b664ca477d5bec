package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.voyageur.filesystem.FileType.REGULAR;
import static org.voyageur.guest.XenRelease.XEN_4_0;
import static org.voyageur.guest.XenRelease.XEN_4_13;
import static org.voyageur.guest.XenRelease.XEN_4_2;
import static org.voyageur.guest.XenRelease.XEN_4_4;
import static org.voyageur.guest.XenRelease.XEN_4_5;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.voyageur.disk.Extent;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.GuestFilesystem;
import org.voyageur.guest.PyGrubAnswer.Fails;
import org.voyageur.guest.PyGrubAnswer.Starts;
import org.voyageur.guest.PyGrubMenu.Entry;
import org.voyageur.guest.PyGrubMenu.Syntax;

/**
 * Finds what Xen's PyGrub would start in a filesystem: the first of its files that exists counts,
 * however useless it is. Written from what tools/pygrub of each release does, and held against the
 * real one of 4.17 in tests. Sniffing for Solaris and NetWare is left out.
 *
 * @see PyGrubDisk where it looks for filesystems
 */
public final class PyGrub {
  /** Newer releases read no more of a menu (FS_READ_MAX); no real one is longer. */
  private static final int MENU_LIMIT = 1 << 20;

  /** Where Python 2's bytes go that no letter or blank of ASCII is: they stay what they are. */
  private static final int OPAQUE = 0xF700;

  private record Candidate(String path, Syntax syntax) {}

  /**
   * The menus of a filesystem, each looked for and read once, whatever releases are asked:
   * libext2fs takes longer to find a file than the model to read a menu.
   */
  static final class Menus {
    private final GuestFilesystem filesystem;
    private final Map<String, Optional<FileStat>> files = new HashMap<>();
    private final Map<String, byte[]> contents = new HashMap<>();

    Menus(GuestFilesystem filesystem) {
      this.filesystem = filesystem;
    }

    private Optional<FileStat> stat(String path) {
      return files.computeIfAbsent(path, filesystem::stat);
    }

    private byte[] read(String path) {
      return contents.computeIfAbsent(path, menu -> PyGrub.read(filesystem, menu));
    }
  }

  /** Every file that PyGrub of some release takes for a menu, in the latest one's order. */
  public static final List<String> MENUS =
      search(XenRelease.LATEST).stream().map(Candidate::path).toList();

  private PyGrub() {}

  /** What the latest PyGrub would start, whether its files are there or not; empty if nothing. */
  public static Optional<XenBoot> find(GuestFilesystem filesystem) {
    return switch (selected(new Menus(filesystem), XenRelease.LATEST)) {
      case Starts starts -> Optional.of(starts.boot());
      case Fails _ -> Optional.empty();
    };
  }

  /** What a release's PyGrub would start in a filesystem, or why it would not. */
  public static PyGrubAnswer answer(GuestFilesystem filesystem, XenRelease release) {
    return answer(new Menus(filesystem), release);
  }

  private static PyGrubAnswer answer(Menus menus, XenRelease release) {
    return switch (selected(menus, release)) {
      case Starts starts -> withItsFiles(menus, starts);
      case Fails fails -> fails;
    };
  }

  /** The entry that was selected, unless its files are not there. */
  static PyGrubAnswer withItsFiles(Menus menus, Starts selected) {
    XenBoot boot = selected.boot();
    return Stream.concat(Stream.of(boot.kernel()), boot.initrd().stream())
        .flatMap(path -> missing(menus, boot.configFile(), path).stream())
        .<PyGrubAnswer>map(Fails::new)
        .findFirst()
        .orElse(selected);
  }

  /** What each release's PyGrub would start, the oldest first. */
  public static Map<XenRelease, PyGrubAnswer> answers(GuestFilesystem filesystem) {
    Menus menus = new Menus(filesystem);
    Map<XenRelease, PyGrubAnswer> answers = new EnumMap<>(XenRelease.class);
    for (XenRelease release : XenRelease.values()) {
      answers.put(release, answer(menus, release));
    }
    return answers;
  }

  /**
   * Whether every release's PyGrub would take the same entry of two texts of GRUB legacy's menu.
   */
  public static boolean takesTheSame(String one, String other) {
    return Stream.of(XenRelease.values())
        .allMatch(release -> entry(one, release).equals(entry(other, release)));
  }

  private static Optional<Entry> entry(String menu, XenRelease release) {
    try {
      return PyGrubMenu.read(menu, Syntax.GRUB_LEGACY, release).selected();
    } catch (MenuException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> missing(Menus menus, String menu, String path) {
    Optional<FileStat> file = lookUp(menus, path);
    if (file.isEmpty()) {
      return Optional.of(menu + " names " + path + ", which does not exist");
    }
    return file.get().type() == REGULAR && file.get().size() > 0
        ? Optional.empty()
        : Optional.of(menu + " names " + path + ", which is not a file with content");
  }

  /** libext2fs finds nothing behind a double slash. */
  private static Optional<FileStat> lookUp(Menus menus, String path) {
    return path.contains("//") ? Optional.empty() : menus.stat(path);
  }

  /** The entry that a release's PyGrub selects, whether its files are there or not. */
  static PyGrubAnswer selected(Menus menus, XenRelease release) {
    if (menus.filesystem.facts().features().contains("bigalloc")) {
      return new Fails("Xen's libfsimage cannot open a filesystem with bigalloc");
    }
    Optional<Candidate> found =
        search(release).stream()
            .filter(candidate -> menus.stat(candidate.path()).isPresent())
            .findFirst();
    if (found.isEmpty()) {
      return new Fails("there is no menu, such as /boot/grub/menu.lst");
    }
    Candidate candidate = found.get();
    if (menus.stat(candidate.path()).orElseThrow().type() != REGULAR) {
      return new Fails(candidate.path() + " is not a file");
    }
    byte[] menu = menus.read(candidate.path());
    UnaryOperator<String> plain = release.since(XEN_4_13) ? PyGrub::bytesOfText : PyGrub::bytes;
    try {
      String text = release.since(XEN_4_13) ? text(menu) : opaque(menu);
      return PyGrubMenu.read(text, candidate.syntax(), release)
          .selected()
          .map(entry -> starts(candidate.path(), entry, plain))
          .orElseGet(() -> new Fails(candidate.path() + " has no entry"));
    } catch (MenuException e) {
      return new Fails(candidate.path() + ": " + plain.apply(String.valueOf(e.getMessage())));
    }
  }

  private static PyGrubAnswer starts(String menu, Entry entry, UnaryOperator<String> plain) {
    String title = plain.apply(entry.title());
    return entry.kernel().isEmpty()
        ? new Fails(menu + ": its entry '" + title + "' has no kernel")
        : new Starts(
            new XenBoot(
                menu,
                title,
                path(plain.apply(entry.kernel())),
                Optional.of(path(plain.apply(entry.initrd()))).filter(path -> !path.isEmpty()),
                plain.apply(entry.arguments())));
  }

  /** Where the menus lie that the latest PyGrub may read, in the filesystem. */
  static List<Extent> menuExtents(GuestFilesystem filesystem) {
    return search(XenRelease.LATEST).stream()
        .map(Candidate::path)
        .filter(path -> filesystem.stat(path).map(FileStat::type).equals(Optional.of(REGULAR)))
        .flatMap(path -> filesystem.blocks(path).stream())
        .filter(run -> run.deviceOffset() >= 0)
        .map(run -> new Extent(run.deviceOffset(), run.length()))
        .toList();
  }

  private static List<Candidate> search(XenRelease release) {
    List<Candidate> legacy =
        candidates(
            Syntax.GRUB_LEGACY,
            "/boot/grub/menu.lst",
            "/boot/grub/grub.conf",
            "/grub/menu.lst",
            "/grub/grub.conf");
    if (!release.since(XEN_4_0)) {
      return legacy;
    }
    List<Candidate> others =
        new ArrayList<>(candidates(Syntax.GRUB2, "/boot/grub/grub.cfg", "/grub/grub.cfg"));
    if (release.since(XEN_4_2)) {
      others.addAll(candidates(Syntax.GRUB2, "/boot/grub2/grub.cfg", "/grub2/grub.cfg"));
    }
    others.addAll(candidates(Syntax.EXTLINUX, "/boot/isolinux/isolinux.cfg"));
    if (release.since(XEN_4_4)) {
      others.addAll(candidates(Syntax.EXTLINUX, "/boot/extlinux/extlinux.conf"));
    }
    others.addAll(candidates(Syntax.EXTLINUX, "/boot/extlinux.conf"));
    if (release.since(XEN_4_5)) {
      others.addAll(candidates(Syntax.EXTLINUX, "/extlinux/extlinux.conf", "/extlinux.conf"));
    }
    return release.since(XEN_4_2)
        ? Stream.concat(others.stream(), legacy.stream()).toList()
        : Stream.concat(legacy.stream(), others.stream()).toList();
  }

  private static List<Candidate> candidates(Syntax syntax, String... paths) {
    return Stream.of(paths).map(path -> new Candidate(path, syntax)).toList();
  }

  private static byte[] read(GuestFilesystem filesystem, String path) {
    try (InputStream stream = filesystem.open(path)) {
      return stream.readNBytes(MENU_LIMIT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] menu) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(menu)).toString();
    } catch (CharacterCodingException e) {
      throw new MenuException("it is not UTF-8");
    }
  }

  private static final Set<Integer> UNICODE_BLANKS = Set.of(0x1c, 0x1d, 0x1e, 0x1f);

  private static String opaque(byte[] menu) {
    StringBuilder text = new StringBuilder(menu.length);
    for (byte signed : menu) {
      int b = signed & 0xff;
      text.append((char) (b >= 0x80 || UNICODE_BLANKS.contains(b) ? OPAQUE + b : b));
    }
    return text.toString();
  }

  /** A character a byte, as in {@link GuestFile}. */
  private static String bytes(String opaque) {
    StringBuilder text = new StringBuilder(opaque.length());
    opaque.chars().forEach(c -> text.append((char) (c >= OPAQUE ? c - OPAQUE : c)));
    return text.toString();
  }

  private static String bytesOfText(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /**
   * A file's path as a {@link GuestFilesystem} has it. libext2fs takes one without a slash in front
   * from the root, and one with a slash behind for the file.
   */
  private static String path(String bytes) {
    String path = new String(bytes.getBytes(ISO_8859_1), UTF_8);
    String absolute = path.isEmpty() || path.startsWith("/") ? path : "/" + path;
    return absolute.length() > 1 ? absolute.replaceFirst("/$", "") : absolute;
  }
}
