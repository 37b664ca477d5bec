package org.voyageur.rpm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.voyageur.Host;

/** The real gpg with keys of its own, and rpmsign. */
public final class Gpg implements AutoCloseable {
  private final Path home;

  /** Without any key. */
  public Gpg() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/gpg")), "skipped: there is no gpg");
    // The path of the agent's socket must be short.
    this.home = Files.createTempDirectory("gpg");
  }

  /** Makes a key, such as of {@code rsa2048}. */
  public void generate(String name, String algorithm) throws Exception {
    Host.run(
        "gpg",
        "--homedir",
        home.toString(),
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        name,
        algorithm,
        "sign",
        "never");
  }

  /** Writes the public key of a name, with options such as {@code --armor}. */
  public Path export(Path file, String name, String... options) throws Exception {
    Host.run(
        "sh",
        "-c",
        "gpg --homedir %s %s --export %s >%s"
            .formatted(home, String.join(" ", options), name, file));
    return file;
  }

  /** Signs a package. */
  public void sign(Path rpm, String name, String digest) throws Exception {
    Host.run(
        "rpmsign",
        "--define",
        "__gpg /usr/bin/gpg",
        "--define",
        "_gpg_path " + home,
        "--define",
        "_gpg_name " + name,
        "--define",
        "_gpg_digest_algo " + digest,
        "--addsign",
        rpm.toString());
  }

  /** The keys as gpg lists them. */
  String list() throws Exception {
    return Host.output("gpg", "--homedir", home.toString(), "--with-colons", "-k");
  }

  @Override
  public void close() throws IOException {
    try {
      Host.output("gpgconf", "--homedir", home.toString(), "--kill", "all");
      Host.run("rm", "-rf", home.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
