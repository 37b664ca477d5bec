package org.voyageur.verify;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.voyageur.verify.BootSigns.TroubleSign;

/**
 * What is known of a boot so far. Line after line is added, and each time the whole is a new value;
 * no clock, no machine.
 *
 * @param stages when each stage was first seen
 * @param troubles what may have gone wrong and was not overtaken by a later stage
 * @param prompts the consoles that show a login prompt
 * @param diskSeen whether the kernel has the virtio disk
 * @param root the kernel's root= argument; empty as long as it was not seen
 * @param last the last line with content
 */
record BootWatch(
    SortedMap<BootStage, ReachedStage> stages,
    List<Trouble> troubles,
    List<Console> prompts,
    boolean diskSeen,
    String root,
    String last) {
  /** A guest that complains without end must not fill the memory. */
  private static final int MOST_TROUBLES = 50;

  private static final int MOST_EVIDENCE = 8;
  private static final int LONGEST_LINE = 400;

  BootWatch {
    stages = Collections.unmodifiableSortedMap(new TreeMap<>(stages));
    troubles = List.copyOf(troubles);
    prompts = List.copyOf(prompts);
  }

  /** Where a line was read. */
  enum Console {
    SERIAL,
    SCREEN,
    /** What the Xen lab tells of its own doing. */
    LAB
  }

  /** A line that shows trouble, and when and where it was read. */
  record Trouble(TroubleSign sign, Console console, String line, Duration at, BootStage during) {}

  /** Before the machine is switched on. */
  static BootWatch start() {
    return new BootWatch(new TreeMap<>(), List.of(), List.of(), false, "", "");
  }

  /** With one more line of a console. */
  BootWatch with(Console console, String text, Duration at) {
    String line = text.substring(0, Math.min(text.length(), LONGEST_LINE)).stripTrailing();
    if (line.isBlank()) {
      return this;
    }
    BootWatch next =
        BootSigns.stage(line).map(stage -> reached(stage, console, line, at)).orElse(this);
    List<Trouble> more = new ArrayList<>(next.troubles);
    BootSigns.trouble(line)
        .filter(sign -> next.concerns(sign.cause()))
        .filter(_ -> more.size() < MOST_TROUBLES)
        .filter(_ -> more.stream().noneMatch(trouble -> trouble.line().equals(line)))
        .ifPresent(sign -> more.add(new Trouble(sign, console, line, at, next.furthest())));
    return new BootWatch(
        next.stages,
        more,
        next.prompts,
        next.diskSeen || BootSigns.showsDisk(line),
        next.root.isEmpty() ? BootSigns.root(line).orElse("") : next.root,
        line);
  }

  /**
   * Whether a boot that has come so far can fail so: programs of a guest say all kinds of things.
   */
  private boolean concerns(BootCause cause) {
    return switch (cause) {
      case NO_DEVICE, LOADER_STUCK, FILE_MISSING, WINDOWS, PYGRUB, NOT_XEN ->
          furthest().compareTo(BootStage.BOOT_LOADER) <= 0;
      case ROOT_MOUNT, ROOT_DEVICE, WRONG_ROOT, MAINTENANCE, NO_INIT, ENCRYPTED ->
          furthest().compareTo(BootStage.LOGIN_PROMPT) < 0;
      case PANIC, NO_CONSOLE, NO_NETWORK, NO_SSH, TOO_SLOW, SILENT, ENDED -> true;
    };
  }

  /** With the answer of the guest's SSH server. */
  BootWatch withSsh(String banner, Duration at) {
    return reached(BootStage.SSH, Console.SERIAL, banner, at);
  }

  private BootWatch reached(BootStage stage, Console console, String line, Duration at) {
    List<Console> shown = new ArrayList<>(prompts);
    if (stage == BootStage.LOGIN_PROMPT && !shown.contains(console)) {
      shown.add(console);
    }
    SortedMap<BootStage, ReachedStage> all = new TreeMap<>(stages);
    boolean isNew = !all.containsKey(stage);
    // A stage that was not seen must have been passed: "quiet" leaves few lines.
    Stream.of(BootStage.values())
        .filter(earlier -> earlier.compareTo(stage) <= 0)
        .forEach(earlier -> all.putIfAbsent(earlier, new ReachedStage(earlier, at, line)));
    // What was complained of before has been overcome. The two consoles are read one after the
    // other, so that nothing follows from the order of their lines but for the last stages.
    List<Trouble> left =
        isNew
            ? troubles.stream()
                .filter(trouble ->
                    trouble.during().compareTo(stage) >= 0
                        || (trouble.console() != console
                            && stage.compareTo(BootStage.LOGIN_PROMPT) < 0))
                .toList()
            : troubles;
    return new BootWatch(all, left, shown, diskSeen, root, line);
  }

  /** The furthest stage; the first where nothing was seen yet. */
  BootStage furthest() {
    return stages.isEmpty() ? BootStage.FIRMWARE : stages.lastKey();
  }

  boolean has(BootStage stage) {
    return stages.containsKey(stage);
  }

  boolean shows(Console console) {
    return prompts.contains(console);
  }

  /** The stages in their order. */
  List<ReachedStage> reachedStages() {
    return List.copyOf(stages.values());
  }

  /** Why the boot does not go on, once that is certain at this time. */
  Optional<BootFailure> certainTrouble(Duration now) {
    boolean certain =
        troubles.stream()
            .anyMatch(trouble -> now.minus(trouble.at()).compareTo(trouble.sign().settle()) >= 0);
    return certain ? likelyTrouble() : Optional.empty();
  }

  /** Why the boot does not go on, if no more is going to be seen of it. */
  Optional<BootFailure> likelyTrouble() {
    return troubles.stream()
        .min(Comparator.comparingInt(trouble -> BootSigns.rank(trouble.sign())))
        .map(this::failure);
  }

  private BootFailure failure(Trouble trouble) {
    List<String> evidence =
        troubles.stream().map(Trouble::line).distinct().limit(MOST_EVIDENCE).toList();
    String what =
        Stream.concat(Stream.of(trouble), troubles.stream())
            .flatMap(each -> each.sign().what(each.line()).stream())
            .findFirst()
            .orElse("");
    return cause(trouble).failure(what, evidence);
  }

  /** What the same line means depends on what came before it. */
  private BootCause cause(Trouble trouble) {
    BootCause cause = trouble.sign().cause();
    return switch (cause) {
      // systemd comes to the same emergency mode in an initrd and after it.
      case ROOT_DEVICE, MAINTENANCE -> {
        boolean inInitrd = has(BootStage.INITRD) && !has(BootStage.ROOT_MOUNTED);
        if (has(BootStage.INIT) || (cause == BootCause.MAINTENANCE && !inInitrd)) {
          yield BootCause.MAINTENANCE;
        }
        yield diskSeen ? BootCause.WRONG_ROOT : BootCause.ROOT_DEVICE;
      }
      // Block 0:0 is no device at all: the name was not found (init/do_mounts.c).
      case ROOT_MOUNT ->
          diskSeen && troubles.stream().anyMatch(t -> t.line().contains("unknown-block(0,0)"))
              ? BootCause.WRONG_ROOT
              : BootCause.ROOT_MOUNT;
      case NO_DEVICE,
          LOADER_STUCK,
          FILE_MISSING,
          WRONG_ROOT,
          NO_INIT,
          PANIC,
          ENCRYPTED,
          WINDOWS,
          PYGRUB,
          NOT_XEN,
          NO_CONSOLE,
          NO_NETWORK,
          NO_SSH,
          TOO_SLOW,
          SILENT,
          ENDED ->
          cause;
    };
  }
}
