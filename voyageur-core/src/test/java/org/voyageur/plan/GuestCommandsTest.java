package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.guest.OperatingSystem.Family;

class GuestCommandsTest {
  private static GuestCommands commands(List<String> install, List<String> run) {
    return new GuestCommands(install, run, false, Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-y", "--nogpgcheck", "a b", "a;b", "$(id)", "a/b.rpm", "a\nb", "*"})
  void whatIsNoNameOfAPackageIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> commands(List.of("cloud-init", name), List.of()));
  }

  @Test
  void packagesComeFirstAndAllAtOnceAndCommandsAreTakenAsTheyAre() {
    List<GuestCommands.Command> all =
        commands(List.of("cloud-init", "gcc-c++", "kernel-2.6.18-398.el5"), List.of("echo '", "b"))
            .of(Family.RED_HAT)
            .orElseThrow();
    assertThat(all)
        .extracting(GuestCommands.Command::title)
        .containsExactly("install cloud-init gcc-c++ kernel-2.6.18-398.el5", "echo '", "b");
    assertThat(all.getFirst().script())
        .contains("-y install cloud-init gcc-c++ kernel-2.6.18-398.el5\n");
    assertThat(all.get(1).script()).isEqualTo("echo '\n");
  }

  @Test
  void whereItIsNotKnownHowPackagesAreInstalledCommandsStillRun() {
    assertThat(commands(List.of("cloud-init"), List.of("b")).of(Family.OTHER)).isEmpty();
    assertThat(commands(List.of(), List.of("b")).of(Family.OTHER)).isPresent();
  }

  @ParameterizedTest
  @EnumSource(names = {"RED_HAT", "DEBIAN"})
  void theShellUnderstandsWhatInstalls(Family family) throws Exception {
    String script = commands(List.of("x"), List.of()).of(family).orElseThrow().getFirst().script();
    assertThat(script).doesNotContain("@");
    Process shell = new ProcessBuilder("sh", "-n", "-c", script).inheritIO().start();
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void aPlanNamesThemAndChangesNothingForThem() {
    Customisation customisation =
        new Customisation(
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            true,
            commands(List.of("cloud-init"), List.of("touch /x")));
    Plan plan = Planner.plan(StandIns.scientific6(), Target.KVM, DiskShape.KEPT, customisation);
    Plan without = Planner.plan(StandIns.scientific6(), Target.KVM);
    assertThat(plan.changes()).isEqualTo(without.changes());
    // What is yet to be installed is no obstacle before, but is one if it is still missing after.
    assertThat(plan.feasible()).isTrue();
    assertThat(plan.notes())
        .anyMatch(note -> note.endsWith("without network: install cloud-init"))
        .anyMatch(note -> note.endsWith("without network: touch /x"));
    assertThat(
            Planner.plan(
                    StandIns.scientific6(),
                    Target.KVM,
                    DiskShape.KEPT,
                    customisation.afterCommands())
                .feasible())
        .isFalse();
  }
}
