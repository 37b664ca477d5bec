package org.voyageur.guest;

/** PyGrub gives up at a menu; the message says at what. */
final class MenuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MenuException(String message) {
    super(message, null, false, false);
  }
}
