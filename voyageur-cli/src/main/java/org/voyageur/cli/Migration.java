package org.voyageur.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.voyageur.cli.MigrationReport.Made;
import org.voyageur.cli.MigrationReport.Outcome;
import org.voyageur.cli.MigrationReport.Step;
import org.voyageur.cli.MigrationReport.StepRun;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.StreamedConversion;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.FileStamp;
import org.voyageur.disk.ImageFormat;
import org.voyageur.disk.OutputFormat;
import org.voyageur.disk.Sha256;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.guest.Guest;
import org.voyageur.openstack.Cloud;
import org.voyageur.openstack.CloudImage;
import org.voyageur.openstack.Glance;
import org.voyageur.openstack.ImageContent;
import org.voyageur.openstack.ImageUpload;
import org.voyageur.openstack.UploadReport;
import org.voyageur.openstack.UploadRequest;
import org.voyageur.openstack.nova.Launch;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.openstack.nova.LaunchRequest;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.VerificationReport;
import org.voyageur.verify.VerifyOptions;

/**
 * One image's way to the cloud: converted, booted here, uploaded, booted there. What an earlier run
 * has done is found in the cloud by the image's properties, and here by {@link MigrationState}.
 */
final class Migration {
  /** The source's SHA-256, in the properties of what became of it. */
  private static final String SOURCE_SHA256 = "voyageur_source_sha256";

  private static final String SOURCE = "voyageur_source";
  private static final String TARGET = "voyageur_target";
  private static final String BOOTED = "voyageur_booted";

  /**
   * What is to be done.
   *
   * @param result the converted image; removed once it has arrived, unless it is to be kept. Where
   *     it is neither booted nor kept, no such file is made
   * @param open how the source is opened
   * @param flavor of the server; empty for none
   * @param force whether everything is done anew
   */
  record Order(
      Path source,
      String name,
      Path result,
      OutputFormat format,
      Target target,
      OpenOptions open,
      boolean verify,
      boolean keepFile,
      Optional<String> flavor,
      boolean force) {
    /** Whether the result goes to the cloud as it is made. A boot needs a file. */
    boolean streams() {
      return !verify && !keepFile;
    }
  }

  /** Makes the requests to the cloud from what is known only on the way. */
  interface Requests {
    UploadRequest upload(ImageContent content, Optional<Guest> guest, Map<String, String> own);

    LaunchRequest launch(String image, String flavor);
  }

  private final Order order;
  private final Cloud cloud;
  private final Requests requests;
  private final ProgressListener progress;
  private final List<StepRun> steps = new ArrayList<>();

  private @Nullable String image;
  private @Nullable Made conversion;
  private @Nullable VerificationReport verification;
  private @Nullable UploadReport upload;
  private @Nullable LaunchReport launch;

  private Migration(Order order, Cloud cloud, Requests requests, ProgressListener progress) {
    this.order = order;
    this.cloud = cloud;
    this.requests = requests;
    this.progress = progress;
  }

  /** Takes an image as far as it comes; what stops it is in the report. */
  static MigrationReport run(
      Order order, Cloud cloud, Requests requests, ProgressListener progress) {
    return new Migration(order, cloud, requests, progress).run();
  }

  private MigrationReport run() {
    try {
      toTheCloud();
      if (order.flavor().isEmpty()) {
        skip(Step.LAUNCH, Outcome.LEFT_OUT);
      } else {
        step(Step.LAUNCH, () -> launch(order.flavor().get()));
      }
      return report(Optional.empty(), List.of());
    } catch (VoyageurException e) {
      if (e.code() == ErrorCode.INTERRUPTED) {
        throw e;
      }
      return failed(e);
    }
  }

  private MigrationReport failed(VoyageurException failure) {
    // What fails before the first step, such as reading the source, is the conversion's.
    if (steps.isEmpty() || steps.getLast().outcome() != Outcome.FAILED) {
      Step next = remaining().getFirst();
      steps.add(new StepRun(next, Outcome.FAILED, failure.getMessage(), Duration.ZERO));
    }
    Step at = steps.getLast().step();
    remaining().forEach(step -> skip(step, Outcome.NOT_REACHED));
    return report(Optional.of(failure), next(at));
  }

  private List<Step> remaining() {
    return List.of(Step.values()).stream().skip(steps.size()).toList();
  }

