package org.voyageur.openstack.nova;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.nova.Compute.Server;
import org.voyageur.process.AtExit;
import org.voyageur.progress.ProgressEvent.Finished;
import org.voyageur.progress.ProgressEvent.Started;
import org.voyageur.progress.ProgressEvent.Step;
import org.voyageur.progress.ProgressListener;
import org.voyageur.verify.BootFailure;
import org.voyageur.verify.BootStage;
import org.voyageur.verify.ConsoleWatch;
import org.voyageur.verify.NetworkProbe;

/**
 * Starts a server from an image, watches it boot through its console log, and deletes it again. The
 * server ends with this, or with the program, unless it is to be kept.
 */
public final class Launch {
  private static final Duration POLL = Duration.ofSeconds(1);

  /** Between two looks at the server's status while its console tells more. */
  private static final Duration STATUS = Duration.ofSeconds(5);

  /** sshd starts around the login prompts; an address that is routed answers in milliseconds. */
  private static final Duration SSH_PATIENCE = Duration.ofSeconds(30);

  /** A getty may start after sshd. */
  private static final Duration PROMPT_PATIENCE = Duration.ofSeconds(60);

  /** Nova takes seconds; a guest that ignores its shutdown takes a minute (shutdown_timeout). */
  private static final Duration DELETION = Duration.ofMinutes(3);

  private static final int SSH = 22;

  private final Compute compute;
  private final LaunchRequest request;
  private final ProgressListener progress;
  private final ConsoleWatch watch = new ConsoleWatch();
  private final long start = System.nanoTime();
  private long poweredOn;

  private Launch(Compute compute, LaunchRequest request, ProgressListener progress) {
    this.compute = compute;
    this.request = request;
    this.progress = progress;
  }

  /**
   * Starts a server and watches it.
   *
   * @throws VoyageurException SERVER_CHOICE and SERVER_FLAVOR before anything is started; another
   *     SERVER code if Nova cannot start it; what {@link Requests#send} throws
   */
  public static LaunchReport run(Requests cloud, LaunchRequest request, ProgressListener progress) {
    Compute compute = new Compute(cloud);
    progress.on(new Started(Step.LAUNCH, "Starting the server " + request.name()));
    Flavor flavor = compute.flavor(request.flavor(), compute.image(request.image()));
    Launch launch = new Launch(compute, request, progress);
    if (request.keep()) {
      return launch.kept(cloud, flavor);
    }
    String server = AtExit.make(() -> compute.create(request, flavor), compute::delete);
    try {
      LaunchReport report = launch.watched(cloud, server, flavor);
      launch.delete(server);
      return report;
    } finally {
      AtExit.forget(server);
    }
  }

  private LaunchReport kept(Requests cloud, Flavor flavor) {
    String server = compute.create(request, flavor);
    try {
      return report(cloud, server, flavor);
    } catch (VoyageurException e) {
      throw staying(e, server);
    }
  }

  private LaunchReport watched(Requests cloud, String server, Flavor flavor) {
    try {
      return report(cloud, server, flavor);
    } catch (VoyageurException e) {
      throw deleted(e, server);
    } catch (RuntimeException e) {
      // voyageur's own fault must not leave a server behind, either.
      compute.delete(server);
      throw e;
    }
  }

  private Duration sinceStart() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private Duration sincePowerOn() {
    return Duration.ofNanos(System.nanoTime() - poweredOn);
  }

  private LaunchReport report(Requests cloud, String id, Flavor flavor) {
    Server server = awaitActive(id);
    Duration active = sinceStart();
    poweredOn = System.nanoTime();
    progress.on(new Finished(Step.LAUNCH, "the server " + id + " is ACTIVE"));
    compute.display(id).ifPresent(request.display());
    progress.on(new Started(Step.BOOT, "Booting " + request.name() + " on the cloud"));
    Optional<BootFailure> failure = follow(id, server.addresses());
    progress.on(
        new Finished(
            Step.BOOT,
            failure.map(BootFailure::message).orElseGet(() -> "came to " + lastStage().label())));
    return new LaunchReport(
        id,
        request.name(),
        request.image(),
        flavor,
        server.addresses(),
        active,
        watch.stages(),
        failure,
        failure.isEmpty() ? notes(server.addresses()) : List.of(),
        watch.console(),
        request.keep()
            ? Dashboard.page(Dashboard.candidates(cloud.identity()), id)
            : Optional.empty(),
        request.keep(),
        sinceStart());
  }

  private BootStage lastStage() {
    return watch.stages().getLast().stage();
  }

  private Server awaitActive(String id) {
    while (true) {
      Server server = existing(id);
      switch (server.status()) {
        case "ACTIVE" -> {
          return server;
        }
        case "ERROR" -> throw ServerFault.failure(server.fault());
        default -> {
          if (sinceStart().compareTo(request.timeout()) > 0) {
            throw new VoyageurException(
                ErrorCode.SERVER_TOO_SLOW,
                "the server was still in the state "
                    + server.status()
                    + " after "
                    + request.timeout().toSeconds()
                    + " s",
                "Allow more with --timeout, or look at the cloud's dashboard what it waits for");
          }
        }
      }
      pause();
    }
  }

