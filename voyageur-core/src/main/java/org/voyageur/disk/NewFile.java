package org.voyageur.disk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.process.AtExit;

/**
 * Writes a file of the host: it appears complete or not at all, and a symbolic link of its name is
 * never followed.
 */
public final class NewFile {
  private static final int BLOCK = 4096;

  private NewFile() {}

  /**
   * Writes a file.
   *
   * @param content where it holds nothing but zeros for a while, the file has holes
   * @param permissions less what the umask takes away
   * @param replace whether a file, or link, of that name may be replaced
   * @throws VoyageurException {@link ErrorCode#OUTPUT_EXISTS}, {@link
   *     ErrorCode#OUTPUT_NOT_WRITABLE}, {@link ErrorCode#OUTPUT_NO_SPACE}, or what reading throws
   */
  public static void write(
      Path target,
      InputStream content,
      Set<PosixFilePermission> permissions,
      FileTime modified,
      boolean replace) {
    Path absolute = target.toAbsolutePath();
    if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      demandReplaceable(target, absolute, replace);
    }
    try {
      Path temporary =
          AtExit.make(
              () ->
                  TemporaryFiles.create(
                      absolute.resolveSibling(""),
                      String.valueOf(absolute.getFileName()),
                      PosixFilePermissions.asFileAttribute(permissions)),
              TemporaryFiles::delete);
      try {
        fill(temporary, content);
        Files.setLastModifiedTime(temporary, modified);
        if (replace) {
          Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
        } else {
          // A second name is made, or the call fails; rename(2) would replace what is there.
          Files.createLink(absolute, temporary);
        }
      } finally {
        TemporaryFiles.delete(temporary);
        AtExit.forget(temporary);
      }
    } catch (FileAlreadyExistsException e) {
      throw exists(target);
    } catch (IOException e) {
      throw IoFailure.writing(target, e);
    }
  }

  private static void demandReplaceable(Path target, Path absolute, boolean replace) {
    if (!replace) {
      throw exists(target);
    }
    boolean plain =
        Files.isSymbolicLink(absolute) || Files.isRegularFile(absolute, LinkOption.NOFOLLOW_LINKS);
    if (!plain) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          target + " is not a regular file, and cannot be replaced by one",
          "Name another file");
    }
  }

  private static void fill(Path file, InputStream content) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long at = 0;
      while (true) {
        ByteBuffer block = ByteBuffer.wrap(content.readNBytes(16 * BLOCK));
        if (!block.hasRemaining()) {
          break;
        }
        int length = block.remaining();
        if (!Zeros.only(block)) {
          while (block.hasRemaining()) {
            channel.write(block, at + block.position());
          }
        }
        at += length;
      }
      if (at > channel.size()) {
        channel.write(ByteBuffer.allocate(1), at - 1);
      }
    }
  }

  private static VoyageurException exists(Path target) {
    return new VoyageurException(
        ErrorCode.OUTPUT_EXISTS,
        target + " exists",
        "Name another file, or allow it to be replaced with --force");
  }
}
