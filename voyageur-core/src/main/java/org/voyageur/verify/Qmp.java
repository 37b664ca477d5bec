package org.voyageur.verify;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The QEMU Machine Protocol: a line of JSON for each command and each answer
 * (docs/interop/qmp-spec.txt in QEMU's sources). A connection for each command, as the server takes
 * one client after another and then no event of an earlier time stands in the way.
 */
record Qmp(Path socket) {
  /**
   * Has one command carried out.
   *
   * @param arguments a JSON object
   * @return the answer, a line of JSON
   * @throws IOException if the machine does not answer or refuses; the message is QEMU's own
   */
  String execute(String command, String arguments) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      BufferedReader answers =
          new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      answers.readLine(); // The greeting.
      send(channel, "{\"execute\": \"qmp_capabilities\"}");
      awaitAnswer(answers);
      send(channel, "{\"execute\": " + quote(command) + ", \"arguments\": " + arguments + "}");
      return awaitAnswer(answers);
    }
  }

  /** A string of JSON (RFC 8259, section 7). */
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static void send(SocketChannel channel, String line) throws IOException {
    var bytes = StandardCharsets.UTF_8.encode(line + "\n");
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Passes over events, which start with a time stamp. */
  private static String awaitAnswer(BufferedReader answers) throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith("{\"error\"")) {
        throw new IOException(line);
      }
      if (line.startsWith("{\"return\"")) {
        return line;
      }
    }
    throw new IOException("the connection ended");
  }
}
