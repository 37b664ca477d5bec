package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code voyageur script}. */
@Command(
    name = "script",
    description = {
      "Carries out several of ls, cat, get, put, edit and rm on one image, which is opened once. All"
          + " changes are written together at the end; if one line fails, none is.",
      ""
    },
    footer = {
      "",
      "A line is a command as on the command line, without 'voyageur' and IMAGE. Words are quoted as"
          + " in a shell, # begins a comment. Later lines see what earlier ones changed. Lines that"
          + " read are carried out at once, also where a later one fails.",
      "",
      "Example:",
      "  voyageur script megapipe.img <<'END'",
      "  get /etc/fstab fstab.before",
      "  edit /etc/fstab -e 's|^/dev/xvde |LABEL=/ |'",
      "  put syslinux.cfg /boot/syslinux.cfg",
      "  rm /etc/udev/rules.d/70-persistent-net.rules",
      "  cat /etc/fstab",
      "  END"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class ScriptCommand implements Callable<Integer> {
  private static final int LIMIT = 16 << 20;

  private static final Map<String, Supplier<FileOperation>> OPERATIONS =
      Map.of(
          "ls", LsCommand::new,
          "cat", CatCommand::new,
          "get", GetCommand::new,
          "put", PutCommand::new,
          "edit", EditCommand::new,
          "rm", RmCommand::new);

  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = "-",
      description = "The script, or - for standard input, which is the default.")
  private String file;

  ScriptCommand(RootCommand root) {
    this.root = root;
  }

  /** A line and what it means. */
  private record Line(int number, String name, FileOperation operation) {}

  /** All lines as one operation. */
  private record Script(List<Line> lines) implements FileOperation {
    @Override
    public boolean changes() {
      return lines.stream().anyMatch(line -> line.operation().changes());
    }

    @Override
    public void run(GuestFilesystem filesystem, FileResults results) {
      List<Map<String, Object>> done = new ArrayList<>();
      for (Line line : lines) {
        try {
          line.operation().run(filesystem, results);
        } catch (VoyageurException e) {
          throw new VoyageurException(
              e.code(),
              "line " + line.number() + " (" + line.name() + "): " + e.getMessage(),
              e.remedy(),
              e);
        }
        SequencedMap<String, Object> members = results.takeMembers();
        members.putFirst("operation", line.name());
        done.add(members);
      }
      done.forEach(operation -> results.add("operations", operation));
    }
  }

  @Override
  public Integer call() {
    Script script = new Script(parse(text()));
    FileResults results = new FileResults(root);
    FileCommand.run(root, arguments, script, results);
    if (root.json()) {
      root.print(Json.document(results.members()));
    }
    return ExitStatus.DONE.code();
  }

  private String text() {
    try (InputStream in =
        file.equals("-") ? root.console().in() : Files.newInputStream(Path.of(file))) {
      byte[] text = in.readNBytes(LIMIT + 1);
      if (text.length > LIMIT) {
        throw new VoyageurException(
            ErrorCode.HOST_FILE,
            "the script " + file + " has more than " + LIMIT + " bytes",
            "Put a whole directory with 'put -r', or split the script");
      }
      return new String(text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.HOST_FILE,
          "the script " + file + " could not be read: " + e.getMessage(),
          "Check its name and permissions",
          e);
    }
  }

  /** Everything is understood before anything is done. */
  private List<Line> parse(String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      try {
        List<String> words = Words.of(line);
        if (!words.isEmpty()) {
          String name = words.getFirst();
          lines.add(new Line(number, name, operation(name, words.subList(1, words.size()))));
        }
      } catch (IllegalArgumentException | ParameterException e) {
        throw new VoyageurException(
            ErrorCode.USAGE,
            "line " + number + " of the script: " + e.getMessage(),
            "Try 'voyageur help script'",
            e);
      }
    }
    return lines;
  }

  private FileOperation operation(String name, List<String> words) {
    Supplier<FileOperation> maker = OPERATIONS.get(name);
    if (maker == null) {
      throw new IllegalArgumentException(
          "there is no '"
              + name
              + "', only "
              + String.join(", ", OPERATIONS.keySet().stream().sorted().toList()));
    }
    FileOperation operation = maker.get();
    new CommandLine(operation).parseArgs(words.toArray(String[]::new));
    switch (operation) {
      case PutCommand put when put.readsInput() && file.equals("-") ->
          throw new IllegalArgumentException("standard input is the script itself");
      case EditCommand edit when edit.isInteractive() ->
          throw new IllegalArgumentException("an edit in a script needs an expression (-e)");
      default -> {}
    }
    return operation;
  }
}
