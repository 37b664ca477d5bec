package org.voyageur.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.voyageur.process.HostProgram;

/**
 * The host's apt, which fetches packages without root.
 *
 * @param options for what is asked of it
 */
record Apt(List<String> options) {
  private static final HostProgram GET = new HostProgram("apt-get", "apt");
  private static final HostProgram CACHE = new HostProgram("apt-cache", "apt");

  /**
   * For an architecture. Packages of one that the host does not know come from its own sources,
   * through lists in a directory of theirs.
   *
   * @param directory for these
   */
  static Apt of(Architecture architecture, Path directory) throws IOException {
    return switch (architecture) {
      case X86_64 -> new Apt(List.of());
      case I686 -> i386(Files.createDirectory(directory.resolve("apt")));
    };
  }

  private static Apt i386(Path state) throws IOException {
    for (String needed : List.of("lists/partial", "archives/partial")) {
      Files.createDirectories(state.resolve(needed));
    }
    Path installed = Files.createFile(state.resolve("status"));
    Apt apt =
        new Apt(
            Stream.of(
                    "APT::Architecture=i386",
                    "APT::Architectures::=i386",
                    "APT::Sandbox::User=root",
                    "Dir::State=" + state,
                    "Dir::State::status=" + installed,
                    "Dir::Cache=" + state)
                .flatMap(option -> Stream.of("-o", option))
                .toList());
    // It fails where one source of several has nothing for i386: what is missing is noticed later.
    GET.run(Tool.LIMIT, state, apt.with("-qq", "update"));
    return apt;
  }

  /** The first package that one depends on whose name starts so. */
  String dependency(String name, String prefix) {
    String depends = Tool.run(CACHE, Path.of(""), with("depends", name));
    return depends
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: " + prefix))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(() -> CACHE.failed("does not know " + name + "; run apt-get update", depends));
  }

  /** Has packages' files put into a directory. */
  void download(List<String> names, Path directory) {
    Tool.run(GET, directory, with(Stream.concat(Stream.of("download"), names.stream())));
  }

  private List<String> with(String... words) {
    return with(Stream.of(words));
  }

  private List<String> with(Stream<String> words) {
    return Stream.concat(options.stream(), words).toList();
  }
}
