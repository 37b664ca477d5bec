package org.voyageur.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Against servers that behave as QEMU's forwarding does. */
class NetworkProbeTest {
  private interface Server {
    void serve(Socket client) throws Exception;
  }

  /** Lets a probe knock once at a server. */
  private static void probed(Server server, java.util.function.Consumer<NetworkProbe> check)
      throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        NetworkProbe probe = new NetworkProbe(listener.getLocalPort());
        Socket client = listener.accept()) {
      server.serve(client);
      Thread.sleep(300);
      check.accept(probe);
    }
  }

  @Test
  void takesTheVersionBehindOtherLines() throws Exception {
    probed(
        client ->
            client
                .getOutputStream()
                .write("Welcome\r\nSSH-2.0-OpenSSH_5.3\r\n".getBytes(StandardCharsets.US_ASCII)),
        probe -> assertThat(probe.banner()).contains("SSH-2.0-OpenSSH_5.3"));
  }

  @Test
  void aRefusalIsAnAnswer() throws Exception {
    probed(
        Socket::close,
        probe -> {
          assertThat(probe.answered()).isTrue();
          assertThat(probe.banner()).isEmpty();
        });
  }

  @Test
  void silenceIsNone() throws Exception {
    probed(client -> {}, probe -> assertThat(probe.answered()).isFalse());
  }

  @Test
  void neverReadsWithoutEnd() throws Exception {
    probed(
        client -> client.getOutputStream().write(new byte[4096]),
        probe -> assertThat(probe.banner()).isEmpty());
  }
}
