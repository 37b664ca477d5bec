package org.voyageur.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * A program of the host that voyageur runs.
 *
 * @param name its file name
 * @param debianPackage the Debian package that brings it
 */
public record HostProgram(String name, String debianPackage) {
  /** Administrators' programs lie where an ordinary user's PATH does not look. */
  private static final List<String> MORE_DIRECTORIES = List.of("/usr/sbin", "/sbin");

  /**
   * The kernel takes the end of the thread that started a process for the end of its parent
   * (prctl(2), PR_SET_PDEATHSIG), so one thread that never ends starts them all.
   */
  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("voyageur-programs").factory());

  /** Nothing that we run says more that matters. */
  private static final int MOST_OUTPUT = 1 << 20;

  /**
   * A finished run.
   *
   * @param output the first MiB of standard output
   * @param errors the first MiB of standard error
   */
  public record Result(int exitCode, String output, String errors) {
    /** Everything that it said. */
    public String said() {
      return errors + output;
    }
  }

  /** Where it is; empty if the host has none. */
  public Optional<Path> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    return Stream.concat(Stream.of(path.split(":")), MORE_DIRECTORIES.stream())
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Where it is.
   *
   * @throws VoyageurException HOST_PROGRAM_MISSING
   */
  public Path require() {
    return find()
        .orElseThrow(() ->
            new VoyageurException(
                ErrorCode.HOST_PROGRAM_MISSING,
                "the program " + name + " is missing",
                "Install it: apt-get install " + debianPackage));
  }

  /**
   * Starts it, with messages in English, nothing to read, and our own environment. It has a session
   * of its own, so that Ctrl-C reaches voyageur alone, which then ends it where that does no harm;
   * and it is told to end when voyageur is gone, whatever ended that.
   *
   * @param how where its output goes, or its directory; to pipes and in ours unless it says so
   * @return the process, to be given to {@link #release} when it has ended
   * @throws VoyageurException HOST_PROGRAM_MISSING; HOST_PROGRAM_FAILED if it cannot be started
   */
  public Process start(List<String> arguments, Consumer<ProcessBuilder> how) {
    List<String> command = new ArrayList<>(leash());
    command.add(require().toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("LC_ALL", "C");
    environment.remove("LD_LIBRARY_PATH");
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    how.accept(builder);
    try {
      return CompletableFuture.supplyAsync(() -> launch(builder), STARTER).join();
    } catch (CompletionException e) {
      throw failed("cannot be started: " + Objects.requireNonNull(e.getCause()).getMessage(), "");
    }
  }

  /**
   * Both are of util-linux, which Debian calls essential; each becomes what it starts. The shell
   * looks whether voyageur was killed before the kernel was asked to tell of its end.
   */
  private static List<String> leash() {
    Optional<Path> setsid = new HostProgram("setsid", "util-linux").find();
    Optional<Path> setpriv = new HostProgram("setpriv", "util-linux").find();
    return setsid.isPresent() && setpriv.isPresent()
        ? List.of(
            setsid.get().toString(),
            setpriv.get().toString(),
            "--pdeathsig",
            "TERM",
            "/bin/sh",
            "-c",
            "[ $PPID = $0 ] && exec \"$@\"",
            Long.toString(ProcessHandle.current().pid()))
        : List.of();
  }

  private static Process launch(ProcessBuilder builder) {
    try {
      return AtExit.make(builder::start, HostProgram::end);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Ends a process that {@link #start} started, if it has not ended. */
  public static void release(Process process) {
    end(process);
    AtExit.forget(process);
  }

  /**
   * Runs it to its end.
   *
   * @throws VoyageurException HOST_PROGRAM_FAILED if it does not end in time or cannot be started
   */
  public Result run(Duration limit, List<String> arguments) {
    return run(limit, Path.of(""), arguments);
  }

  /** The same in a working directory. */
  public Result run(Duration limit, Path directory, List<String> arguments) {
    Process process =
        start(arguments, builder -> builder.directory(directory.toAbsolutePath().toFile()));
    try {
      Thread killer = Thread.startVirtualThread(() -> killAfter(process, limit));
      try {
        // Both at once: a program that fills one of its pipes waits until somebody reads it.
        FutureTask<String> errors = new FutureTask<>(() -> text(process.getErrorStream()));
        Thread.startVirtualThread(errors);
        String output = text(process.getInputStream());
        String said = errors.get();
        int exitCode = process.waitFor();
        if (exitCode == 128 + 9) {
          throw failed("did not end within " + limit.toSeconds() + " s", said + output);
        }
        return new Result(exitCode, output, said);
      } finally {
        killer.interrupt();
        release(process);
      }
    } catch (IOException | ExecutionException e) {
      throw failed("cannot be run: " + e.getMessage(), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VoyageurException(ErrorCode.INTERRUPTED, name + " was interrupted", "Try again", e);
    }
  }

  private static String text(InputStream stream) throws IOException {
    try (stream) {
      return new String(stream.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
    }
  }

  /** Ends a process. When this returns it makes no more files, and those it made can be deleted. */
  private static void end(Process process) {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void killAfter(Process process, Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      // The run ended in time.
    }
  }

  /** That this program failed, with what it said. */
  public VoyageurException failed(String how, String output) {
    return new VoyageurException(
        ErrorCode.HOST_PROGRAM_FAILED,
        name + " " + how + (output.isBlank() ? "" : ": " + output.strip()),
        "Run 'voyageur doctor', and try the program by hand");
  }
}