  private Server existing(String id) {
    return compute
        .server(id)
        .orElseThrow(() ->
            new VoyageurException(
                ErrorCode.SERVER_FAILED,
                "the server " + id + " is gone: someone else has deleted it",
                "Start it again"));
  }

  /** Watches the console, and knocks at the addresses, until the verdict is certain. */
  private Optional<BootFailure> follow(String id, List<String> addresses) {
    List<NetworkProbe> probes =
        addresses.stream()
            .map(address -> new NetworkProbe(new InetSocketAddress(address, SSH)))
            .toList();
    try {
      Optional<Duration> prompt = Optional.empty();
      Optional<Duration> greeting = Optional.empty();
      Duration looked = Duration.ZERO;
      while (true) {
        boolean ended = false;
        if (sincePowerOn().minus(looked).compareTo(STATUS) > 0) {
          ended = hasStopped(id);
          looked = sincePowerOn();
        }
        String fresh = watch.read(compute.console(id), sincePowerOn());
        if (!fresh.isEmpty()) {
          request.console().accept(fresh);
        }
        Duration now = sincePowerOn();
        if (watch.showsPrompt() && prompt.isEmpty()) {
          prompt = Optional.of(now);
        }
        if (greeting.isEmpty()) {
          greeting =
              probes.stream()
                  .flatMap(probe -> probe.banner().stream())
                  .findFirst()
                  .map(banner -> {
                    watch.greeted(banner, now);
                    return now;
                  });
        }
        Optional<BootFailure> trouble = watch.certainFailure(now);
        if (trouble.isPresent() || ended) {
          return trouble.or(() -> Optional.of(watch.ended()));
        }
        boolean networked =
            probes.isEmpty() || greeting.isPresent() || over(prompt, SSH_PATIENCE, now);
        boolean prompted = prompt.isPresent() || over(greeting, PROMPT_PATIENCE, now);
        if (networked && prompted) {
          return Optional.empty();
        }
        if (sinceStart().compareTo(request.timeout()) > 0) {
          return prompt.isPresent() || greeting.isPresent()
              ? Optional.empty()
              : Optional.of(watch.outOfTime(now));
        }
        pause();
      }
    } finally {
      probes.forEach(NetworkProbe::close);
    }
  }

  private static boolean over(Optional<Duration> since, Duration patience, Duration now) {
    return since.map(then -> now.minus(then).compareTo(patience) > 0).orElse(false);
  }

  private boolean hasStopped(String id) {
    Server server = existing(id);
    if (server.status().equals("ERROR")) {
      throw ServerFault.failure(server.fault());
    }
    return server.status().equals("SHUTOFF");
  }

  private List<String> notes(List<String> addresses) {
    List<String> notes = new ArrayList<>();
    if (!watch.showsPrompt()) {
      notes.add("There is no login prompt on the serial console; only the SSH server was seen");
    }
    if (!addresses.isEmpty() && !watch.has(BootStage.SSH)) {
      notes.add(
          "No SSH server answers from here at "
              + String.join(", ", addresses)
              + ": the network may not be routed to here, a security group may forbid it, or none"
              + " runs in the guest");
    }
    return notes;
  }

  /** Deletes the server, and waits until it is gone. */
  private void delete(String id) {
    progress.on(new Started(Step.LAUNCH, "Deleting the server " + request.name()));
    compute.delete(id);
    long asked = System.nanoTime();
    while (compute.server(id).filter(server -> !server.status().equals("DELETED")).isPresent()) {
      if (System.nanoTime() - asked > DELETION.toNanos()) {
        throw new VoyageurException(
            ErrorCode.SERVER_FAILED,
            "the server " + id + " was told to go, and still exists",
            "Delete it with 'openstack server delete " + id + "'");
      }
      pause();
    }
    progress.on(new Finished(Step.LAUNCH, "deleted"));
  }

  /** The same failure, its server deleted; if that fails too, that is told with it. */
  private VoyageurException deleted(VoyageurException failure, String server) {
    // An interrupt that ended the watching must not end this, too.
    boolean interrupted = Thread.interrupted();
    try {
      delete(server);
      return failure;
    } catch (VoyageurException e) {
      failure.addSuppressed(e);
      return staying(failure, server);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static VoyageurException staying(VoyageurException failure, String server) {
    return new VoyageurException(
        failure.code(),
        failure.getMessage() + " (the server " + server + " still exists)",
        failure.remedy(),
        failure);
  }

  private static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(
          ErrorCode.INTERRUPTED, "interrupted while a server was watched", "Try again", e);
    }
  }
}