  private List<String> next(Step failed) {
    String source = ConversionText.quoted(order.source().toString());
    String result = ConversionText.quoted(order.result().toString());
    return switch (failed) {
      case CONVERT ->
          List.of("voyageur plan " + source, "the same command again, once that is dealt with");
      case VERIFY ->
          List.of(
              "voyageur verify " + result + " --console",
              "the same command with --no-verify, to go on all the same");
      case UPLOAD -> List.of("the same command again: it goes on with the upload of " + result);
      case LAUNCH ->
          List.of(
              "voyageur launch "
                  + image
                  + " --flavor "
                  + ConversionText.quoted(order.flavor().orElse("")),
              "the same command again: it goes on with the launch of " + image);
    };
  }

  private MigrationReport report(Optional<VoyageurException> failure, List<String> next) {
    return new MigrationReport(
        order.source(),
        order.name(),
        steps,
        Optional.ofNullable(conversion),
        Optional.ofNullable(verification),
        Optional.ofNullable(upload),
        Optional.ofNullable(launch),
        Optional.ofNullable(image),
        failure,
        next);
  }

  private void skip(Step step, Outcome outcome) {
    steps.add(StepRun.skipped(step, outcome));
  }

  /** Runs a step; what it returns is said of it. */
  private void step(Step step, Supplier<String> work) {
    long start = System.nanoTime();
    Outcome outcome = Outcome.FAILED;
    String text = "failed";
    try {
      text = work.get();
      outcome = Outcome.DONE;
    } catch (VoyageurException e) {
      text = e.getMessage();
      throw e;
    } finally {
      steps.add(new StepRun(step, outcome, text, Duration.ofNanos(System.nanoTime() - start)));
    }
  }

  private void toTheCloud() {
    FileStamp stamp = FileStamp.of(order.source());
    Optional<MigrationState> state =
        order.force() ? Optional.empty() : MigrationState.of(order.result());
    List<CloudImage> before = order.force() ? List.of() : uploadedBefore();
    // Hashing takes as long as converting: where nothing depends on it, it goes on beside.
    Sha256 hashing = Sha256.start(order.source());
    Supplier<String> sha256 = () -> hashing.await(progress);
    Optional<CloudImage> there =
        before.stream()
            .filter(it -> it.properties().getOrDefault(SOURCE_SHA256, "").equals(sha256.get()))
            .findFirst();
    if (there.isPresent()) {
      image = there.get().id();
      skip(Step.CONVERT, Outcome.EARLIER);
      skip(Step.VERIFY, order.verify() ? Outcome.EARLIER : Outcome.LEFT_OUT);
      skip(Step.UPLOAD, Outcome.EARLIER);
      return;
    }
    boolean booted = false;
    if (state.isPresent() && state.get().isOf(sha256.get(), order.target().label())) {
      skip(Step.CONVERT, Outcome.EARLIER);
      booted = state.get().booted();
    } else if (order.streams()) {
      stream(sha256, stamp);
      return;
    } else {
      step(Step.CONVERT, () -> convert(state.isPresent(), sha256));
    }
    if (!order.verify()) {
      skip(Step.VERIFY, Outcome.LEFT_OUT);
    } else if (booted) {
      skip(Step.VERIFY, Outcome.EARLIER);
    } else {
      step(Step.VERIFY, () -> verify(sha256.get()));
      booted = true;
    }
    stamp.ensureUnchanged();
    boolean hasBooted = booted;
    step(Step.UPLOAD, () -> upload(sha256.get(), hasBooted));
  }

  /** Converts and uploads without a file between. */
  private void stream(Supplier<String> sha256, FileStamp stamp) {
    AtomicReference<@Nullable StreamedConversion> made = new AtomicReference<>();
    try {
      step(
          Step.CONVERT,
          () -> {
            StreamedConversion streamed =
                Voyageur.convertToStream(
                    order.source(), order.open(), order.target(), order.format(), progress);
            made.set(streamed);
            conversion = Made.of(streamed);
            return streamed.planned().plan().changes().size() + " changes, checked";
          });
      skip(Step.VERIFY, Outcome.LEFT_OUT);
      StreamedConversion streamed = Objects.requireNonNull(made.get());
      step(
          Step.UPLOAD,
          () -> {
            String digest = sha256.get();
            stamp.ensureUnchanged();
            return upload(content(streamed), streamed.result(), digest, false);
          });
    } finally {
      StreamedConversion streamed = made.get();
      if (streamed != null) {
        streamed.close();
      }
    }
  }

