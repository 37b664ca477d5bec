package org.voyageur.cli;

import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import org.voyageur.verify.HostReport;
import picocli.CommandLine.Command;

/** {@code voyageur doctor}. */
@Command(
    name = "doctor",
    description = {
      "Says what this host has and lacks of that which voyageur uses, and what installs it.",
      ""
    },
    footer = {"", "Exits with 3 if something is missing that no conversion can do without."})
final class DoctorCommand implements Callable<Integer> {
  private final RootCommand root;

  DoctorCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    HostReport report = HostReport.ofThisHost();
    root.print(root.json() ? Json.host(report) : HostReportText.of(report, root.outPaint()));
    return (report.ready() ? ExitStatus.DONE : ExitStatus.HOST).code();
  }
}
