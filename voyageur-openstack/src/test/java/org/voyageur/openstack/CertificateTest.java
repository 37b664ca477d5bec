package org.voyageur.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Credentials;
import org.voyageur.openstack.CloudConfig.Named;
import org.voyageur.openstack.CloudConfig.Scope;
import org.voyageur.openstack.CloudConfig.Trust;

/** A Keystone whose certificate is good, unknown, expired, or another host's. */
@SuppressWarnings("NullAway.Init") // Each test starts its server first.
class CertificateTest {
  @TempDir private Path directory;
  private HttpsServer server;

  @AfterEach
  void end() {
    server.stop(0);
  }

  /** Starts one; returns its certificate in PEM format. */
  private Path serve(String host, String from) throws Exception {
    Path store = directory.resolve("store.p12");
    keytool(
        "-genkeypair",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-alias",
        "k",
        "-keyalg",
        "EC",
        "-dname",
        "CN=" + host,
        "-ext",
        "SAN=ip:" + host,
        "-startdate",
        from,
        "-validity",
        "30");
    Path pem = directory.resolve("ca.pem");
    keytool(
        "-exportcert",
        "-rfc",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-alias",
        "k",
        "-file",
        pem.toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(store)) {
      keys.load(stream, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/v3/auth/tokens",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("X-Subject-Token", "t");
          byte[] body =
              "{\"token\": {\"project\": {\"id\": \"p\"}}}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(201, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return pem;
  }

  private static void keytool(String... words) throws Exception {
    String[] command = new String[words.length + 1];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    System.arraycopy(words, 0, command, 1, words.length);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private Cloud signIn(Trust trust) {
    return Cloud.signIn(
        new CloudConfig(
            URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/v3"),
            new Credentials.Password(
                new Named.ById("u"), new Secret("s3cret"), new Scope.Unscoped()),
            Optional.empty(),
            "public",
            trust,
            Map.of()),
        Duration.ofSeconds(10),
        Duration.ofMillis(1));
  }

  private void refuses(Trust trust) {
    assertThatThrownBy(() -> signIn(trust))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.CLOUD_CERTIFICATE));
  }

  @Test
  void oneThatANamedAuthoritySignedIsBelievedAndNoOther() throws Exception {
    Path pem = serve("127.0.0.1", "-1d");
    assertThat(signIn(new Trust.Authorities(pem)).project()).isEqualTo("p");
    refuses(new Trust.Default());
    assertThat(signIn(new Trust.Anyone()).project()).isEqualTo("p");
  }

  @Test
  void oneThatHasExpiredIsNot() throws Exception {
    Path pem = serve("127.0.0.1", "-60d");
    refuses(new Trust.Authorities(pem));
  }

  @Test
  void oneOfAnotherHostIsOnlyBelievedWhereAnyIs() throws Exception {
    Path pem = serve("127.0.0.9", "-1d");
    refuses(new Trust.Authorities(pem));
    assertThat(signIn(new Trust.Anyone()).project()).isEqualTo("p");
  }
}
