package org.voyageur.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real OpenStack on this host: scripts/openstack-lab.sh. */
final class OpenStackLab {
  private static final Path SCRIPT = Path.of("../scripts/openstack-lab.sh");
  private static final long LIMIT_SECONDS = 300;

  /** Neither the one that a developer has running, nor that of other tests on this host. */
  private static final long PORT = 17000 + 10 * (ProcessHandle.current().pid() % 100);

  private final Path folder;

  private OpenStackLab(Path folder) {
    this.folder = folder;
  }

  /** Starts one, with Nova and a network; the packages must be installed, and Nova wants root. */
  static OpenStackLab withNova() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "Nova's lab wants root");
    assumeTrue(Files.exists(Path.of("/usr/bin/nova-compute")), "this host has no nova-compute");
    // Sockets, whose paths must be short, lie in it.
    OpenStackLab lab = new OpenStackLab(Files.createTempDirectory("voyageur-lab"));
    Runtime.getRuntime().addShutdownHook(new Thread(lab::clean));
    lab.script("start", "--network");
    return lab;
  }

  /** Starts one with Keystone and Glance alone; the packages must be installed. */
  static OpenStackLab withGlance() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/glance-api")), "this host has no glance-api");
    OpenStackLab lab = new OpenStackLab(Files.createTempDirectory("voyageur-lab"));
    Runtime.getRuntime().addShutdownHook(new Thread(lab::clean));
    lab.script("start");
    return lab;
  }

  private String script(String... words) throws Exception {
    return run(
        Map.of("VOYAGEUR_LAB", folder.toString(), "VOYAGEUR_LAB_PORT", Long.toString(PORT)),
        Stream.concat(Stream.of(SCRIPT.toString()), Stream.of(words)).toArray(String[]::new));
  }

  /** Ends it, and leaves nothing; also where a signal ends the tests. */
  void clean() {
    if (Files.exists(folder)) {
      try {
        script("clean");
      } catch (Exception e) {
        throw new AssertionError("the lab in " + folder + " could not be ended", e);
      }
    }
  }

  /** The variables with which a user of it signs in: admin, alpha or beta. */
  Map<String, String> environment(String user) throws Exception {
    Map<String, String> variables = new TreeMap<>();
    for (String line : script("env", user).lines().toList()) {
      String[] assignment = line.replaceFirst("^export ", "").split("=", 2);
      variables.put(assignment[0], assignment[1]);
    }
    return variables;
  }

  /** Runs OpenStack's own client, which must succeed, as a user of it; returns what it prints. */
  String openstack(String user, String... words) throws Exception {
    return run(
            environment(user),
            Stream.concat(Stream.of("openstack"), Stream.of(words)).toArray(String[]::new))
        .strip();
  }

  private static String run(Map<String, String> environment, String... words) throws Exception {
    File out = File.createTempFile("lab", null);
    File err = File.createTempFile("lab", null);
    try {
      ProcessBuilder builder = new ProcessBuilder(words).redirectOutput(out).redirectError(err);
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("still running: " + String.join(" ", words));
      }
      if (process.exitValue() != 0) {
        throw new AssertionError(String.join(" ", words) + ": " + Files.readString(err.toPath()));
      }
      return Files.readString(out.toPath());
    } finally {
      Files.delete(out.toPath());
      Files.delete(err.toPath());
    }
  }
}
