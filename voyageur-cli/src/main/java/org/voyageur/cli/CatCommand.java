package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.files.GuestPath;
import org.voyageur.filesystem.GuestFilesystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code voyageur cat}. */
@Command(
    name = "cat",
    description = {
      "Prints files of a guest: byte for byte, but on a terminal with control characters escaped.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur cat megapipe.img.gz /etc/fstab",
      "  voyageur cat megapipe.img '/etc/*-release'",
      "  voyageur cat megapipe.img /boot/initrd.img > initrd.img"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class CatCommand implements FileOperation {
  /** Of one file in a JSON document. */
  private static final int JSON_LIMIT = 64 << 20;

  @Parameters(
      index = "0..*",
      paramLabel = "PATH",
      arity = "1..*",
      description = "Regular files, or links to such; *, ? and [...] are resolved in the guest.")
  private List<String> patterns;

  @Override
  public boolean changes() {
    return false;
  }

  @Override
  public void run(GuestFilesystem filesystem, FileResults results) {
    for (String pattern : patterns) {
      for (String path : GuestPath.expand(filesystem, pattern)) {
        if (results.json()) {
          byte[] content = filesystem.read(path, JSON_LIMIT);
          results.add("contents", object(path, content));
        } else {
          print(filesystem, path, results);
        }
      }
    }
  }

  private static Map<String, Object> object(String path, byte[] content) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", path);
    object.put("base64", Base64.getEncoder().encodeToString(content));
    return object;
  }

  static void print(GuestFilesystem filesystem, String path, FileResults results) {
    try (InputStream content = filesystem.open(path)) {
      results.content(content);
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.IMAGE_NOT_READABLE,
          path + " could not be read: " + e.getMessage(),
          "Check the disk that the image lies on",
          e);
    }
  }
}
