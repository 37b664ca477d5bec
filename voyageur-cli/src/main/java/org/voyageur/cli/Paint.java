package org.voyageur.cli;

import java.util.Locale;
import java.util.Map;

/** Colours text for a terminal, or leaves it as it is. */
enum Paint {
  ON,
  OFF;

  /** The values of {@code --color}. */
  enum Mode {
    AUTO,
    ALWAYS,
    NEVER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a mode means for one stream. An empty NO_COLOR counts as unset (no-color.org). */
  static Paint of(Mode mode, boolean terminal, Map<String, String> environment) {
    boolean on =
        switch (mode) {
          case ALWAYS -> true;
          case NEVER -> false;
          case AUTO ->
              terminal
                  && environment.getOrDefault("NO_COLOR", "").isEmpty()
                  && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        };
    return on ? ON : OFF;
  }

  String bold(String text) {
    return sgr(1, text);
  }

  String red(String text) {
    return sgr(31, text);
  }

  String green(String text) {
    return sgr(32, text);
  }

  String yellow(String text) {
    return sgr(33, text);
  }

  String cyan(String text) {
    return sgr(36, text);
  }

  /** ECMA-48, 8.3.117: select graphic rendition. */
  private String sgr(int code, String text) {
    return this == OFF ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
  }
}
