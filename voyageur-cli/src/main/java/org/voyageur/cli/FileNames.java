package org.voyageur.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Names of files, from the command line or the environment. */
final class FileNames implements ITypeConverter<Path> {
  /** What Java makes of bytes that are no text in the locale's encoding. */
  private static final String UNDECODED = "\uFFFD";

  @Override
  public Path convert(String name) {
    if (name.isEmpty()) {
      throw new TypeConversionException("the name of a file is empty");
    }
    try {
      Path path = Path.of(name);
      if (name.contains(UNDECODED) && !Files.exists(path)) {
        throw undecodable(name);
      }
      return path;
    } catch (InvalidPathException e) {
      throw undecodable(name);
    }
  }

  private static TypeConversionException undecodable(String name) {
    return new TypeConversionException(
        "the name '"
            + name
            + "' has bytes that are no letters in this locale; rename the file, or try LC_ALL=C.UTF-8");
  }
}
