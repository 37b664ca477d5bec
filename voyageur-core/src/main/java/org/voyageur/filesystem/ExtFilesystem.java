package org.voyageur.filesystem;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.BlockDevice;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.FilesystemFacts.State;
import org.voyageur.filesystem.ext2fs.Ext2Handle;
import org.voyageur.filesystem.ext2fs.FileName;
import org.voyageur.filesystem.ext2fs.Inode;
import org.voyageur.filesystem.ext2fs.LibExt2fs;

/** An ext2, ext3 or ext4 filesystem on a device, through libext2fs. */
public final class ExtFilesystem implements GuestFilesystem {
  /** As many as Linux follows: MAXSYMLINKS of include/linux/namei.h. */
  private static final int MOST_LINKS = 40;

  private static final String SELINUX = "security.selinux";

  private final BlockDevice device;
  private final Ext2Handle handle;

  private ExtFilesystem(BlockDevice device, Ext2Handle handle) {
    this.device = device;
    this.handle = handle;
  }

  /**
   * Opens a filesystem that fills a device.
   *
   * @param device an overlay, if it is to be written to
   * @throws VoyageurException FILESYSTEM_JOURNAL_DIRTY if its journal was not replayed, and what
   *     {@link Superblock#read} throws
   */
  public static ExtFilesystem open(BlockDevice device, boolean writable) {
    Superblock superblock = Superblock.read(device);
    if (superblock.facts().state() == State.JOURNAL_DIRTY) {
      // Reading shows old metadata, and whatever is written is undone by the replay (measured).
      throw new VoyageurException(
          ErrorCode.FILESYSTEM_JOURNAL_DIRTY,
          "the filesystem's journal has not been replayed",
          "Replay it on a copy: e2fsck -p IMAGE");
    }
    return new ExtFilesystem(device, new Ext2Handle(device, superblock, writable));
  }

  /**
   * Opens a filesystem for reading as a program does that replays no journal: what it shows may be
   * old, and is what such a program sees.
   *
   * @param device may be larger than the filesystem
   * @throws VoyageurException what {@link Superblock#read} throws
   */
  public static ExtFilesystem openAsFound(BlockDevice device) {
    return new ExtFilesystem(device, new Ext2Handle(device, Superblock.read(device), false));
  }

  /**
   * Where the filesystem's own data were before its journal is replayed: a replay writes whole
   * blocks, so that these and the journal itself, which is among them, are all that it takes.
   */
  static List<Extent> metadataBeforeReplay(BlockDevice device) {
    try (ExtFilesystem filesystem = openAsFound(device)) {
      return filesystem.metadataExtents();
    }
  }

