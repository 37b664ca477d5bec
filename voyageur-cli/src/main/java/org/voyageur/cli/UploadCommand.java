package org.voyageur.cli;

import java.nio.file.Path;
import java.util.ArrayList;
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
import org.voyageur.openstack.ImageUpload;
import org.voyageur.openstack.UploadReport;
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
  private final RootCommand root;

  @Mixin private final ImageArguments arguments = new ImageArguments();
  @Mixin private final CloudOptions cloud = new CloudOptions();
  @Mixin private final UploadOptions upload = new UploadOptions();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name; without it, the file's without its ending.")
  private Optional<String> name;

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
              upload.request(
                  name.orElseGet(() -> plainName(arguments.image())),
                  format.label(),
                  content,
                  guest,
                  Map.of("voyageur_source", String.valueOf(arguments.image().getFileName())),
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

  private static String plainName(Path image) {
    return String.valueOf(image.getFileName()).replaceFirst("\\.(qcow2|raw|img)$", "");
  }
}
