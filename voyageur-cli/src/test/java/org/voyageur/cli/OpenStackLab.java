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

  private OpenStackLab() {}

  /** Starts it, with Nova; the packages must be installed, and Nova wants root. */
  static OpenStackLab withNova() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "Nova's lab wants root");
    assumeTrue(Files.exists(Path.of("/usr/bin/nova-compute")), "this host has no nova-compute");
    run(Map.of(), SCRIPT.toString(), "start", "--nova");
    return new OpenStackLab();
  }

  /** The variables with which a user of it signs in: admin, alpha or beta. */
  Map<String, String> environment(String user) throws Exception {
    Map<String, String> variables = new TreeMap<>();
    for (String line : run(Map.of(), SCRIPT.toString(), "env", user).lines().toList()) {
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

  /** Ends it; its images stay. */
  void stop() throws Exception {
    run(Map.of(), SCRIPT.toString(), "stop");
  }
}
