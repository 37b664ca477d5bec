package org.voyageur.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * In what the files of two ext2, ext3 or ext4 images differ, as debugfs shows them. Times are not
 * compared.
 */
public final class FilesystemDiff {
  /** A line of {@code ls -p}: /inode/mode/user/group/name/size/, no size for directories. */
  private static final Pattern ENTRY =
      Pattern.compile("/(\\d+)/(\\d+)/(\\d+)/(\\d+)/([^/\n]+)/(\\d*)/");

  private static final Pattern LINK_TARGET = Pattern.compile("Fast link dest: .*");
  private static final long ROOT = 2;
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;
  private static final int LINK = 0120000;

  /** Shorter targets stand in the inode itself, longer ones in a block. */
  private static final int LONG_LINK = 60;

  private FilesystemDiff() {}

  /** What can differ of a file. */
  public enum Aspect {
    /** Only the second image has it. */
    ADDED,
    /** Only the first image has it. */
    REMOVED,
    /** It is another inode under the same name: other links still show what it was. */
    INODE,
    /** Its type or its permissions. */
    MODE,
    /** Its user or its group. */
    OWNER,
    /** Its bytes, or where a symbolic link points. */
    CONTENT,
    /** Its extended attributes, such as SELinux's label. */
    ATTRIBUTES
  }

  /** A directory's entry. */
  private record Entry(long inode, int mode, String owner, long size) {
    boolean isA(int type) {
      return (mode & TYPE) == type;
    }
  }

  /**
   * What a file is.
   *
   * @param content a digest, or what debugfs says of a link; a directory's entries are compared
   *     themselves
   */
  private record Whole(Entry entry, String content, String attributes) {}

  /**
   * Compares two images file by file.
   *
   * @return in what they differ, by the files' absolute paths; nothing for those that are alike
   */
  public static SortedMap<String, Set<Aspect>> between(Path before, Path after) {
    Map<String, Whole> first = files(before);
    Map<String, Whole> second = files(after);
    SortedMap<String, Set<Aspect>> differences = new TreeMap<>();
    for (String path : first.keySet()) {
      Whole other = second.get(path);
      Set<Aspect> aspects =
          other == null ? EnumSet.of(Aspect.REMOVED) : compare(first.get(path), other);
      if (!aspects.isEmpty()) {
        differences.put(path, aspects);
      }
    }
    Set<String> added = new TreeSet<>(second.keySet());
    added.removeAll(first.keySet());
    added.forEach(path -> differences.put(path, EnumSet.of(Aspect.ADDED)));
    return differences;
  }

  private static Set<Aspect> compare(Whole before, Whole after) {
    Set<Aspect> aspects = EnumSet.noneOf(Aspect.class);
    Entry was = before.entry();
    Entry is = after.entry();
    if (was.inode() != is.inode()) {
      aspects.add(Aspect.INODE);
    }
    if (was.mode() != is.mode()) {
      aspects.add(Aspect.MODE);
    }
    if (!was.owner().equals(is.owner())) {
      aspects.add(Aspect.OWNER);
    }
    if (!before.content().equals(after.content())) {
      aspects.add(Aspect.CONTENT);
    }
    if (!before.attributes().equals(after.attributes())) {
      aspects.add(Aspect.ATTRIBUTES);
    }
    return aspects;
  }

  private static Map<String, Whole> files(Path image) {
    SortedMap<String, Entry> entries = entries(image);
    try (TemporaryDirectory directory = TemporaryDirectory.create()) {
      List<String> commands = new ArrayList<>();
      for (Entry entry : entries.values()) {
        commands.add("ea_list <%d>".formatted(entry.inode()));
        commands.add(
            inBlocks(entry)
                ? "dump <%1$d> %2$s/%1$d".formatted(entry.inode(), directory.path())
                : "stat <%d>".formatted(entry.inode()));
      }
      List<String> answers = Debugfs.read(image, commands);
      Map<String, Whole> files = new TreeMap<>();
      int answer = 0;
      for (Map.Entry<String, Entry> named : entries.entrySet()) {
        Entry entry = named.getValue();
        String attributes = answers.get(answer++);
        String stat = answers.get(answer++);
        String content =
            inBlocks(entry)
                ? digest(directory.path().resolve(Long.toString(entry.inode())))
                : LINK_TARGET
                    .matcher(stat)
                    .results()
                    .map(MatchResult::group)
                    .findFirst()
                    .orElse("");
        files.put(named.getKey(), new Whole(entry, content, attributes));
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean inBlocks(Entry entry) {
    return entry.isA(REGULAR) || (entry.isA(LINK) && entry.size() >= LONG_LINK);
  }

  private static String digest(Path file) throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Everything below the root directory, by path; a run of debugfs for each level. */
  private static SortedMap<String, Entry> entries(Path image) {
    SortedMap<String, Entry> all = new TreeMap<>();
    SortedMap<String, Long> level = new TreeMap<>(Map.of("", ROOT));
    while (!level.isEmpty()) {
      List<String> listings =
          Debugfs.read(image, level.values().stream().map("ls -p <%d>"::formatted).toList());
      SortedMap<String, Long> below = new TreeMap<>();
      int at = 0;
      for (String directory : level.keySet()) {
        for (Matcher line = ENTRY.matcher(listings.get(at++)); line.find(); ) {
          if (line.group(5).equals(".") || line.group(5).equals("..")) {
            continue;
          }
          String path = directory + "/" + line.group(5);
          Entry entry =
              new Entry(
                  Long.parseLong(line.group(1)),
                  Integer.parseInt(line.group(2), 8),
                  line.group(3) + ":" + line.group(4),
                  line.group(6).isEmpty() ? 0 : Long.parseLong(line.group(6)));
          all.put(path, entry);
          if (entry.isA(DIRECTORY)) {
            below.put(path, entry.inode());
          }
        }
      }
      level = below;
    }
    return all;
  }
}
