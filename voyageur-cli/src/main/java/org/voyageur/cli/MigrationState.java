package org.voyageur.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.voyageur.disk.FileStamp;
import org.voyageur.disk.NewFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a migration that did not come to its end has made: a small file beside the converted image.
 * With it the next run knows that the image is its own, of which source, and whether it booted.
 *
 * @param sourceSha256 of the source's file
 * @param target such as {@code kvm}
 * @param modified when the converted image was last written to
 * @param size of the converted image's file, in bytes
 * @param booted whether {@code verify} saw it boot
 */
record MigrationState(
    String sourceSha256, String target, String modified, long size, boolean booted) {
  private static final int LARGEST = 1 << 16;

  static MigrationState of(String sourceSha256, String target, Path result, boolean booted) {
    FileStamp stamp = FileStamp.of(result);
    return new MigrationState(
        sourceSha256, target, stamp.modified().toString(), stamp.size(), booted);
  }

  private static Path beside(Path result) {
    return result.resolveSibling(result.getFileName() + ".migration");
  }

  /** The one beside an image that is still as it was; empty for any other image. */
  static Optional<MigrationState> of(Path result) {
    if (!Files.isRegularFile(result) || !Files.isRegularFile(beside(result))) {
      return Optional.empty();
    }
    try (InputStream stream = Files.newInputStream(beside(result))) {
      String text = new String(stream.readNBytes(LARGEST), StandardCharsets.UTF_8);
      JsonNode json = JsonMapper.shared().readTree(text);
      MigrationState state =
          new MigrationState(
              json.path("sourceSha256").asString(""),
              json.path("target").asString(""),
              json.path("modified").asString(""),
              json.path("size").asLong(-1),
              json.path("booted").asBoolean(false));
      FileStamp now = FileStamp.of(result);
      return Optional.of(state)
          .filter(it -> it.size() == now.size() && it.modified().equals(now.modified().toString()));
    } catch (IOException | JacksonException e) {
      // As good as none: the image is then somebody's, and stays.
      return Optional.empty();
    }
  }

  boolean isOf(String source, String wanted) {
    return sourceSha256.equals(source) && target.equals(wanted);
  }

  void write(Path result) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("sourceSha256", sourceSha256);
    members.put("target", target);
    members.put("modified", modified);
    members.put("size", size);
    members.put("booted", booted);
    byte[] text = (Json.document(members) + "\n").getBytes(StandardCharsets.US_ASCII);
    NewFile.write(
        beside(result),
        new ByteArrayInputStream(text),
        PosixFilePermissions.fromString("rw-r--r--"),
        FileTime.from(Instant.now()),
        true);
  }

  /** Removes it; before the image, so that no image is taken for an unfinished one. */
  static void remove(Path result) throws IOException {
    Files.deleteIfExists(beside(result));
  }
}
