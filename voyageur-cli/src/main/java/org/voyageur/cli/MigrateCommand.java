package org.voyageur.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.ExitStatus;
import org.voyageur.guest.Guest;
import org.voyageur.openstack.Cloud;
import org.voyageur.openstack.ImageContent;
import org.voyageur.openstack.UploadRequest;
import org.voyageur.openstack.nova.LaunchRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code voyageur migrate}. */
@Command(
    name = "migrate",
    description = {
      "Takes images all the way: each is converted, booted here, uploaded to OpenStack's image"
          + " service, and booted there. One that fails stops at its step, and the next is taken;"
          + " the same command again goes on where it stopped.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  voyageur migrate megapipe.img.gz --flavor m1.small",
      "  voyageur migrate *.img.gz --flavor m1.small --report migration.html",
      "  voyageur migrate megapipe.img.gz --no-launch --json"
    })
@SuppressWarnings("NullAway.Init") // picocli sets the options.
final class MigrateCommand implements Callable<Integer> {
  private final RootCommand root;

  @Spec private CommandSpec spec;
  @Mixin private final CloudOptions cloud = new CloudOptions();
  @Mixin private final SourceOptions opening = new SourceOptions();
  @Mixin private final TargetOption to = new TargetOption();
  @Mixin private final UploadOptions upload = new UploadOptions();
  @Mixin private final ServerOptions server = new ServerOptions();

  @Parameters(
      paramLabel = ImageArguments.IMAGE,
      arity = "1..*",
      description = "The disk images: raw, raw.gz, qcow2, vmdk, vhd, vhdx or vdi.")
  private List<Path> images;

  @Option(
      names = "--flavor",
      paramLabel = "FLAVOR",
      description = "The server's size, by name or ID. Needed, unless with --no-launch.")
  private Optional<String> flavor;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "qcow2",
      description = "What is uploaded: raw or qcow2 (${DEFAULT-VALUE}).")
  private OutputFormat format;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name in the cloud; without it, the file's without its ending.")
  private Optional<String> name;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description = "Where the converted image lies on its way. Beside the source.")
  private Optional<Path> work;

  @Option(names = "--keep-file", description = "Do not remove the converted image at the end.")
  private boolean keepFile;

  @Option(names = "--no-verify", description = "Do not boot the converted image here.")
  private boolean noVerify;

  @Option(names = "--no-launch", description = "Do not start a server.")
  private boolean noLaunch;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page about all images: each step, what was changed, how they booted.")
  private Optional<Path> report;

  @Option(
      names = "--force",
      description = "Do everything anew, and replace converted images and the report.")
  private boolean force;

  MigrateCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    demandSense();
    Optional<ReportFile> page = report.map(path -> ReportFile.at(path, force));
    List<Migration.Order> orders = images.stream().map(this::order).toList();
    demandResultsOfTheirOwn(orders);
    // Before anything is converted: a wrong password should not be told an hour later.
    Cloud signedIn = cloud.signIn(root.console());
    List<MigrationReport> reports = new ArrayList<>();
    for (Migration.Order order : orders) {
      MigrationReport done;
      try (Progress progress = root.progress()) {
        done = Migration.run(order, signedIn, requests(order), progress);
      }
      reports.add(done);
      // After each: a later one that is interrupted must not take the page along.
      page.ifPresent(file ->
          file.write(HtmlReport.ofMigrations(reports, ZonedDateTime.now(ZoneId.systemDefault()))));
      if (!root.json()) {
        root.print((reports.size() > 1 ? "\n" : "") + MigrationText.of(done, root.outPaint()));
      }
    }
    if (root.json()) {
      root.print(Json.migrations(reports));
    } else if (reports.size() > 1) {
      root.print("\n" + MigrationText.summary(reports));
    }
    return reports.stream()
        .flatMap(each -> each.failure().stream())
        .findFirst()
        .map(failure -> failure.code().exitStatus())
        .orElse(ExitStatus.DONE)
        .code();
  }

  private void demandSense() {
    if (flavor.isPresent() == noLaunch) {
      throw new ParameterException(
          spec.commandLine(),
          noLaunch
              ? "--flavor is for a server, and --no-launch wants none"
              : "--flavor is missing; without a server: --no-launch");
    }
    if (name.isPresent() && images.size() > 1) {
      throw new ParameterException(
          spec.commandLine(), "--name is for one image, and there are " + images.size());
    }
    if (work.isPresent() && !Files.isDirectory(work.get())) {
      throw new ParameterException(
          spec.commandLine(), "there is no directory " + work.get() + " for --work");
    }
  }

  private void demandResultsOfTheirOwn(List<Migration.Order> orders) {
    List<Path> results =
        orders.stream().map(order -> order.result().toAbsolutePath().normalize()).toList();
    for (int i = 0; i < results.size(); i++) {
      int first = results.indexOf(results.get(i));
      if (first < i) {
        throw new ParameterException(
            spec.commandLine(),
            images.get(first)
                + " and "
                + images.get(i)
                + " would both be converted to "
                + results.get(i));
      }
    }
  }

  private Migration.Order order(Path source) {
    Path beside =
        OutputChoice.of(source, to.target(), Optional.empty(), Optional.of(format)).path();
    Path result = work.map(directory -> directory.resolve(beside.getFileName())).orElse(beside);
    return new Migration.Order(
        source,
        name.orElseGet(() -> OutputChoice.baseName(String.valueOf(source.getFileName()))),
        result,
        format,
        to.target(),
        opening.open(root.console().environment()),
        !noVerify,
        keepFile,
        flavor,
        force);
  }

  private Migration.Requests requests(Migration.Order order) {
    return new Migration.Requests() {
      @Override
      public UploadRequest upload(
          ImageContent content, Optional<Guest> guest, Map<String, String> own) {
        return upload.request(order.name(), order.format().label(), content, guest, own, force);
      }

      @Override
      public LaunchRequest launch(String image, String flavor) {
        return server.request(image, flavor, order.name(), text -> {}, root.console());
      }
    };
  }
}
