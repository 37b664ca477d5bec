package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;

/** Differences between two texts in the format of {@code diff -u}. */
public final class UnifiedDiff {
  private static final int CONTEXT = 3;

  /** Bounds the table of the longest common subsequence to 16 MiB of ints. */
  private static final int MAX_TABLE = 4 << 20;

  private UnifiedDiff() {}

  /** The difference of a file that stays; empty if there is none. */
  public static String of(String path, String before, String after) {
    return between(path, path, before, after);
  }

  /** The same for a file that is created. */
  public static String created(String path, String text) {
    return between("/dev/null", path, "", text);
  }

  /** The same for a file that is removed. */
  public static String removed(String path, String text) {
    return between(path, "/dev/null", text, "");
  }

  private static String between(String from, String to, String before, String after) {
    List<Edit> edits = edits(lines(before), lines(after));
    StringBuilder diff = new StringBuilder();
    int next = 0;
    while (true) {
      int first = next;
      while (first < edits.size() && edits.get(first).kind() == ' ') {
        first++;
      }
      if (first == edits.size()) {
        break;
      }
      // Two changes with no more than twice the context between them share a hunk.
      int last = first;
      for (int i = first; i < edits.size() && i - last <= 2 * CONTEXT + 1; i++) {
        if (edits.get(i).kind() != ' ') {
          last = i;
        }
      }
      int start = Math.max(next, first - CONTEXT);
      next = Math.min(edits.size(), last + 1 + CONTEXT);
      appendHunk(diff, edits, start, next);
    }
    return diff.isEmpty() ? "" : "--- " + from + "\n+++ " + to + "\n" + diff;
  }

  /**
   * @param kind a blank for a line in both, {@code -} for one before, {@code +} for one after
   * @param line with its end, if it has one
   */
  private record Edit(char kind, String line) {}

  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int newline = text.indexOf('\n', start);
      int next = newline < 0 ? text.length() : newline + 1;
      lines.add(text.substring(start, next));
      start = next;
    }
    return lines;
  }

  private static List<Edit> edits(List<String> before, List<String> after) {
    int shorter = Math.min(before.size(), after.size());
    int prefix = 0;
    while (prefix < shorter && before.get(prefix).equals(after.get(prefix))) {
      prefix++;
    }
    int suffix = 0;
    while (suffix < shorter - prefix
        && before.get(before.size() - 1 - suffix).equals(after.get(after.size() - 1 - suffix))) {
      suffix++;
    }
    List<Edit> edits = new ArrayList<>();
    before.subList(0, prefix).forEach(line -> edits.add(new Edit(' ', line)));
    appendMiddle(
        edits,
        before.subList(prefix, before.size() - suffix),
        after.subList(prefix, after.size() - suffix));
    before
        .subList(before.size() - suffix, before.size())
        .forEach(line -> edits.add(new Edit(' ', line)));
    return edits;
  }

  private static void appendMiddle(List<Edit> edits, List<String> before, List<String> after) {
    int rows = before.size();
    int columns = after.size();
    int i = 0;
    int j = 0;
    if ((rows + 1L) * (columns + 1L) <= MAX_TABLE) {
      // common[i][j]: how many lines before[i..] and after[j..] have in common, in order.
      int[][] common = new int[rows + 1][columns + 1];
      for (int row = rows - 1; row >= 0; row--) {
        for (int column = columns - 1; column >= 0; column--) {
          common[row][column] =
              before.get(row).equals(after.get(column))
                  ? common[row + 1][column + 1] + 1
                  : Math.max(common[row + 1][column], common[row][column + 1]);
        }
      }
      while (i < rows && j < columns) {
        if (before.get(i).equals(after.get(j))) {
          edits.add(new Edit(' ', before.get(i++)));
          j++;
        } else if (common[i + 1][j] >= common[i][j + 1]) {
          edits.add(new Edit('-', before.get(i++)));
        } else {
          edits.add(new Edit('+', after.get(j++)));
        }
      }
    }
    before.subList(i, rows).forEach(line -> edits.add(new Edit('-', line)));
    after.subList(j, columns).forEach(line -> edits.add(new Edit('+', line)));
  }

  private static void appendHunk(StringBuilder diff, List<Edit> edits, int start, int end) {
    diff.append("@@ -")
        .append(range(edits, start, end, '+'))
        .append(" +")
        .append(range(edits, start, end, '-'))
        .append(" @@\n");
    for (Edit edit : edits.subList(start, end)) {
      diff.append(edit.kind()).append(edit.line());
      if (!edit.line().endsWith("\n")) {
        diff.append("\n\\ No newline at end of file\n");
      }
    }
  }

  /** POSIX: a range of one line has no length, an empty one the number of the line before it. */
  private static String range(List<Edit> edits, int start, int end, char otherSide) {
    long before = edits.subList(0, start).stream().filter(e -> e.kind() != otherSide).count();
    long length = edits.subList(start, end).stream().filter(e -> e.kind() != otherSide).count();
    return length == 1
        ? Long.toString(before + 1)
        : (length == 0 ? before : before + 1) + "," + length;
  }
}
