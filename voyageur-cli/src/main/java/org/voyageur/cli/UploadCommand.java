package org.voyageur.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.DiskImage;
import org.voyageur.disk.ImageFormat;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.ExitStatus;
import org.voyageur.error.VoyageurException;
import org.voyageur.guest.Guest;
import org.voyageur.openstack.Cloud;
import org.voyageur.openstack.ImageContent;
import org.voyageur.openstack.ImageProperties;
import org.voyageur.openstack.ImageUpload;
import org.voyageur.openstack.UploadReport;
import org.voyageur.openstack.UploadRequest;
import org.voyageur.progress.ProgressListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code voyageur upload}. */
@Command(
    name = "upload",
    description = {
      "Uploads an image to OpenStack's image service, with what Nova should know of its guest. It"
          + " arrives complete and compared, or not at all.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur upload megapipe-kvm.qcow2 --name megapipe",
      "  voyageur upload megapipe-kvm.qcow2 --name megapipe --visibility shared --tag sl5",
      "  voyageur upload megapipe-kvm.raw --os-cloud arbutus --json | jq -r .upload.id"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class UploadCommand implements Callable<Integer> {
  private static final long GIB = 1L << 30;

  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final CloudOptions cloud = new CloudOptions();

  /** The values of {@code --visibility}, as Glance names them. */
  enum Visibility {
    PUBLIC,
    COMMUNITY,
    SHARED,
    PRIVATE;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name; without it, the file's without its ending.")
  private Optional<String> name;

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

  @Option(names = "--force", description = "Upload it also where it was uploaded before.")
  private boolean force;

  UploadCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    OpenOptions options = arguments.open(root.console().environment());
    ImageFormat format;
    try (Progress progress = root.progress()) {
      format = DiskImage.identify(arguments.image(), options.format(), progress);
    }
    if (format != ImageFormat.RAW && format != ImageFormat.QCOW2) {
      throw new VoyageurException(
          ErrorCode.IMAGE_FORMAT,
          arguments.image() + " is a " + format.label() + " image, expected raw or qcow2",
          "Convert it first, with 'voyageur convert'");
    }
    List<String> notes = new ArrayList<>();
    UploadReport report;
    try (Progress progress = root.progress()) {
      ImageContent content = ImageContent.of(arguments.image());
      Optional<Guest> guest = inspect(options, notes, progress);
      Cloud signedIn = cloud.signIn(root.console());
      report =
          ImageUpload.run(
              signedIn,
              new UploadRequest(
                  name.orElseGet(this::plainName),
                  format.label(),
                  content,
                  properties(guest),
                  guest.map(found -> Math.ceilDiv(found.diskSize(), GIB)).orElse(0L),
                  minRam,
                  visibility.map(Visibility::toString),
                  tags,
                  isProtected,
                  importing,
                  force),
              progress);
    }
    if (!report.existed() && report.hash().isEmpty()) {
      notes.add("the image service computes no hash that voyageur knows; nothing was compared");
    }
    root.print(
        root.json()
            ? Json.upload(report, notes)
            : CloudText.upload(report, notes, root.outPaint()));
    return ExitStatus.DONE.code();
  }

  /** What is not a guest that voyageur knows is an image all the same. */
  private Optional<Guest> inspect(
      OpenOptions options, List<String> notes, ProgressListener progress) {
    try {
      return Optional.of(Voyageur.inspect(arguments.image(), options, progress).guest());
    } catch (VoyageurException e) {
      String code = e.code().code();
      if (e.code() != ErrorCode.IMAGE_NO_FILESYSTEM
          && !code.startsWith("VOY-GUEST-")
          && !code.startsWith("VOY-FS-")) {
        throw e;
      }
      notes.add("it has no properties of a guest: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Map<String, String> properties(Optional<Guest> guest) {
    Map<String, String> all =
        new LinkedHashMap<>(
            guest.map(found -> ImageProperties.of(found.operatingSystem())).orElse(Map.of()));
    all.put("voyageur_source", arguments.image().getFileName().toString());
    all.put("voyageur_version", Version.NAME);
    all.put("voyageur_date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    all.putAll(properties);
    return all;
  }

  private String plainName() {
    return arguments.image().getFileName().toString().replaceFirst("\\.(qcow2|raw|img)$", "");
  }
}
