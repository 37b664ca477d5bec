package org.voyageur.openstack;

import java.net.URI;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.Http.Reply;

/** What an answer means that is not the one hoped for. */
final class Failures {
  private static final int LONGEST = 300;

  private Failures() {}

  /**
   * Why a request was not done.
   *
   * @param what was asked for, such as {@code the upload of "x"}
   */
  static VoyageurException of(Reply reply, String what) {
    String said = words(reply);
    String message =
        place(reply.address())
            + " answers "
            + reply.status()
            + " to "
            + what
            + (said.isEmpty() ? "" : ": " + said)
            + (reply.requestId().isEmpty() ? "" : " (request " + reply.requestId() + ")");
    boolean full = said.toLowerCase(Locale.ROOT).matches("(?s).*(quota|limit exceeded|storage).*");
    return switch (reply.status()) {
      case 401 ->
          new VoyageurException(
              ErrorCode.CLOUD_TOKEN,
              message,
              "Sign in again: get a new token, or use a password or an application credential");
      case 413 -> full(message);
      case 403 ->
          full
              ? full(message)
              : new VoyageurException(
                  ErrorCode.CLOUD_FORBIDDEN,
                  message,
                  "Ask the cloud's operators for the role that may do it, or check which project"
                      + " you are signed in to");
      case 404, 410 ->
          new VoyageurException(
              ErrorCode.CLOUD_NOT_FOUND,
              message,
              "Check the ID, and that this project may see it: 'voyageur images'");
      case 500, 502, 503, 504 ->
          new VoyageurException(
              ErrorCode.CLOUD_FAILED,
              message,
              "Try again; if it happens again, tell the cloud's operators the request's ID");
      case 301, 302, 303, 307, 308 ->
          new VoyageurException(
              ErrorCode.CLOUD_REFUSED,
              message + ": it wants to send us elsewhere, and a token goes nowhere else",
              "Correct the address in clouds.yaml, or give an endpoint override");
      default ->
          new VoyageurException(
              ErrorCode.CLOUD_REFUSED,
              message,
              "Correct what the message names; a request's ID finds more in the cloud's logs");
    };
  }

  private static VoyageurException full(String message) {
    return new VoyageurException(
        ErrorCode.CLOUD_QUOTA,
        message,
        "Delete images that are not needed, or ask the cloud's operators for a larger quota");
  }

  /** Scheme, host and port: paths hold IDs, and queries may hold more. */
  static String place(URI address) {
    return address.getScheme()
        + "://"
        + address.getHost()
        + (address.getPort() < 0 ? "" : ":" + address.getPort());
  }

  /**
   * Keystone says {@code {"error": {"message"}}}, Nova {@code {"badRequest": {"message"}}}, Glance
   * a page of HTML whose body is the reason.
   */
  private static String words(Reply reply) {
    String said =
        reply.body().isObject()
            ? StreamSupport.stream(reply.body().spliterator(), false)
                .map(node -> node.path("message").asString(""))
                .filter(message -> !message.isEmpty())
                .findFirst()
                .orElseGet(() -> reply.body().path("message").asString(""))
            : reply
                .text()
                .replaceFirst("(?s)^.*</h1>", "")
                .replaceAll("<[^>]{0,100}>", " ")
                .replace("&#x27;", "'")
                .replace("&quot;", "\"")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
    String line = said.replaceAll("\\s+", " ").strip();
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }
}