  private static ImageContent content(StreamedConversion streamed) {
    return new ImageContent() {
      @Override
      public InputStream open() {
        return streamed.open();
      }

      @Override
      public OptionalLong size() {
        return OptionalLong.of(streamed.size());
      }

      @Override
      public void ensureUnchanged() {
        streamed.ensureUnchanged();
      }
    };
  }

  /** This project's images that look like this one; what they are of, a hash tells. */
  private List<CloudImage> uploadedBefore() {
    return new Glance(cloud)
        .uploaded(Map.of(SOURCE, fileName(order.source()), TARGET, order.target().label())).stream()
            .filter(it -> it.status().equals("active") && it.name().equals(order.name()))
            .filter(it -> it.diskFormat().equals(order.format().label()))
            .filter(
                it -> !order.verify() || it.properties().getOrDefault(BOOTED, "").equals("true"))
            .toList();
  }

  private static String fileName(Path path) {
    return String.valueOf(path.getFileName());
  }

  /**
   * Converts.
   *
   * @param ours whether a file of the result's name is from an earlier run
   */
  private String convert(boolean ours, Supplier<String> sha256) {
    Conversion made =
        Voyageur.convert(
            order.source(),
            order.open(),
            new ConvertOptions(
                order.target(), order.result(), order.format(), ours || order.force()),
            progress);
    return switch (made) {
      case Conversion.Refused refused ->
          throw new VoyageurException(
              ErrorCode.PLAN_OBSTACLES,
              order.source() + " " + PlanText.refusal(refused.planned().plan()),
              "See them with 'voyageur plan', and deal with each");
      case Conversion.Unchanged _ ->
          throw new IllegalStateException("only a conversion in place leaves an image as it is");
      case Conversion.Converted converted -> {
        conversion = Made.of(converted);
        MigrationState.of(sha256.get(), order.target().label(), order.result(), false)
            .write(order.result());
        yield converted.planned().plan().changes().size()
            + " changes, read back and checked; "
            + Quantity.bytes(converted.dataWritten())
            + " written";
      }
    };
  }

  private ImageFormat made() {
    return switch (order.format()) {
      case RAW -> ImageFormat.RAW;
      case QCOW2 -> ImageFormat.QCOW2;
    };
  }

  private OpenOptions openResult() {
    return new OpenOptions(Optional.of(made()), order.open().scratch());
  }

  private String verify(String sha256) {
    VerificationReport boot =
        Voyageur.verify(order.result(), openResult(), VerifyOptions.defaults(), progress);
    verification = boot;
    boot.failure().ifPresent(Migration::fail);
    MigrationState.of(sha256, order.target().label(), order.result(), true).write(order.result());
    return "came to " + boot.stages().getLast().stage().label();
  }

  private static void fail(BootFailure failure) {
    throw new VoyageurException(failure.code(), failure.message(), failure.remedy());
  }

  private String upload(String sha256, boolean booted) {
    Guest guest = Voyageur.inspect(order.result(), openResult(), progress).guest();
    String done = upload(ImageContent.of(order.result()), guest, sha256, booted);
    removeWhatIsDone();
    return done;
  }

  private String upload(ImageContent content, Guest guest, String sha256, boolean booted) {
    UploadRequest request =
        requests.upload(
            content,
            Optional.of(guest),
            Map.of(
                SOURCE,
                fileName(order.source()),
                SOURCE_SHA256,
                sha256,
                TARGET,
                order.target().label(),
                BOOTED,
                Boolean.toString(booted)));
    UploadReport report = ImageUpload.run(cloud, request, progress);
    upload = report;
    image = report.image().id();
    return report.image().id() + (report.existed() ? ", was there" : "");
  }

  private void removeWhatIsDone() {
    try {
      MigrationState.remove(order.result());
      if (!order.keepFile()) {
        Files.deleteIfExists(order.result());
      }
    } catch (IOException e) {
      throw new VoyageurException(
          ErrorCode.OUTPUT_NOT_WRITABLE,
          "the image " + image + " has arrived, but " + order.result() + " cannot be removed: " + e,
          "Remove it by hand, then run the same command again",
          e);
    }
  }

  private String launch(String flavor) {
    LaunchReport report =
        Launch.run(cloud, requests.launch(String.valueOf(image), flavor), progress);
    launch = report;
    report.failure().ifPresent(Migration::fail);
    return "came to " + report.stages().getLast().stage().label();
  }
}
