package org.voyageur.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Owners, modes and extended attributes of a stand-in's files. Set in the filesystem after it was
 * made, as only root could give them to the files that it is made of.
 */
final class Attributes {
  private static final Pattern OF_INODE =
      Pattern.compile("File ACL: (\\d+)\\s+Links: \\d+ +Blockcount: (\\d+)");

  /** h_refcount of struct ext4_xattr_header (the kernel's fs/ext4/xattr.h). */
  private static final int REFERENCES = 4;

  /** struct ext4_super_block: s_log_block_size, in units of 1024 bytes. */
  private static final int BLOCK_SIZE = 1024 + 24;

  private final StandIn standIn;
  private final Path tree;
  private final Path image;

  private Attributes(StandIn standIn, Path tree, Path image) {
    this.standIn = standIn;
    this.tree = tree;
    this.image = image;
  }

  /** Sets them for all that was copied from a tree. */
  static void set(StandIn standIn, Path tree, Path image) throws IOException {
    Attributes attributes = new Attributes(standIn, tree, image);
    List<String> commands = new ArrayList<>();
    List<String> files = attributes.files();
    files.forEach(file -> commands.addAll(attributes.ownership(file)));
    // One that no tool of the guest knows, on a file that every conversion edits.
    commands.add("ea_set /etc/fstab user.origin megapipe");
    Debugfs.write(image, commands);
    if (standIn.release().selinux()) {
      attributes.label(files);
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> walk = Files.walk(tree)) {
      return walk.filter(file -> !file.equals(tree))
          .map(file -> "/" + tree.relativize(file))
          .sorted()
          .toList();
    }
  }

  private List<String> ownership(String file) {
    Path source = tree.resolve(file.substring(1));
    FileAttributes usual = new FileAttributes(0, 0, Files.isExecutable(source) ? 0755 : 0644);
    FileAttributes its = standIn.attributes().getOrDefault(file, usual);
    List<String> commands = new ArrayList<>();
    commands.add("sif %s uid %d".formatted(file, its.user()));
    commands.add("sif %s gid %d".formatted(file, its.group()));
    if (!Files.isSymbolicLink(source)) {
      int type = Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS) ? 0040000 : 0100000;
      commands.add("sif %s mode 0%o".formatted(file, type | its.permissions()));
    }
    return commands;
  }

  /**
   * SELinux's labels. In inodes of 128 bytes they lie in blocks of their own, and files of one
   * label share a block, as the kernel arranges it (fs/ext4/xattr.c, ext4_xattr_block_cache_find).
   */
  private void label(List<String> files) throws IOException {
    Map<String, List<String>> byLabel =
        files.stream()
            .filter(file -> file.startsWith("/etc/") || file.startsWith("/boot/"))
            .collect(Collectors.groupingBy(RedHat::label, TreeMap::new, Collectors.toList()));
    for (Map.Entry<String, List<String>> entry : byLabel.entrySet()) {
      String set = "ea_set %s security.selinux \"" + entry.getKey() + "\\000\"";
      List<String> own = new ArrayList<>();
      List<String> sharing = new ArrayList<>();
      for (String file : entry.getValue()) {
        (file.equals("/etc/fstab") ? own : sharing).add(file);
      }
      Debugfs.write(image, own.stream().map(set::formatted).toList());
      if (!sharing.isEmpty()) {
        Debugfs.write(image, List.of(set.formatted(sharing.getFirst())));
        share(sharing.getFirst(), sharing.subList(1, sharing.size()));
      }
    }
  }

  private void share(String labelled, List<String> others) throws IOException {
    ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      channel.read(number, BLOCK_SIZE);
      long blockSize = 1024L << number.getInt(0);
      long block = stat(labelled).acl();
      List<String> commands = new ArrayList<>();
      for (String other : others) {
        commands.add("sif %s file_acl %d".formatted(other, block));
        commands.add("sif %s blocks %d".formatted(other, stat(other).sectors() + blockSize / 512));
      }
      Debugfs.write(image, commands);
      channel.write(
          number.clear().putInt(1 + others.size()).flip(), block * blockSize + REFERENCES);
    }
  }

  /**
   * What an inode says of its blocks.
   *
   * @param acl the block of its attributes
   * @param sectors of 512 bytes
   */
  private record Blocks(long acl, long sectors) {}

  private Blocks stat(String file) {
    String text = Debugfs.read(image, List.of("stat " + file)).getFirst();
    Matcher matcher = OF_INODE.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("debugfs says of " + file + ": " + text);
    }
    return new Blocks(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
  }
}
