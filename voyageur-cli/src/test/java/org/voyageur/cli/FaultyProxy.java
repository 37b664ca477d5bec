package org.voyageur.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** Stands before a real service, and does what that does not do on command. */
final class FaultyProxy implements AutoCloseable {
  /** What happens to a request. */
  sealed interface Fault {
    /** It is answered with this status, and never gets through. */
    record Status(int code, String headers) implements Fault {}

    /** The connection is cut after so many bytes of the body. */
    record Cut(int after) implements Fault {}

    /** Nothing is taken any more after so many bytes of the body. */
    record Stall(int after) implements Fault {}

    /** It is done, and its answer is lost. */
    record NoAnswer() implements Fault {}

    /** The first byte of the body is another one. */
    record Flip() implements Fault {}
  }

  private record Planned(String request, Fault fault) {}

  private final ServerSocket server;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final URI behind;
  private final ConcurrentLinkedQueue<Planned> planned = new ConcurrentLinkedQueue<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  FaultyProxy(URI behind) throws IOException {
    this.behind = behind;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** The next request that begins so, such as {@code "PUT "}, meets this. */
  void plan(String request, Fault fault) {
    planned.add(new Planned(request, fault));
  }

  /** The first lines of all requests so far that begin so. */
  List<String> requests(String beginning) {
    return requests.stream().filter(line -> line.startsWith(beginning)).toList();
  }

  /** Forgets the requests so far; every planned fault must have been met. */
  void reset() {
    if (!planned.isEmpty()) {
      throw new AssertionError("never met: " + planned);
    }
    requests.clear();
  }

  private void accept() {
    try {
      while (!server.isClosed()) {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serveAndClose(client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serveAndClose(Socket client) {
    try (client) {
      serve(client);
    } catch (IOException e) {
      // The client sees a connection that ends, which is what is tested.
    }
  }

  private void serve(Socket client) throws IOException {
    InputStream in = client.getInputStream();
    String head = head(in);
    if (head.isEmpty()) {
      return;
    }
    String line = head.substring(0, head.indexOf('\r'));
    requests.add(line);
    Fault fault = null;
    for (Planned each : planned) {
      if (line.startsWith(each.request())) {
        planned.remove(each);
        fault = each.fault();
        break;
      }
    }
    long length = length(head);
    if (fault instanceof Fault.Status(int code, String headers)) {
      // The body is taken: otherwise the client might meet the end of the connection first.
      in.skipNBytes(length);
      client
          .getOutputStream()
          .write(
              ("HTTP/1.1 "
                      + code
                      + " Planned\r\nContent-Length: 0\r\nConnection: close\r\n"
                      + headers
                      + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return;
    }
    try (Socket service = new Socket(behind.getHost(), behind.getPort())) {
      OutputStream out = service.getOutputStream();
      out.write(
          head.replaceFirst("\r\n", "\r\nConnection: close\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
      byte[] buffer = new byte[1 << 16];
      for (long done = 0; done < length; ) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, length - done));
        if (n < 0) {
          return;
        }
        if (fault instanceof Fault.Flip && done == 0) {
          buffer[0] ^= 1;
        }
        out.write(buffer, 0, n);
        done += n;
        if (fault instanceof Fault.Cut(int after) && done >= after) {
          return;
        }
        if (fault instanceof Fault.Stall(int after) && done >= after) {
          stall();
          return;
        }
      }
      out.flush();
      if (fault instanceof Fault.NoAnswer) {
        service.getInputStream().readAllBytes();
      } else {
        service.getInputStream().transferTo(client.getOutputStream());
      }
    }
  }

  private void stall() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  private static long length(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:"))
        .mapToLong(line -> Long.parseLong(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
  }
}
