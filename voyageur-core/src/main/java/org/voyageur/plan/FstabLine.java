package org.voyageur.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device line of fstab, as it is written.
 *
 * @param indent the white space before the first field
 * @param fields from three to as many as there are
 * @param gaps the white space behind each
 */
record FstabLine(String indent, List<String> fields, List<String> gaps) {
  private static final Pattern FIELD = Pattern.compile("([^ \\t]+)([ \\t]*)");

  /** What fstab(5) takes for a field that is missing. */
  private static final List<String> DEFAULTS = List.of("", "", "auto", "defaults", "0", "0");

  FstabLine {
    fields = List.copyOf(fields);
    gaps = List.copyOf(gaps);
  }

  /** The line's fields; empty for a comment, or a line with too little to say what goes where. */
  static Optional<FstabLine> parse(String line) {
    String content = line.stripLeading();
    if (content.startsWith("#")) {
      return Optional.empty();
    }
    List<String> fields = new ArrayList<>();
    List<String> gaps = new ArrayList<>();
    for (Matcher field = FIELD.matcher(content); field.find(); ) {
      fields.add(field.group(1));
      gaps.add(field.group(2));
    }
    return fields.size() < 3
        ? Optional.empty()
        : Optional.of(
            new FstabLine(line.substring(0, line.length() - content.length()), fields, gaps));
  }

  String spec() {
    return fields.get(0);
  }

  String mountPoint() {
    return fields.get(1);
  }

  String type() {
    return fields.get(2);
  }

  List<String> options() {
    return Arrays.asList(field(3).split(","));
  }

  String pass() {
    return field(5);
  }

  FstabLine withSpec(String spec) {
    return with(0, spec);
  }

  FstabLine withType(String type) {
    return with(2, type);
  }

  FstabLine withPass(String pass) {
    return with(5, pass);
  }

  /** With one more option, unless it is there, and without those that say the opposite. */
  FstabLine withOption(String option, String... opposites) {
    List<String> options = new ArrayList<>(options());
    options.removeAll(List.of(opposites));
    if (!options.contains(option)) {
      options.add(option);
    }
    return with(3, String.join(",", options));
  }

  String text() {
    StringBuilder text = new StringBuilder(indent);
    for (int i = 0; i < fields.size(); i++) {
      text.append(fields.get(i)).append(gaps.get(i));
    }
    return text.toString();
  }

  private String field(int index) {
    return index < fields.size() ? fields.get(index) : DEFAULTS.get(index);
  }

  private FstabLine with(int index, String value) {
    if (field(index).equals(value)) {
      return this;
    }
    List<String> newFields = new ArrayList<>(fields);
    List<String> newGaps = new ArrayList<>(gaps);
    while (newFields.size() <= index) {
      if (newGaps.getLast().isEmpty()) {
        newGaps.set(newGaps.size() - 1, " ");
      }
      newFields.add(DEFAULTS.get(newFields.size()));
      newGaps.add("");
    }
    String gap = newGaps.get(index);
    // Columns made of blanks stay where they are; a tab does so by itself, and one blank is none.
    if (gap.length() > 1 && gap.indexOf('\t') < 0) {
      int width = newFields.get(index).length() + gap.length() - value.length();
      newGaps.set(index, " ".repeat(Math.max(1, width)));
    }
    newFields.set(index, value);
    return new FstabLine(indent, newFields, newGaps);
  }
}
