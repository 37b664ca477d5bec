package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.disk.BootPlace;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.InstalledBootCode;
import org.voyageur.guest.PyGrub;
import org.voyageur.plan.DiskShape.Layout;

class LayoutRuleTest {
  private static final long MIB = 1 << 20;
  private static final DiskShape PARTITION = new DiskShape(Layout.PARTITION, Optional.empty());

  @Test
  void aPartitionBeginsAtAMibAndHoldsTheWholeDiskRoundedUp() {
    Guest guest = StandIns.scientific5();
    Plan plan = Planner.plan(guest, Target.DUAL_BOOT, PARTITION);
    Change.CreatePartition create = plan.change(Change.CreatePartition.class).orElseThrow();
    long length = Math.ceilDiv(guest.diskSize(), MIB) * MIB;
    assertThat(create.partition()).isEqualTo(new Extent(MIB, length));
    assertThat(create.diskSize()).isEqualTo(MIB + length);
    assertThat(plan.change(Change.InstallBootCode.class).orElseThrow().place())
        .isEqualTo(new BootPlace.Partition(TableType.MBR, 1, create.partition()));
    assertThat(plan.feasible()).isTrue();
  }

  @Test
  void nothingOfThatIsDoneUnlessAskedFor() {
    Plan plan = Planner.plan(StandIns.scientific5(), Target.KVM);
    assertThat(plan.change(Change.CreatePartition.class)).isEmpty();
    assertThat(plan.change(Change.GrowFilesystem.class)).isEmpty();
    assertThat(plan.change(Change.InstallBootCode.class).orElseThrow().place())
        .isEqualTo(new BootPlace.WholeDisk());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\troot (hd0)                          | \troot (hd0,0)",
        "root (hd0,0)                          | root (hd0,0)",
        "# groot=(hd0)                         | # groot=(hd0,0)",
        "# kopt=root=/dev/xvda ro              | # kopt=root=/dev/xvda1 ro",
        "kernel /boot/vmlinuz root=/dev/xvde   | kernel /boot/vmlinuz root=/dev/xvde1",
        "kernel (hd0)/boot/vmlinuz ro          | kernel (hd0,0)/boot/vmlinuz ro",
        "kernel /v root=/dev/xvda1 console=hvc0| kernel /v root=/dev/xvda1 console=hvc0",
        "kernel /v root=LABEL=/ ro             | kernel /v root=LABEL=/ ro",
        "linux /v root=\"/dev/sda\" nfsroot=/dev/sda | linux /v root=\"/dev/sda\" nfsroot=/dev/sda",
        "set root='(hd0)'                      | set root='(hd0,msdos1)'",
        "set root=hd0                          | set root=hd0,msdos1",
        "resume=/dev/xvda root=/dev/mapper/a   | resume=/dev/xvda root=/dev/mapper/a"
      })
  void menusNameTheFirstPartition(String before, String after) {
    assertThat(PartitionNames.text(before)).isEqualTo(after);
    assertThat(PartitionNames.text(after)).isEqualTo(after);
  }

  static List<String> menusOfPyGrub() {
    return PyGrub.MENUS;
  }

  @ParameterizedTest
  @MethodSource("menusOfPyGrub")
  void everyMenuOfPyGrubNamesTheFirstPartition(String path) {
    String menu = "LABEL a\n  KERNEL /vmlinuz\n  APPEND root=/dev/xvda ro\n";
    Guest guest = StandIns.withFile(StandIns.scientific5(), path, menu);
    assertThat(partitioned(guest).files().get(path).orElseThrow().text())
        .isEqualTo(menu.replace("xvda", "xvda1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(hd0) /dev/xvda1              | (hd0) /dev/xvda",
        "(hd0)     /dev/sda1           | (hd0)     /dev/sda",
        "(hd0) /dev/xvda               | (hd0) /dev/xvda",
        "(hd1) /dev/xvdb1              | (hd1) /dev/xvdb1",
        "(hd0,0) /dev/disk/by-uuid/a1  | (hd0,0) /dev/disk/by-uuid/a1",
        "# (hd0) /dev/xvda1            | # (hd0) /dev/xvda1"
      })
  void aDeviceMapNamesTheDiskAsItIsAttachedNow(String before, String after) {
    for (String path : List.of("/boot/grub/device.map", "/boot/grub2/device.map")) {
      Guest guest =
          StandIns.withFile(
              StandIns.scientific5(), path, "(fd0) /dev/fd0\n" + before + "\n(hd9) /dev/xvdz9");
      assertThat(partitioned(guest).files().get(path).orElseThrow().text())
          .isEqualTo("(fd0) /dev/fd0\n" + after + "\n(hd9) /dev/xvdz9");
      Guest kept = Planner.after(guest, Planner.plan(guest, Target.KVM).changes());
      assertThat(kept.files().get(path)).isEqualTo(guest.files().get(path));
    }
  }

  private static Guest partitioned(Guest guest) {
    return Planner.after(guest, new LayoutRule(PARTITION).changes(guest, Target.DUAL_BOOT));
  }

  @ParameterizedTest
  @CsvSource({
    "20G, 21474836480, false",
    "+5G, 5368709120, true",
    "512, 512, false",
    "3T, 3298534883328, false"
  })
  void sizesAreReadAsPeopleWriteThem(String text, long bytes, boolean relative) {
    assertThat(Growth.parse(text)).contains(new Growth(bytes, relative));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-5G", "5g", "5GB", "1.5G", "+", "999999999999999T"})
  void whatIsNoSizeIsNone(String text) {
    assertThat(Growth.parse(text)).isEmpty();
  }

  @Test
  void aFilesystemGrowsAsFarAsItsDescriptorsHaveRoom() {
    Guest guest = StandIns.scientific5();
    // The stand-in's facts say that it cannot grow at all.
    assertThat(codes(guest, grown("+1G"))).containsExactly(ErrorCode.DISK_GROW_LIMIT);
    assertThat(codes(guest, grown("1M"))).containsExactly(ErrorCode.DISK_SHRINK);
  }

  @Test
  void aTableThatLiesIsAnObstacle() {
    Guest guest = partitioned(TableType.GPT, 1, false);
    DiskLayout.Partitioned table = (DiskLayout.Partitioned) guest.layout();
    Guest lying =
        guest.withDisk(
            new DiskLayout.Partitioned(
                table.table(), table.partitions(), table.root(), Optional.of("it lies")),
            guest.diskSize());
    assertThat(codes(lying, DiskShape.KEPT)).containsExactly(ErrorCode.DISK_TABLE);
  }

  @Test
  void aLogicalPartitionIsNotBooted() {
    assertThat(codes(partitioned(TableType.MBR, 5, false), DiskShape.KEPT))
        .containsExactly(ErrorCode.GUEST_PARTITIONED);
    assertThat(codes(partitioned(TableType.GPT, 5, false), DiskShape.KEPT)).isEmpty();
    assertThat(codes(partitioned(TableType.MBR, 2, false), DiskShape.KEPT)).isEmpty();
  }

  @Test
  void onlyAPrimaryPartitionThatLiesLastGrows() {
    for (Guest guest :
        List.of(
            partitioned(TableType.MBR, 2, true),
            partitioned(TableType.GPT, 2, false),
            partitioned(TableType.GPT, 2, true))) {
      assertThat(codes(guest, grown("+1G"))).containsExactly(ErrorCode.DISK_GROW_PARTITION);
    }
    assertThat(codes(partitioned(TableType.MBR, 2, false), grown("+1G")))
        .containsExactly(ErrorCode.DISK_GROW_LIMIT);
  }

  /** What is there is of use only where it is, and if it is this host's. */
  @ParameterizedTest
  @CsvSource({
    "NONE, KEEP, true",
    "OUTDATED, KEEP, true",
    "CURRENT, KEEP, false",
    "CURRENT, PARTITION, true"
  })
  void bootCodeThatIsThereAndCurrentStays(InstalledBootCode found, Layout layout, boolean written) {
    Guest guest = StandIns.scientific5().withBootCode(found);
    Plan plan = Planner.plan(guest, Target.KVM, new DiskShape(layout, Optional.empty()));
    assertThat(plan.change(Change.InstallBootCode.class).isPresent()).isEqualTo(written);
  }

  @Test
  void aPartitionedDiskIsNotPartitionedAgain() {
    assertThat(codes(partitioned(TableType.MBR, 1, false), PARTITION))
        .containsExactly(ErrorCode.DISK_PARTITIONED);
  }

  private static DiskShape grown(String size) {
    return new DiskShape(Layout.KEEP, Growth.parse(size));
  }

  private static List<ErrorCode> codes(Guest guest, DiskShape shape) {
    return Planner.plan(guest, Target.KVM, shape).obstacles().stream().map(Finding::code).toList();
  }

  private static Guest partitioned(TableType table, int number, boolean another) {
    Guest guest = StandIns.scientific5();
    Extent extent = new Extent(MIB, guest.filesystem().size());
    Partition root = new Partition(number, extent, false, FilesystemType.EXT3);
    Partition behind = new Partition(4, new Extent(extent.end(), MIB), false, FilesystemType.SWAP);
    return guest.withDisk(
        new DiskLayout.Partitioned(table, another ? List.of(root, behind) : List.of(root))
            .withRoot(extent),
        extent.end() + (another ? MIB : 0));
  }
}
