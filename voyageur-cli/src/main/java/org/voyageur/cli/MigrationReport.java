package org.voyageur.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.PlannedConversion;
import org.voyageur.convert.StreamedConversion;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.UploadReport;
import org.voyageur.openstack.nova.LaunchReport;
import org.voyageur.verify.VerificationReport;

/**
 * How far one image came on its way to the cloud. What an earlier run did has no report here.
 *
 * @param name what the image is called in the cloud
 * @param steps all of them, in order
 * @param image Glance's ID of it, once it is there
 * @param failure why it came no further
 * @param next what to run to go on; of an image that was not migrated
 */
record MigrationReport(
    Path source,
    String name,
    List<StepRun> steps,
    Optional<Made> conversion,
    Optional<VerificationReport> verification,
    Optional<UploadReport> upload,
    Optional<LaunchReport> launch,
    Optional<String> image,
    Optional<VoyageurException> failure,
    List<String> next) {
  MigrationReport {
    steps = List.copyOf(steps);
    next = List.copyOf(next);
  }

  /**
   * What a conversion made.
   *
   * @param file what is to be said of its file; empty if it went to the cloud without one
   */
  record Made(PlannedConversion planned, List<String> checks, Optional<Conversion.Converted> file) {
    static Made of(Conversion.Converted file) {
      return new Made(file.planned(), file.checks(), Optional.of(file));
    }

    static Made of(StreamedConversion streamed) {
      return new Made(streamed.planned(), streamed.checks(), Optional.empty());
    }
  }

  enum Step {
    CONVERT,
    VERIFY,
    UPLOAD,
    LAUNCH
  }

  enum Outcome {
    DONE,
    EARLIER("done by an earlier run"),
    LEFT_OUT("left out, as asked"),
    FAILED,
    NOT_REACHED("not reached");

    private final String text;

    Outcome() {
      this("");
    }

    Outcome(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * What became of a step.
   *
   * @param text one line for people
   */
  record StepRun(Step step, Outcome outcome, String text, Duration took) {
    static StepRun skipped(Step step, Outcome outcome) {
      return new StepRun(step, outcome, outcome.text(), Duration.ZERO);
    }
  }
}
