package org.voyageur.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/** A service of el5 that does something once and removes itself. */
final class FirstStart {
  private FirstStart() {}

  /** Its script, and the links that start it last in every runlevel with logins. */
  static List<Change> service(Guest guest, String name, String script, String reason) {
    List<Change> changes =
        new ArrayList<>(
            FileChanges.write(guest.files(), "/etc/rc.d/init.d/" + name, script, 0755, reason));
    for (int level = 2; level <= 5; level++) {
      changes.addAll(
          FileChanges.write(
              guest.files(),
              new GuestFile(
                  "/etc/rc.d/rc" + level + ".d/S99" + name,
                  FileType.SYMBOLIC_LINK,
                  FileOwner.ROOT,
                  0777,
                  "../init.d/" + name),
              reason));
    }
    return changes;
  }

  /** A script of ours. */
  static String resource(String name) {
    try (InputStream resource = FirstStart.class.getResourceAsStream(name)) {
      return new String(
          Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
