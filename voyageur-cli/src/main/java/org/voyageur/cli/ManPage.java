package org.voyageur.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A command's page for man(1), from the same texts as its {@code --help}: the macros of
 * groff_man(7).
 */
final class ManPage {
  private static final String EXAMPLE = "Example";

  private final StringBuilder page = new StringBuilder();
  private final CommandLine command;
  private final CommandSpec spec;

  private ManPage(CommandLine command) {
    this.command = command;
    this.spec = command.getCommandSpec();
  }

  /** The page's name, such as {@code voyageur-convert}. */
  static String name(CommandLine command) {
    return command.getCommandSpec().qualifiedName("-");
  }

  /** The page. */
  static String of(CommandLine command) {
    ManPage page = new ManPage(command);
    page.write();
    return page.page.toString();
  }

  private void write() {
    List<String> description = Arrays.asList(spec.usageMessage().description());
    List<String> footer = Arrays.asList(spec.usageMessage().footer());
    int examples = (int) footer.stream().takeWhile(line -> !line.startsWith(EXAMPLE)).count();
    macro("TH " + name(command).toUpperCase(java.util.Locale.ROOT) + " 1 \"\"");
    page.append(" \"voyageur ").append(Version.NAME).append("\" \"User Commands\"");
    macro("nh"); // Options are not to be broken at their hyphens.
    macro("ad l");
    section("NAME");
    text(name(command) + " - " + firstSentence(description.getFirst()));
    section("SYNOPSIS");
    macro("B " + escaped(spec.qualifiedName()));
    text(
        command
            .getHelp()
            .synopsis(0)
            .replaceAll("\\s+", " ")
            .strip()
            .substring(spec.qualifiedName().length())
            .strip());
    section("DESCRIPTION");
    lines(description);
    macro("PP");
    lines(footer.subList(0, examples));
    arguments("ARGUMENTS", spec.positionalParameters());
    commands();
    arguments("OPTIONS", spec.options());
    section("EXIT STATUS");
    spec.usageMessage().exitCodeList().forEach((code, meaning) -> item(code.strip(), meaning));
    if (examples < footer.size()) {
      section("EXAMPLES");
      lines(footer.subList(examples + 1, footer.size()));
    }
    section("SEE ALSO");
    text(
        spec.parent() == null
            ? command.getSubcommands().values().stream()
                .map(each -> name(each) + "(1)")
                .collect(Collectors.joining(", "))
            : name(spec.parent().commandLine()) + "(1)");
    page.append('\n');
  }

  private void commands() {
    if (!command.getSubcommands().isEmpty()) {
      section("COMMANDS");
      for (Map.Entry<String, CommandLine> each : command.getSubcommands().entrySet()) {
        String[] description = each.getValue().getCommandSpec().usageMessage().description();
        item(each.getKey(), firstSentence(description[0]));
      }
    }
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    String sentence = end < 0 ? text : text.substring(0, end);
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  private void arguments(String title, List<? extends ArgSpec> arguments) {
    List<? extends ArgSpec> shown = arguments.stream().filter(each -> !each.hidden()).toList();
    if (shown.isEmpty()) {
      return;
    }
    section(title);
    for (ArgSpec each : shown) {
      String label =
          switch (each) {
            case OptionSpec option -> {
              String names = String.join(", ", option.names());
              boolean takesValue = option.arity().max() > 0;
              yield takesValue ? names + " " + option.paramLabel() : names;
            }
            case PositionalParamSpec parameter -> parameter.paramLabel();
            default -> throw new AssertionError(each);
          };
      item(label, String.join(" ", each.description()));
    }
  }

  private void section(String title) {
    macro("SH \"" + title + "\"");
  }

  private void item(String label, String meaning) {
    macro("TP");
    macro("B " + escaped(label));
    text(meaning);
  }

  /** Indented lines stay as they are; an empty line begins a paragraph. */
  private void lines(List<String> lines) {
    List<String> literal = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("  ")) {
        literal.add(line.substring(2));
        continue;
      }
      literal(literal);
      if (line.isEmpty()) {
        macro("PP");
      } else {
        text(line);
      }
    }
    literal(literal);
  }

  private void literal(List<String> lines) {
    if (!lines.isEmpty()) {
      macro("PP");
      macro("RS 4");
      macro("nf");
      lines.forEach(this::text);
      macro("fi");
      macro("RE");
      lines.clear();
    }
  }

  private void macro(String macro) {
    newLine();
    page.append('.').append(macro);
  }

  private void text(String text) {
    newLine();
    page.append(escaped(text));
  }

  private void newLine() {
    if (!page.isEmpty()) {
      page.append('\n');
    }
  }

  /** groff(7): a backslash begins an escape, a dot or an apostrophe at the start a request. */
  private static String escaped(String text) {
    String plain = Help.Ansi.OFF.text(text).plainString();
    String escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
