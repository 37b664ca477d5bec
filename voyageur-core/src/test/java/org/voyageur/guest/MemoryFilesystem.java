package org.voyageur.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.BlockRun;
import org.voyageur.filesystem.DirectoryEntry;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileStat;
import org.voyageur.filesystem.FileType;
import org.voyageur.filesystem.FilesystemFacts;
import org.voyageur.filesystem.GuestFilesystem;

/** A tree of files to inspect, without a device below it. Directories come by themselves. */
final class MemoryFilesystem implements GuestFilesystem {
  private sealed interface Node {}

  private record Regular(byte[] content, List<BlockRun> blocks) implements Node {}

  private record Link(String target) implements Node {}

  private record Directory() implements Node {}

  private final Map<String, Node> nodes = new TreeMap<>(Map.of("/", new Directory()));
  private FilesystemFacts facts =
      new FilesystemFacts(
          FilesystemType.EXT3,
          List.of("has_journal", "filetype", "sparse_super"),
          "/",
          "6b29fc40-ca47-1067-b31d-00dd010662da",
          4096,
          128,
          1L << 30,
          1L << 29,
          0,
          10_000,
          FilesystemFacts.State.CLEAN);

  MemoryFilesystem file(String path, String text) {
    return file(path, text.getBytes(ISO_8859_1));
  }

  MemoryFilesystem file(String path, byte[] content) {
    return file(path, content, new BlockRun(0, 1 << 20, content.length, true));
  }

  MemoryFilesystem file(String path, byte[] content, BlockRun... blocks) {
    return put(path, new Regular(content, List.of(blocks)));
  }

  MemoryFilesystem link(String path, String target) {
    return put(path, new Link(target));
  }

  MemoryFilesystem directory(String path) {
    return put(path, new Directory());
  }

  MemoryFilesystem without(String path) {
    nodes.keySet().removeIf(name -> name.equals(path) || name.startsWith(path + "/"));
    return this;
  }

  MemoryFilesystem facts(FilesystemFacts changed) {
    facts = changed;
    return this;
  }

  private MemoryFilesystem put(String path, Node node) {
    for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      nodes.putIfAbsent(path.substring(0, slash), new Directory());
    }
    nodes.put(path, node);
    return this;
  }

  /** Writes the tree to a directory of the host, for programs that make an image of it. */
  void copyTo(Path host) {
    nodes.forEach((path, node) -> {
      try {
        Path target = host.resolve(path.substring(1));
        switch (node) {
          case Directory _ -> Files.createDirectories(target);
          case Link(String to) -> Files.createSymbolicLink(target, Path.of(to));
          case Regular(byte[] content, var _) -> Files.write(target, content);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }

  @Override
  public FilesystemFacts facts() {
    return facts;
  }

  @Override
  public Optional<FileStat> stat(String path) {
    return realPath(path).flatMap(this::lstat);
  }

  @Override
  public Optional<FileStat> lstat(String path) {
    return resolve(path, false)
        .map(real ->
            switch (nodes.get(real)) {
              case Regular(byte[] content, var _) -> stat(FileType.REGULAR, content.length);
              case Link(String target) -> stat(FileType.SYMBOLIC_LINK, target.length());
              case Directory _ -> stat(FileType.DIRECTORY, 4096);
              case null -> throw new IllegalStateException(real);
            });
  }

  private static FileStat stat(FileType type, int size) {
    return new FileStat(type, 12, 0644, FileOwner.ROOT, size, 1, Instant.EPOCH, false);
  }

  @Override
  public Optional<String> realPath(String path) {
    return resolve(path, true);
  }

  private Optional<String> resolve(String path, boolean followLast) {
    Deque<String> left = new ArrayDeque<>(Arrays.asList(path.split("/")));
    String at = "/";
    for (int links = 0; !left.isEmpty(); ) {
      String name = left.pop();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        at = at.substring(0, Math.max(1, at.lastIndexOf('/')));
        continue;
      }
      String next = at.equals("/") ? "/" + name : at + "/" + name;
      switch (nodes.get(next)) {
        case Link(String target) when followLast || !left.isEmpty() -> {
          if (++links > 40) {
            return Optional.empty();
          }
          Arrays.asList(target.split("/")).reversed().forEach(left::push);
          at = target.startsWith("/") ? "/" : at;
        }
        case null -> {
          return Optional.empty();
        }
        case Node _ -> at = next;
      }
    }
    return Optional.of(at);
  }

  @Override
  public String readLink(String path) {
    return resolve(path, false).map(nodes::get).orElseThrow() instanceof Link(String target)
        ? target
        : "";
  }

  @Override
  public List<DirectoryEntry> list(String directory) {
    String real = realPath(directory).orElseThrow();
    String prefix = real.equals("/") ? "/" : real + "/";
    return nodes.keySet().stream()
        .filter(path -> path.startsWith(prefix) && path.length() > prefix.length())
        .filter(path -> path.indexOf('/', prefix.length()) < 0)
        .map(path ->
            new DirectoryEntry(path.substring(prefix.length()), lstat(path).orElseThrow().type()))
        .toList();
  }

  @Override
  public byte[] read(String path, int limit) {
    byte[] content = regular(path).content();
    if (content.length > limit) {
      throw new VoyageurException(ErrorCode.PATH_UNUSABLE, path + " is too large", "");
    }
    return content;
  }

  @Override
  public InputStream open(String path) {
    return new ByteArrayInputStream(regular(path).content());
  }

  private Regular regular(String path) {
    if (realPath(path).map(nodes::get).orElse(null) instanceof Regular file) {
      return file;
    }
    throw new VoyageurException(ErrorCode.PATH_UNUSABLE, path + " is not a file", "");
  }

  @Override
  public List<BlockRun> blocks(String path) {
    return regular(path).blocks();
  }

  @Override
  public Optional<byte[]> extendedAttribute(String path, String name) {
    return Optional.empty();
  }

  @Override
  public void overwrite(String path, byte[] content) {
    throw readOnly();
  }

  @Override
  public void fillGaps(String path) {
    throw readOnly();
  }

  @Override
  public void create(String path, byte[] content, FileOwner owner, int mode) {
    throw readOnly();
  }

  @Override
  public void createDirectory(String path, FileOwner owner, int mode) {
    throw readOnly();
  }

  @Override
  public void createSymbolicLink(String path, String target) {
    throw readOnly();
  }

  @Override
  public void setExtendedAttribute(String path, String name, byte[] value) {
    throw readOnly();
  }

  @Override
  public void setModified(String path, Instant time) {
    throw readOnly();
  }

  @Override
  public void setImmutable(String path, boolean immutable) {
    throw readOnly();
  }

  @Override
  public void remove(String path) {
    throw readOnly();
  }

  @Override
  public void setLabel(String label) {
    throw readOnly();
  }

  @Override
  public List<Extent> usedExtents() {
    throw readOnly();
  }

  @Override
  public void flush() {
    throw readOnly();
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("inspection only reads");
  }

  @Override
  public void close() {}
}