  @Override
  public FilesystemFacts facts() {
    // The library keeps the superblock in the host's order, and so do all hosts that we run on.
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new UnsupportedOperationException("big-endian host");
    }
    return new Superblock(handle.superblockBytes()).facts();
  }

  /** Where a path led: the file, if there is one, and its name in a directory that exists. */
  private record Place(String path, int directory, String name, Optional<Inode> inode) {}

  /** Resolves a path; empty where a directory on the way is missing, or links loop. */
  private Optional<Place> resolve(String path, boolean followLast) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("not absolute: " + path);
    }
    Deque<String> left = new ArrayDeque<>(List.of(path.split("/")));
    Deque<Integer> directories = new ArrayDeque<>(List.of(LibExt2fs.ROOT_INODE));
    Deque<String> names = new ArrayDeque<>();
    int links = 0;
    while (true) {
      String name = left.poll();
      if (name == null) {
        return Optional.of(here(directories, names));
      }
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        if (!names.isEmpty()) {
          names.removeLast();
          directories.removeLast();
        }
        continue;
      }
      boolean last = left.stream().allMatch(rest -> rest.isEmpty() || rest.equals("."));
      int directory = directories.getLast();
      Optional<Inode> found = handle.lookup(directory, name).map(handle::inode);
      if (found.isEmpty()) {
        return last
            ? Optional.of(new Place(join(names, name), directory, name, found))
            : Optional.empty();
      }
      switch (found.get().type()) {
        case SYMBOLIC_LINK -> {
          if (last && !followLast) {
            return Optional.of(new Place(join(names, name), directory, name, found));
          }
          if (++links > MOST_LINKS) {
            return Optional.empty();
          }
          String target = target(found.get());
          if (target.startsWith("/")) {
            directories.clear();
            directories.add(LibExt2fs.ROOT_INODE);
            names.clear();
          }
          for (String part : List.of(target.split("/")).reversed()) {
            left.push(part);
          }
        }
        case DIRECTORY -> {
          directories.add(found.get().number());
          names.add(name);
        }
        case REGULAR, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN -> {
          return last
              ? Optional.of(new Place(join(names, name), directory, name, found))
              : Optional.empty();
        }
      }
    }
  }

  private Place here(Deque<Integer> directories, Deque<String> names) {
    Optional<Inode> inode = Optional.of(handle.inode(directories.getLast()));
    if (names.isEmpty()) {
      return new Place("/", LibExt2fs.ROOT_INODE, "", inode);
    }
    directories.removeLast();
    return new Place("/" + String.join("/", names), directories.getLast(), names.getLast(), inode);
  }

  private static String join(Deque<String> directory, String name) {
    return directory.isEmpty() ? "/" + name : "/" + String.join("/", directory) + "/" + name;
  }

  private String target(Inode link) {
    if (link.size() > handle.blockSize()) {
      throw unusable("inode " + link.number(), "a symbolic link of " + link.size() + " bytes");
    }
    return link.isFastLink() ? link.fastTarget() : FileName.text(content(link));
  }

  private static VoyageurException unusable(String path, String found) {
    return new VoyageurException(
        ErrorCode.PATH_UNUSABLE,
        path + " in the guest is " + found,
        "Put it right inside the guest, and convert it again");
  }

  private static VoyageurException notFound(String path) {
    return new VoyageurException(
        ErrorCode.PATH_NOT_FOUND, "there is no " + path + " in the guest", "Check the path");
  }

  private Inode regular(String path) {
    Inode inode = resolve(path, true).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    if (inode.type() != FileType.REGULAR) {
      throw unusable(path, "a " + inode.type() + ", and a regular file is needed");
    }
    if (inode.isEncrypted()) {
      throw unusable(path, "encrypted");
    }
    return inode;
  }

  @Override
  public Optional<FileStat> stat(String path) {
    return resolve(path, true).flatMap(Place::inode).map(Inode::stat);
  }

  @Override
  public Optional<FileStat> lstat(String path) {
    return resolve(path, false).flatMap(Place::inode).map(Inode::stat);
  }

  @Override
  public Optional<String> realPath(String path) {
    return resolve(path, true).filter(place -> place.inode().isPresent()).map(Place::path);
  }

  @Override
  public String readLink(String path) {
    Inode inode = resolve(path, false).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    if (inode.type() != FileType.SYMBOLIC_LINK) {
      throw unusable(path, "a " + inode.type() + ", and a symbolic link is needed");
    }
    return target(inode);
  }

  @Override
  public List<DirectoryEntry> list(String directory) {
    Inode inode =
        resolve(directory, true).flatMap(Place::inode).orElseThrow(() -> notFound(directory));
    if (inode.type() != FileType.DIRECTORY) {
      throw unusable(directory, "a " + inode.type() + ", and a directory is needed");
    }
    return handle.list(inode.number()).stream()
        .sorted(Comparator.comparing(DirectoryEntry::name))
        .toList();
  }

  @Override
  public byte[] read(String path, int limit) {
    Inode inode = regular(path);
    if (inode.size() > limit) {
      throw unusable(path, inode.size() + " bytes long, and at most " + limit + " are expected");
    }
    return content(inode);
  }

  private byte[] content(Inode inode) {
    try (InputStream stream = open(inode)) {
      return stream.readNBytes((int) inode.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public InputStream open(String path) {
    return open(regular(path));
  }

  private InputStream open(Inode inode) {
    return inode.isInline()
        ? new ByteArrayInputStream(handle.inlineContent(inode))
        : new BlockRunStream(device, handle.blocks(inode), inode.size());
  }

  @Override
  public Optional<byte[]> extendedAttribute(String path, String name) {
    Inode inode = resolve(path, true).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    return handle.attribute(inode.number(), name);
  }

  @Override
  public void overwrite(String path, byte[] content) {
    handle.writeContent(regular(path).number(), content, Instant.now());
  }

  @Override
  public void fillGaps(String path) {
    handle.fillGaps(regular(path).number(), Instant.now());
  }

  @Override
  public void create(String path, byte[] content, FileOwner owner, int mode) {
    Place place = vacant(path);
    int inode =
        handle.createFile(place.directory(), place.name(), content, owner, mode, Instant.now());
    label(place, inode);
  }

  @Override
  public void createDirectory(String path, FileOwner owner, int mode) {
    Place place = vacant(path);
    label(
        place, handle.createDirectory(place.directory(), place.name(), owner, mode, Instant.now()));
  }

  @Override
  public void createSymbolicLink(String path, String target) {
    int length = FileName.bytes(target).length;
    if (length == 0 || length >= handle.blockSize() || target.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("target of " + path);
    }
    Place place = vacant(path);
    label(place, handle.createLink(place.directory(), place.name(), target, Instant.now()));
  }

  /**
   * A new file has no SELinux label, and an enforcing guest denies access to it. Its directory's is
   * right for /etc and /boot, where types are inherited.
   */
  private void label(Place place, int inode) {
    handle
        .attribute(place.directory(), SELINUX)
        .ifPresent(value -> handle.setAttribute(inode, SELINUX, value));
  }

  /** A place for a new file; libext2fs itself checks neither names nor whether they are taken. */
  private Place vacant(String path) {
    Place place = resolve(path, false).orElseThrow(() -> notFound(parent(path)));
    if (place.inode().isPresent()) {
      throw unusable(path, "there already");
    }
    int length = FileName.bytes(place.name()).length;
    if (length > 255 || place.name().indexOf('\0') >= 0) {
      throw new IllegalArgumentException("name of " + path);
    }
    return place;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  @Override
  public void setExtendedAttribute(String path, String name, byte[] value) {
    Inode inode = resolve(path, true).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    handle.setAttribute(inode.number(), name, value);
  }

  @Override
  public void setModified(String path, Instant time) {
    Inode inode = resolve(path, true).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    handle.setModified(inode.number(), time, Instant.now());
  }

  @Override
  public void setImmutable(String path, boolean immutable) {
    Inode inode = resolve(path, false).flatMap(Place::inode).orElseThrow(() -> notFound(path));
    handle.setImmutable(inode.number(), immutable);
  }

  @Override
  public void remove(String path) {
    Place place =
        resolve(path, false)
            .filter(found -> found.inode().isPresent() && !found.name().isEmpty())
            .orElseThrow(() -> notFound(path));
    if (place.inode().orElseThrow().type() == FileType.DIRECTORY && !list(path).isEmpty()) {
      throw unusable(path, "a directory that is not empty");
    }
    handle.remove(place.directory(), place.name(), Instant.now());
  }

  @Override
  public void setLabel(String label) {
    if (label.length() > 16 || !StandardCharsets.US_ASCII.newEncoder().canEncode(label)) {
      throw new IllegalArgumentException("label " + label);
    }
    handle.setLabel(label.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public List<BlockRun> blocks(String path) {
    return handle.blocks(regular(path));
  }

  @Override
  public List<Extent> usedExtents() {
    return handle.usedExtents();
  }

  /**
   * The parts that a copy needs whose other parts are zeros: {@link #usedExtents} but for inodes
   * that are not in use.
   */
  public List<Extent> copiedExtents() {
    return handle.copiedExtents();
  }

  /** The used parts but for the content of regular files. */
  List<Extent> metadataExtents() {
    return handle.metadataExtents();
  }

  /**
   * The used parts but for the content of regular files, inodes that are not in use, and what is in
   * the journal: what a program reads that looks for a file, and what a check reads of a copy on
   * which {@link #declareUnusedInodes} was called.
   */
  public List<Extent> checkedExtents() {
    return handle.checkedExtents();
  }

  /** See {@link Ext2Handle#declareUnusedInodes}. */
  void declareUnusedInodes() {
    handle.declareUnusedInodes();
  }

  @Override
  public void flush() {
    handle.flush();
  }

  @Override
  public void close() {
    handle.close();
  }

  /** A file's content, read in large pieces straight from the device. */
  private static final class BlockRunStream extends InputStream {
    private final BlockDevice device;
    private final Deque<BlockRun> runs;
    private long left;
    private long inRun;

    BlockRunStream(BlockDevice device, List<BlockRun> runs, long size) {
      this.device = device;
      this.runs = new ArrayDeque<>(runs);
      this.left = size;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      BlockRun run = runs.peek();
      if (left == 0 || run == null) {
        return -1;
      }
      int count = (int) Math.min(Math.min(length, left), run.length() - inRun);
      if (run.isGap()) {
        java.util.Arrays.fill(into, offset, offset + count, (byte) 0);
      } else {
        device.read(run.deviceOffset() + inRun, ByteBuffer.wrap(into, offset, count));
      }
      left -= count;
      inRun += count;
      if (inRun == run.length()) {
        runs.remove();
        inRun = 0;
      }
      return count;
    }
  }
}
