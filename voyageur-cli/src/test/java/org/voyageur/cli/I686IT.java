package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.ConvertOptions;
import org.voyageur.convert.OpenOptions;
import org.voyageur.convert.Voyageur;
import org.voyageur.disk.OutputFormat;
import org.voyageur.error.VoyageurException;
import org.voyageur.plan.Change;
import org.voyageur.plan.Target;
import org.voyageur.progress.ProgressListener;
import org.voyageur.testkit.Architecture;
import org.voyageur.testkit.GuestBuilder;
import org.voyageur.testkit.KernelPackage;
import org.voyageur.testkit.StandIn;
import org.voyageur.verify.QemuMachine;

/** Guests of 32 bits are converted, and boot with the programs that voyageur has for those. */
@Execution(ExecutionMode.CONCURRENT)
class I686IT {
  private static final Duration BOOT = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final Pattern LOGIN = Pattern.compile("stand-in login:");

  @TempDir private static Path directory;

  @BeforeAll
  static void fetch() {
    String why = "";
    try {
      KernelPackage.fetch(Architecture.I686);
    } catch (VoyageurException e) {
      why = e.getMessage();
    }
    assumeTrue(why.isEmpty(), "skipped: apt has no kernel for 32 bits: " + why);
  }

  @Test
  void anInitrdWithoutVirtioGetsASupplementThatRunsOn32Bits() {
    StandIn guest = StandIn.scientific5I686();
    Conversion.Converted made = convert(guest);
    assertThat(made.planned().plan().changes())
        .filteredOn(Change.WriteSupplement.class::isInstance)
        .singleElement()
        .matches(change -> ((Change.WriteSupplement) change).architecture().equals("i686"));
    boots(guest);
  }

  @Test
  void aKernelWithoutAnInitrdGetsOneThatRunsOn32Bits() {
    StandIn guest = StandIn.scientific5I686WithoutInitrd();
    Conversion.Converted made = convert(guest);
    assertThat(made.planned().plan().changes())
        .filteredOn(Change.WriteInitrd.class::isInstance)
        .singleElement()
        .matches(change -> ((Change.WriteInitrd) change).architecture().equals("i686"));
    boots(guest);
  }

  private static Conversion.Converted convert(StandIn guest) {
    Path source = directory.resolve(guest + ".img");
    GuestBuilder.build(guest, source, 512L << 20);
    Conversion conversion =
        Voyageur.convert(
            source,
            OpenOptions.defaults(),
            new ConvertOptions(Target.KVM, output(guest), OutputFormat.RAW, false),
            ProgressListener.none());
    assertThat(conversion)
        .as(conversion.planned().plan().obstacles().toString())
        .isInstanceOf(Conversion.Converted.class);
    return (Conversion.Converted) conversion;
  }

  private static Path output(StandIn guest) {
    return directory.resolve(guest + "-kvm.img");
  }

  private static void boots(StandIn guest) {
    try (QemuMachine machine = QemuMachine.start(output(guest), OutputFormat.RAW, List.of())) {
      assertThat(machine.awaitConsole(LOGIN, BOOT)).as(machine.console()).isTrue();
      assertThat(machine.awaitScreen(LOGIN, ANSWER)).as(machine.screen()).isTrue();
      assertThat(machine.console().replace("\r", ""))
          .contains(
              "VOYAGEUR-GUEST root=/dev/vda rw",
              "VOYAGEUR-GUEST rootfstype=ext3",
              "VOYAGEUR-GUEST interfaces=eth0 lo",
              "VOYAGEUR-GUEST eth0=10.0.2.15")
          .doesNotContain("voyageur: cannot", "respawning too fast");
      machine.typeSerial("root\n");
      assertThat(machine.awaitConsole(Pattern.compile("root login on 'ttyS0'"), ANSWER))
          .as(machine.console())
          .isTrue();
      machine.typeSerial("uname -m\n");
      assertThat(machine.awaitConsole(Pattern.compile("(?m)^i686\\s"), ANSWER))
          .as(machine.console())
          .isTrue();
    }
  }
}
