package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts programs of this host into a stand-in, with their libraries. A stand-in's own shell is
 * busybox's, which runs its own rpm and depmod whatever lies in PATH.
 */
final class HostPrograms {
  private HostPrograms() {}

  /**
   * Puts them there.
   *
   * @param programs by the path that they are to have
   * @param files of the host that they need besides, under the same path
   */
  static void put(Path image, Map<String, Path> programs, List<Path> files) throws Exception {
    Map<String, Path> all = new TreeMap<>(programs);
    for (Path program : programs.values()) {
      Matcher library = Pattern.compile("(?:=> |\\s)(/lib\\S+)").matcher(said("ldd", program));
      while (library.find()) {
        all.put(library.group(1), Path.of(library.group(1)));
      }
    }
    files.forEach(file -> all.put(file.toString(), file));
    Set<String> directories = new TreeSet<>();
    for (String path : all.keySet()) {
      for (int at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
        directories.add(path.substring(0, at));
      }
    }
    // What is there already is told as an error, and replaced or kept.
    List<String> commands = new ArrayList<>();
    directories.forEach(directory -> commands.add("mkdir " + directory));
    all.forEach((path, source) -> {
      commands.add("rm " + path);
      commands.add("write " + source.toAbsolutePath() + " " + path);
    });
    Path script = Files.createTempFile("voyageur", ".debugfs");
    try {
      Files.write(script, commands);
      said("debugfs", Path.of("-w"), Path.of("-f"), script, image);
    } finally {
      Files.delete(script);
    }
  }

  private static String said(String program, Path... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program));
    for (Path argument : arguments) {
      command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
