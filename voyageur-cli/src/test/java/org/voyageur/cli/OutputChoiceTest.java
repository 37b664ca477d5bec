package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.disk.OutputFormat;
import org.voyageur.plan.Target;

class OutputChoiceTest {
  @ParameterizedTest
  @CsvSource({
    "/data/megapipe.img.gz, /data/megapipe-kvm.qcow2",
    "megapipe.IMG, megapipe-kvm.qcow2",
    "megapipe, megapipe-kvm.qcow2",
    "a.b.raw, a.b-kvm.qcow2",
    ".img, .img-kvm.qcow2",
    "xen.vhd, xen-kvm.qcow2"
  })
  void liesBesideTheSourceUnderItsName(String source, String expected) {
    assertThat(OutputChoice.of(Path.of(source), Target.KVM, Optional.empty(), Optional.empty()))
        .isEqualTo(new OutputChoice(Path.of(expected), OutputFormat.QCOW2));
  }

  @Test
  void theTargetIsInItsName() {
    assertThat(
            OutputChoice.of(Path.of("a.img"), Target.DUAL_BOOT, Optional.empty(), Optional.empty()))
        .isEqualTo(new OutputChoice(Path.of("a-dual-boot.qcow2"), OutputFormat.QCOW2));
  }

  @Test
  void theFormatAskedForDecidesTheEnding() {
    assertThat(
            OutputChoice.of(
                Path.of("a.img"), Target.KVM, Optional.empty(), Optional.of(OutputFormat.RAW)))
        .isEqualTo(new OutputChoice(Path.of("a-kvm.raw"), OutputFormat.RAW));
  }

  @ParameterizedTest
  @CsvSource({"o.raw, RAW", "o.img, RAW", "o.qcow2, QCOW2", "o, QCOW2"})
  void theEndingDecidesTheFormat(String output, OutputFormat expected) {
    assertThat(
            OutputChoice.of(
                    Path.of("a.img"), Target.KVM, Optional.of(Path.of(output)), Optional.empty())
                .format())
        .isEqualTo(expected);
  }

  @Test
  void theFormatAskedForWinsOverTheEnding() {
    assertThat(
            OutputChoice.of(
                    Path.of("a"),
                    Target.KVM,
                    Optional.of(Path.of("o.raw")),
                    Optional.of(OutputFormat.QCOW2))
                .format())
        .isEqualTo(OutputFormat.QCOW2);
  }
}
