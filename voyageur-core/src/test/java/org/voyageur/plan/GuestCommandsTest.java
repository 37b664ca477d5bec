package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.plan.GuestKernel.Repository;

class GuestCommandsTest {
  private static GuestCommands commands(List<String> install, List<String> run) {
    return commands(Optional.empty(), install, run);
  }

  private static GuestCommands commands(
      Optional<GuestKernel> kernel, List<String> install, List<String> run) {
    return new GuestCommands(kernel, install, run, false, Duration.ofMinutes(1));
  }

  private static OperatingSystem system(Family family, String version) {
    return new OperatingSystem("Some Linux", family, "some", version, "x86_64", InitSystem.SYSV);
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
            .of(system(Family.RED_HAT, "6.4"))
            .orElseThrow();
    assertThat(all)
        .extracting(GuestCommands.Command::title)
        .containsExactly(
            "install cloud-init gcc-c++ kernel-2.6.18-398.el5",
            "echo '",
            "b",
            "label every file for SELinux");
    assertThat(all.getFirst().script())
        .contains("-y install cloud-init gcc-c++ kernel-2.6.18-398.el5 ||");
    assertThat(all.get(1).script()).isEqualTo("echo '\n");
  }

  /** The shell is the host's, of 64 bits as the appliance's kernel. */
  @Test
  void aGuestOf32BitsIsToldThatTheProcessorIs(@TempDir Path directory) throws Exception {
    OperatingSystem system =
        new OperatingSystem("Some Linux", Family.OTHER, "some", "1", "i686", InitSystem.SYSV);
    GuestCommands.Command command =
        commands(List.of(), List.of("uname -m")).of(system).orElseThrow().getFirst();
    Path script = Files.writeString(directory.resolve("command"), command.script());
    Process shell =
        new ProcessBuilder("/bin/sh", script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("i686\n");
  }

  @Test
  void aKernelNeedsRoomAndIsGivenItByGrowing() {
    Guest guest = StandIns.scientific5XenOnly();
    Guest full = guest.withFilesystem(StandIns.full(guest.filesystem()));
    GuestKernel kernel = new GuestKernel("kernel", new Repository.Own(), Optional.empty());
    Customisation customisation =
        new Customisation(
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            false,
            commands(Optional.of(kernel), List.of(), List.of()));
    assertThat(Planner.plan(full, Target.KVM, DiskShape.KEPT, customisation).obstacles())
        .anyMatch(finding ->
            finding.code() == ErrorCode.FILESYSTEM_FULL
                && finding.remedy().contains("--grow, which is done before"));
  }

  @Test
  void whatIsGrownBeforeIsNotGrownOnceMore() {
    DiskShape shape = new DiskShape(DiskShape.Layout.PARTITION, Growth.parse("+10M"));
    assertThat(shape.beforeMoving(20 << 20))
        .isEqualTo(new DiskShape(DiskShape.Layout.KEEP, Growth.parse("29M")));
    assertThat(shape.afterGrowing(20 << 20))
        .isEqualTo(new DiskShape(DiskShape.Layout.PARTITION, Growth.parse("30M")));
    assertThat(DiskShape.KEPT.beforeMoving(1)).isEqualTo(DiskShape.KEPT);
  }

  @Test
  void whereItIsNotKnownHowPackagesAreInstalledCommandsStillRun() {
    assertThat(commands(List.of("cloud-init"), List.of("b")).of(system(Family.OTHER, "1")))
        .isEmpty();
    assertThat(commands(List.of(), List.of("b")).of(system(Family.OTHER, "1"))).isPresent();
  }

  @ParameterizedTest
  @EnumSource(names = {"RED_HAT", "DEBIAN"})
  void theShellUnderstandsWhatInstalls(Family family) throws Exception {
    for (GuestCommands.Command command :
        commands(List.of("x"), List.of()).of(system(family, "6")).orElseThrow()) {
      isUnderstood(command.script());
    }
  }

  private static void isUnderstood(String script) throws Exception {
    assertThat(script).doesNotContain("@");
    Process shell = new ProcessBuilder("sh", "-n", "-c", script).inheritIO().start();
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void aKernelIsInstalledBeforeEverythingElseAndOnlyWhereMkinitrdMakesTheInitrd() throws Exception {
    GuestCommands commands =
        commands(
            Optional.of(
                new GuestKernel(
                    "kernel-lt",
                    new Repository.Remote("http://example.org/el5/$basearch/"),
                    Optional.of(Path.of("elrepo.key")))),
            List.of("x"),
            List.of());
    GuestCommands.Command first =
        commands.of(system(Family.RED_HAT, "5.9")).orElseThrow().getFirst();
    assertThat(first.title()).isEqualTo("install kernel-lt from http://example.org/el5/$basearch/");
    assertThat(first.script())
        .contains("name='kernel-lt'", "where='http://example.org/el5/$basearch/'", "key='.key'");
    isUnderstood(first.script());
    assertThat(commands.of(system(Family.RED_HAT, "6.4"))).isEmpty();
    assertThat(commands.of(system(Family.DEBIAN, "5"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://",
        "http://a'b/",
        "http://a b",
        "http://me:secret@host/",
        "http://a\nb/",
        "file:///etc/",
        "http://$(id)/",
        "http://a`id`/",
        "http://a\\b"
      })
  void whatIsNoUrlOfARepositoryIsRefused(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Repository.Remote(url));
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
                    customisation.afterCommands(Set.of()))
                .feasible())
        .isFalse();
  }

  @Test
  void aKernelThatIsYetToBeInstalledIsNoObstacleBeforeAndOneIfItIsMissingAfter() {
    Customisation customisation =
        new Customisation(
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            false,
            commands(
                Optional.of(new GuestKernel("kernel", new Repository.Own(), Optional.empty())),
                List.of(),
                List.of()));
    Guest guest = StandIns.scientific5XenOnly();
    Plan plan = Planner.plan(guest, Target.KVM, DiskShape.KEPT, customisation);
    assertThat(plan.obstacles()).isEmpty();
    assertThat(plan.notes()).anyMatch(note -> note.endsWith("without network: install kernel"));
    assertThat(
            Planner.plan(guest, Target.KVM, DiskShape.KEPT, customisation.afterCommands(Set.of()))
                .obstacles())
        .extracting(Finding::code)
        .contains(ErrorCode.GUEST_XEN_ONLY_KERNEL);
  }
}
