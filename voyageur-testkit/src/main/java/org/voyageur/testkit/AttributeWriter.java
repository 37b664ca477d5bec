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
final class AttributeWriter {
  private static final Pattern OF_INODE =
      Pattern.compile("File ACL: (\\d+)\\s+Links: \\d+ +Blockcount: (\\d+)");

  /** h_refcount of struct ext4_xattr_header (the kernel's fs/ext4/xattr.h). */
  private static final int REFERENCES = 4;

  /** struct ext4_super_block: s_log_block_size, in units of 1024 bytes. */
  private static final int BLOCK_SIZE = 1024 + 24;

  /** A file that every conversion edits has an attribute of its own too. */
  private static final String WITH_MORE = "/etc/fstab";

  private final StandIn standIn;
  private final Path tree;
  private final Path image;

  private AttributeWriter(StandIn standIn, Path tree, Path image) {
    this.standIn = standIn;
    this.tree = tree;
    this.image = image;
  }

  /** Sets them for all that was copied from a tree. */
  static void set(StandIn standIn, Path tree, Path image) throws IOException {
    AttributeWriter writer = new AttributeWriter(standIn, tree, image);
    List<String> commands = new ArrayList<>();
    List<String> files = writer.files();
    files.forEach(file -> commands.addAll(writer.ownership(file)));
    commands.add("ea_set " + WITH_MORE + " user.origin megapipe");
    Debugfs.write(image, commands);
    if (standIn.release().selinux()) {
      writer.label(files);
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
            .filter(file -> !file.equals(WITH_MORE))
            .collect(Collectors.groupingBy(RedHat::label, TreeMap::new, Collectors.toList()));
    List<String> commands = new ArrayList<>(List.of(setLabel(WITH_MORE)));
    byLabel.values().forEach(group -> commands.add(setLabel(group.getFirst())));
    Debugfs.write(image, commands);
    for (List<String> group : byLabel.values()) {
      share(group);
    }
  }

  private static String setLabel(String file) {
    return "ea_set %s security.selinux \"%s\\000\"".formatted(file, RedHat.label(file));
  }

  /** Gives the block of the first one's attributes to the others. */
  private void share(List<String> files) throws IOException {
    try (FileChannel channel =
        FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(number, BLOCK_SIZE);
      long blockSize = 1024L << number.getInt(0);
      List<Blocks> blocks = blocks(files);
      long shared = blocks.getFirst().attributes();
      List<String> commands = new ArrayList<>();
      for (int i = 1; i < files.size(); i++) {
        long sectors = blocks.get(i).sectors() + blockSize / 512;
        commands.add("sif %s file_acl %d".formatted(files.get(i), shared));
        commands.add("sif %s blocks %d".formatted(files.get(i), sectors));
      }
      Debugfs.write(image, commands);
      channel.write(number.clear().putInt(files.size()).flip(), shared * blockSize + REFERENCES);
    }
  }

  /**
   * What an inode says of its blocks.
   *
   * @param attributes the block of its attributes; 0 if it has none
   * @param sectors how much it takes, in units of 512 bytes
   */
  private record Blocks(long attributes, long sectors) {}

  private List<Blocks> blocks(List<String> files) {
    List<String> answers = Debugfs.read(image, files.stream().map("stat "::concat).toList());
    return answers.stream()
        .map(OF_INODE::matcher)
        .filter(Matcher::find)
        .map(found -> new Blocks(Long.parseLong(found.group(1)), Long.parseLong(found.group(2))))
        .toList();
  }
}
