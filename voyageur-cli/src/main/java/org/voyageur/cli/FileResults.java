package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.ImageFiles.Changed;

/** What file operations found and did: told at once, or kept for the JSON document. */
final class FileResults {
  private static final int CHUNK = 1 << 16;

  private final RootCommand root;
  private SequencedMap<String, Object> members = new LinkedHashMap<>();

  FileResults(RootCommand root) {
    this.root = root;
  }

  boolean json() {
    return root.json();
  }

  /** What a JSON document says: names and values, in order. */
  Map<String, Object> members() {
    return members;
  }

  /** Begins anew for another operation; what was there so far. */
  SequencedMap<String, Object> takeMembers() {
    SequencedMap<String, Object> taken = members;
    members = new LinkedHashMap<>();
    return taken;
  }

  /** Adds to a list of the JSON document. */
  void add(String list, Object value) {
    @SuppressWarnings("unchecked") // Lists are made here only.
    List<Object> values =
        (List<Object>) members.computeIfAbsent(list, _ -> new ArrayList<Object>());
    values.add(value);
  }

  /** Prints a line of text. */
  void line(String text) {
    if (!root.json()) {
      root.console().out().println(Printable.line(text));
    }
  }

  /** Tells of something that was left out. */
  void notes(List<String> notes) {
    for (String note : notes) {
      add("notes", note);
      note(note);
    }
  }

  private void note(String note) {
    if (!root.json()) {
      root.console().err().println("note: " + Printable.line(note));
      root.console().err().flush();
    }
  }

  /** Tells what became of the image. */
  void changed(Changed<?> changed) {
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("bytesWritten", changed.bytesWritten());
    image.put("journalReplayed", changed.journalReplayed());
    image.put("putBack", changed.putBack());
    members.put("image", image);
    if (changed.journalReplayed()) {
      note("the guest had not been shut down cleanly: its journal was replayed, too");
    }
    if (changed.bytesWritten() == 0) {
      note("nothing changed, and nothing was written");
    }
  }

  /** Copies content to standard output: as it is, or escaped where a person reads it. */
  void content(InputStream content) throws IOException {
    Console console = root.console();
    console.out().flush();
    if (console.outIsTerminal()) {
      escaped(content);
      return;
    }
    byte[] chunk = new byte[CHUNK];
    for (int n = content.read(chunk); n >= 0; n = content.read(chunk)) {
      try {
        console.bytes().write(chunk, 0, n);
      } catch (IOException e) {
        if (String.valueOf(e.getMessage()).contains("Broken pipe")) {
          return; // Whoever reads has seen enough.
        }
        throw new VoyageurException(
            ErrorCode.OUTPUT_NOT_WRITABLE,
            "standard output could not be written: " + e.getMessage(),
            "Check the disk that it is redirected to",
            e);
      }
    }
  }

  private void escaped(InputStream content) throws IOException {
    Reader bytes = new InputStreamReader(content, StandardCharsets.ISO_8859_1);
    StringBuilder line = new StringBuilder();
    for (int c = bytes.read(); c >= 0; c = bytes.read()) {
      line.append((char) c);
      if (c == '\n' || line.length() == CHUNK) {
        root.console().out().print(Printable.lines(line.toString()));
        line.setLength(0);
      }
    }
    root.console().out().print(Printable.lines(line.toString()));
    root.console().out().flush();
  }

  InputStream standardInput() {
    return root.console().in();
  }

  Map<String, String> environment() {
    return root.console().environment();
  }

  void flush() {
    root.console().out().flush();
  }
}
