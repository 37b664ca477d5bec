package org.voyageur.cli;

import java.util.List;
import org.voyageur.guest.Finding;

/** Text in sections: a heading, and lines indented below it. */
final class Report {
  static final String INDENT = "  ";

  private final Paint paint;
  private final StringBuilder text = new StringBuilder();

  Report(Paint paint) {
    this.paint = paint;
  }

  Report heading(String heading) {
    if (!text.isEmpty()) {
      text.append('\n');
    }
    text.append(paint.bold(heading)).append('\n');
    return this;
  }

  /** A name and its value, the values of a section aligned. */
  Report field(String name, String value) {
    text.append(String.format("%s%-13s %s%n", INDENT, name, Printable.line(value)));
    return this;
  }

  Report line(String line) {
    text.append(INDENT).append(Printable.line(line)).append('\n');
    return this;
  }

  Report table(Table table) {
    text.append(table.text(INDENT));
    return this;
  }

  /** Text that is laid out already. */
  Report raw(String lines) {
    text.append(lines);
    return this;
  }

  /** Findings, each with what to do about it. */
  Report findings(List<Finding> findings) {
    for (Finding finding : findings) {
      String severity =
          switch (finding.severity()) {
            case INFO -> paint.cyan("info    ");
            case WARNING -> paint.yellow("warning ");
            case OBSTACLE -> paint.red("obstacle");
          };
      text.append(INDENT)
          .append(severity)
          .append(String.format("  %-13s  ", finding.code().code()))
          .append(Printable.line(finding.message()))
          .append('\n');
      finding
          .remedy()
          .lines()
          .forEach(way ->
              text.repeat(' ', INDENT.length() + 25)
                  .append("-> ")
                  .append(Printable.line(way))
                  .append('\n'));
    }
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
