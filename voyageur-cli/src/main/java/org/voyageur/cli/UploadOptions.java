package org.voyageur.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.voyageur.guest.Guest;
import org.voyageur.openstack.ImageContent;
import org.voyageur.openstack.ImageProperties;
import org.voyageur.openstack.UploadRequest;
import picocli.CommandLine.Option;

/** How an image appears in the image service. */
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class UploadOptions {
  private static final long GIB = 1L << 30;

  /** The values of {@code --visibility}, as Glance names them. */
  enum Visibility {
    PUBLIC,
    COMMUNITY,
    SHARED,
    PRIVATE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--visibility",
      paramLabel = "WHO",
      description = "Who sees it: ${COMPLETION-CANDIDATES}. The cloud's own choice.")
  private Optional<Visibility> visibility;

  @Option(names = "--tag", paramLabel = "TAG", description = "A tag; may be given several times.")
  private List<String> tags = List.of();

  @Option(
      names = "--property",
      paramLabel = "KEY=VALUE",
      description = "A property, before voyageur's own; may be given several times.")
  private Map<String, String> properties = Map.of();

  @Option(names = "--min-ram", paramLabel = "MIB", description = "The memory that it needs.")
  private long minRam;

  @Option(names = "--protected", description = "Do not let it be deleted.")
  private boolean isProtected;

  @Option(names = "--import", description = "Use the import API (glance-direct).")
  private boolean importing;

  /**
   * What to upload, with what Nova should know of the guest in it.
   *
   * @param own properties that tell where it comes from
   */
  UploadRequest request(
      String name,
      String format,
      ImageContent content,
      Optional<Guest> guest,
      Map<String, String> own,
      boolean force) {
    Map<String, String> all =
        new LinkedHashMap<>(
            guest.map(found -> ImageProperties.of(found.operatingSystem())).orElse(Map.of()));
    all.putAll(own);
    all.put("voyageur_version", Version.NAME);
    all.put("voyageur_date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    all.putAll(properties);
    return new UploadRequest(
        name,
        format,
        content,
        all,
        guest.map(found -> Math.ceilDiv(found.diskSize(), GIB)).orElse(0L),
        minRam,
        visibility.map(Visibility::toString),
        tags,
        isProtected,
        importing,
        force);
  }
}
