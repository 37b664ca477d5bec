package org.voyageur.filesystem;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.disk.BlockDevice;

/** Everything that can be done with a filesystem, done to whatever is there. */
final class Workout {
  /** A hostile tree may be endless. */
  private static final int MOST_FILES = 300;

  private static final int MOST_DEPTH = 8;
  private static final byte[] SELINUX = new byte[30];

  private final ExtFilesystem filesystem;
  private final List<String> directories = new ArrayList<>();
  private final List<String> files = new ArrayList<>();
  private int seen;

  private Workout(ExtFilesystem filesystem) {
    this.filesystem = filesystem;
  }

  /** A filesystem with something of each kind in it. */
  static byte[] disk(Path directory, List<String> options) throws Exception {
    ExtImage image = ExtImage.create(directory, options);
    Path small = Files.write(directory.resolve("small"), ExtImage.bytes(100));
    Path large = Files.write(directory.resolve("large"), ExtImage.bytes(400_000));
    List<String> commands = new ArrayList<>(List.of("mkdir /d", "mkdir /d/e", "mkdir /indexed"));
    commands.add("write " + small + " /small");
    commands.add("write " + large + " /large");
    commands.add("symlink /fast d/e");
    commands.add("symlink /slow " + "./".repeat(100) + "small");
    commands.add("ea_set /small security.selinux some_label");
    commands.add("ea_set /small user.large " + "v".repeat(200));
    commands.add("ea_set /d security.selinux some_label");
    for (int i = 0; i < 60; i++) {
      commands.add("symlink /indexed/a-long-name-of-many-letters-to-fill-blocks-with-" + i + " x");
    }
    image.debugfs(commands.toArray(String[]::new));
    // Builds the index of the large directory; it exits with 1, as it changed something.
    org.voyageur.Host.exitCode("e2fsck", "-fyD", image.path().toString());
    image.assertClean();
    return Files.readAllBytes(image.path());
  }

  /** Reads everything, then writes; what it throws is the filesystem's. */
  static void run(BlockDevice device) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(device, true)) {
      Workout workout = new Workout(filesystem);
      workout.walk("/", 0);
      filesystem.usedExtents();
      filesystem.metadataExtents();
      workout.write();
      filesystem.flush();
    }
  }

  /** Reads, and goes on where something cannot be read. */
  static void runOnDamaged(BlockDevice device, Attempt attempt) {
    try (ExtFilesystem filesystem = ExtFilesystem.open(device, true)) {
      Workout workout = new Workout(filesystem);
      attempt.of(() -> workout.tolerantWalk("/", 0, attempt));
      attempt.of(filesystem::usedExtents);
      attempt.of(filesystem::metadataExtents);
      workout.write();
      filesystem.flush();
    }
  }

  /** Something that may find damage. */
  @FunctionalInterface
  interface Attempt {
    void of(Runnable action);
  }

  private void walk(String path, int depth) {
    directories.add(path);
    for (DirectoryEntry entry : filesystem.list(path)) {
      String child = (path.equals("/") ? "" : path) + "/" + entry.name();
      if (++seen <= MOST_FILES && look(child) && depth < MOST_DEPTH) {
        walk(child, depth + 1);
      }
    }
  }

  private void tolerantWalk(String path, int depth, Attempt attempt) {
    directories.add(path);
    for (DirectoryEntry entry : filesystem.list(path)) {
      String child = (path.equals("/") ? "" : path) + "/" + entry.name();
      if (++seen <= MOST_FILES) {
        attempt.of(() -> {
          if (look(child) && depth < MOST_DEPTH) {
            tolerantWalk(child, depth + 1, attempt);
          }
        });
      }
    }
  }

  /** Whether it is a directory. */
  private boolean look(String path) {
    Optional<FileStat> stat = filesystem.lstat(path);
    filesystem.realPath(path);
    if (stat.isEmpty()) {
      return false;
    }
    switch (stat.get().type()) {
      case SYMBOLIC_LINK -> filesystem.readLink(path);
      case REGULAR -> {
        filesystem.extendedAttribute(path, "security.selinux");
        filesystem.blocks(path);
        try (InputStream content = filesystem.open(path)) {
          content.readNBytes(1 << 20);
        } catch (IOException e) {
          throw new AssertionError(e);
        }
        files.add(path);
      }
      case DIRECTORY -> {
        filesystem.extendedAttribute(path, "security.selinux");
        filesystem.stat(path + "/nothing");
        return true;
      }
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET, UNKNOWN -> {}
    }
    return false;
  }

  private void write() {
    for (String file : files) {
      filesystem.overwrite(file, ExtImage.bytes(20_000));
      filesystem.setExtendedAttribute(file, "user.new", SELINUX);
      filesystem.setImmutable(file, true);
    }
    for (String directory : directories) {
      String prefix = directory.equals("/") ? "/" : directory + "/";
      filesystem.create(prefix + "new", ExtImage.bytes(50_000), FileOwner.ROOT, 0644);
      for (int i = 0; i < 5; i++) {
        filesystem.createSymbolicLink(prefix + "y".repeat(200) + i, "x".repeat(30 * i + 1));
      }
      filesystem.createDirectory(prefix + "sub", FileOwner.ROOT, 0755);
      filesystem.create(prefix + "sub/new", new byte[1], FileOwner.ROOT, 0644);
      filesystem.remove(prefix + "new");
      filesystem.remove(prefix + "y".repeat(200) + "4");
    }
    for (String file : files) {
      filesystem.remove(file);
    }
    filesystem.setLabel("changed");
  }
}
