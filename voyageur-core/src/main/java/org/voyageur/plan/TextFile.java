package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A text as lines that keep their ends, so that what no edit touches stays as it was byte for byte:
 * CRLF, blanks at the end of a line, a last line without an end.
 */
record TextFile(List<Line> lines) {
  TextFile {
    lines = List.copyOf(lines);
  }

  /**
   * @param text without its end
   * @param end LF, CRLF, or nothing at the end of the file
   */
  record Line(String text, String end) {}

  static TextFile of(String text) {
    List<Line> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int newline = text.indexOf('\n', start);
      int next = newline < 0 ? text.length() : newline + 1;
      int end = newline < 0 ? next : newline;
      if (end < next && end > start && text.charAt(end - 1) == '\r') {
        end--;
      }
      lines.add(new Line(text.substring(start, end), text.substring(end, next)));
      start = next;
    }
    return new TextFile(lines);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.text()).append(line.end()));
    return text.toString();
  }

  boolean anyMatch(Predicate<String> condition) {
    return lines.stream().map(Line::text).anyMatch(condition);
  }

  TextFile map(UnaryOperator<String> edit) {
    return new TextFile(
        lines.stream().map(line -> new Line(edit.apply(line.text()), line.end())).toList());
  }

  TextFile without(Predicate<String> condition) {
    return new TextFile(lines.stream().filter(line -> !condition.test(line.text())).toList());
  }

  TextFile append(String text) {
    return insert(lines.size(), text);
  }

  /** With one more line before the line of this index, counted from 0, ended as its others are. */
  TextFile insert(int index, String text) {
    String end =
        lines.isEmpty() || lines.getFirst().end().isEmpty() ? "\n" : lines.getFirst().end();
    List<Line> longer = new ArrayList<>(lines);
    if (index > 0 && lines.get(index - 1).end().isEmpty()) {
      longer.set(index - 1, new Line(lines.get(index - 1).text(), end));
    }
    longer.add(index, new Line(text, end));
    return new TextFile(longer);
  }
}
