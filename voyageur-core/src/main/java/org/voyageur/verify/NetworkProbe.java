package org.voyageur.verify;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Knocks at a guest's SSH port until the server has said its version.
 *
 * <p>QEMU's forwarding accepts the connection itself and then calls the guest at the address that
 * its DHCP gives out. A guest that has the address and no server refuses, and QEMU closes the
 * connection (measured: at once); where nobody has the address, the connection stays open and
 * silent.
 */
public final class NetworkProbe implements AutoCloseable {
  /** A guest that is up answers in milliseconds, under emulation in tenths of a second. */
  private static final int ANSWER_MILLIS = 3000;

  private static final int PAUSE_MILLIS = 1000;

  /** RFC 4253, 4.2: lines may come before the version, which has at most 255 bytes. */
  private static final int MOST_GREETING = 2048;

  private final InetSocketAddress port;
  private final Thread thread;
  private volatile boolean answered;
  private volatile String banner = "";

  /** Starts to knock at a port of the loopback interface, which QEMU forwards. */
  NetworkProbe(int port) {
    this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** Starts to knock at a port of the guest itself. */
  public NetworkProbe(InetSocketAddress port) {
    this.port = port;
    this.thread = Thread.ofVirtual().name("ssh-probe").start(this::knock);
  }

  /** Whether the guest has answered at all, so that it has the address. */
  boolean answered() {
    return answered;
  }

  /** What the server said, such as {@code SSH-2.0-OpenSSH_5.3}; empty as long as it has not. */
  public Optional<String> banner() {
    return Optional.of(banner).filter(text -> !text.isEmpty());
  }

  private void knock() {
    try {
      while (banner.isEmpty()) {
        Thread.sleep(PAUSE_MILLIS);
        try (Socket socket = new Socket()) {
          socket.connect(port, ANSWER_MILLIS);
          socket.setSoTimeout(ANSWER_MILLIS);
          listen(socket.getInputStream());
        } catch (SocketTimeoutException e) {
          // Nobody there yet, or a server that takes its time.
        } catch (SocketException e) {
          // The guest's refusal may come as a reset.
          answered |= "Connection reset".equals(e.getMessage());
        } catch (IOException e) {
          // The machine is going down.
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private void listen(InputStream stream) throws IOException {
    StringBuilder greeting = new StringBuilder();
    while (greeting.length() < MOST_GREETING) {
      int next = stream.read();
      answered = true;
      if (next < 0) {
        return;
      }
      if (next == '\n') {
        String line = greeting.substring(greeting.lastIndexOf("\n") + 1).stripTrailing();
        if (line.startsWith("SSH-")) {
          banner = new String(line.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
          return;
        }
      }
      greeting.append((char) next);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
