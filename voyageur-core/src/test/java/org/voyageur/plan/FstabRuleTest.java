package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.disk.Extent;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.FstabEntry;
import org.voyageur.guest.FstabEntry.Device;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;

/** Partitioned guests: what is on other partitions of the root's disk. */
class FstabRuleTest {
  private static final long MIB = 1 << 20;
  private static final String HOME = "0b2c3d4e-0000-4000-8000-000000000002";
  private static final String SWAP = "1c2d3e4f-0000-4000-8000-000000000003";

  @ParameterizedTest
  @EnumSource(Target.class)
  void theDisksOtherPartitionsAreCalledByTheirUuids(Target target) {
    for (Guest standIn : StandIns.all()) {
      Guest guest =
          partitioned(
              standIn,
              List.of(
                  partition(2, FilesystemType.EXT4, Map.of(Tag.LABEL, "home", Tag.UUID, HOME)),
                  partition(3, FilesystemType.SWAP, Map.of(Tag.UUID, SWAP))),
              "/dev/xvda1 / ext3 defaults 1 1",
              "/dev/xvda2 /var ext4 defaults 1 2",
              "/dev/xvda3\tnone\tswap\tsw\t0 0");
      assertThat(fstab(guest, target))
          .startsWith("LABEL=")
          .endsWith(
              "\nUUID=%s /var ext4 defaults 1 2\nUUID=%s\tnone\tswap\tsw\t0 0"
                  .formatted(HOME, SWAP));
      assertThat(obstacles(guest, target)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Target.class)
  void whatIsCalledByAUuidOrALabelStaysAsItIs(Target target) {
    List<String> lines =
        List.of(
            "UUID=%s /var ext4 defaults 1 2".formatted(HOME),
            "LABEL=home /usr ext4 defaults 1 2",
            "/dev/disk/by-uuid/%s /lib ext4 defaults 1 2".formatted(HOME),
            "PARTUUID=00c0ffee-02 /opt ext4 defaults 1 2");
    Guest guest =
        partitioned(
            StandIns.ubuntu1204(),
            List.of(partition(2, FilesystemType.EXT4, Map.of(Tag.UUID, HOME))),
            lines.toArray(String[]::new));
    assertThat(fstab(guest, target)).startsWith(String.join("\n", lines));
    assertThat(obstacles(guest, target)).isEmpty();
  }

  @Test
  void aLabelServesWhereThereIsNoUuidThatEveryGuestFinds() {
    for (Map<Tag, String> names :
        List.of(
            Map.of(Tag.LABEL, "SWAP-xvda2"),
            Map.of(Tag.LABEL, "SWAP-xvda2", Tag.UUID, "00" + SWAP.substring(2)))) {
      Guest guest =
          partitioned(
              StandIns.scientific5(),
              List.of(partition(2, FilesystemType.SWAP, names)),
              "/dev/xvda2 swap swap defaults 0 0");
      assertThat(fstab(guest, Target.DUAL_BOOT))
          .startsWith("LABEL=SWAP-xvda2 swap swap defaults 0 0\n");
    }
  }

  @Test
  void whatHasNoNameIsCalledAsKvmCallsItOrIsLeftToXen() {
    for (List<Partition> partitions :
        List.of(
            List.of(partition(2, FilesystemType.UNKNOWN, Map.of())),
            List.of(partition(2, FilesystemType.XFS, Map.of(Tag.LABEL, "two words"))),
            List.of(partition(2, FilesystemType.SWAP, Map.of(Tag.UUID, "00" + SWAP.substring(2)))),
            List.of(
                partition(2, FilesystemType.EXT4, Map.of(Tag.UUID, HOME)),
                partition(3, FilesystemType.EXT4, Map.of(Tag.UUID, HOME))))) {
      Guest guest =
          partitioned(StandIns.scientific6(), partitions, "/dev/xvda2 /var ext4 defaults 1 2");
      assertThat(fstab(guest, Target.KVM)).startsWith("/dev/vda2 /var ext4 defaults 1 2\n");
      assertThat(obstacles(guest, Target.KVM)).isEmpty();
      assertThat(fstab(guest, Target.DUAL_BOOT))
          .startsWith("/dev/xvda2 /var ext4 defaults,nofail 1 0\n");
      assertThat(obstacles(guest, Target.DUAL_BOOT)).containsExactly(ErrorCode.GUEST_FSTAB_DEVICE);
    }
  }

  /** A copy of the root filesystem beside it, or an older system. */
  @ParameterizedTest
  @ValueSource(strings = {"/", ""})
  void aRootWhoseLabelAnotherPartitionHasIsCalledByItsUuid(String label) {
    Guest standIn = StandIns.scientific5();
    Guest guest =
        partitioned(
            standIn.withFilesystem(standIn.filesystem().withLabel(label)),
            List.of(partition(2, FilesystemType.EXT3, Map.of(Tag.LABEL, "/"))),
            "/dev/xvda1 / ext3 defaults 1 1");
    String root = "UUID=" + guest.filesystem().uuid();
    assertThat(fstab(guest, Target.KVM)).isEqualTo(root + " / ext3 defaults 1 1");
    assertThat(after(guest, Target.KVM).files().get("/boot/syslinux.cfg"))
        .get()
        .extracting(GuestFile::text)
        .asString()
        .contains(" root=" + root + " ")
        .doesNotContain("LABEL=");
  }

  private static Partition partition(int number, FilesystemType type, Map<Tag, String> names) {
    return new Partition(number, new Extent(100L * number * MIB, MIB), false, type, names);
  }

  /** The first partition is the root's; everything else that fstab names is on the others. */
  private static Guest partitioned(Guest guest, List<Partition> others, String... lines) {
    Extent root = new Extent(MIB, 99 * MIB);
    List<Partition> partitions = new ArrayList<>(others);
    partitions.addFirst(
        new Partition(
            1,
            root,
            true,
            FilesystemType.EXT3,
            guest.filesystem().label().isEmpty()
                ? Map.of()
                : Map.of(Tag.LABEL, guest.filesystem().label())));
    List<FstabEntry> entries = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      String[] fields = lines[i].split("\\s+");
      boolean isRoot = fields[1].equals("/");
      entries.add(
          new FstabEntry(
              i + 1,
              fields[0],
              fields[1],
              fields[2],
              fields[3],
              0,
              0,
              isRoot ? Device.ROOT : Device.PARTITION));
    }
    return StandIns.withFstab(guest, String.join("\n", lines), entries)
        .withDisk(new DiskLayout.Partitioned(TableType.MBR, partitions).withRoot(root), 1000 * MIB);
  }

  private static Guest after(Guest guest, Target target) {
    return Planner.after(guest, Planner.plan(guest, target).changes());
  }

  private static String fstab(Guest guest, Target target) {
    return after(guest, target).files().get("/etc/fstab").orElseThrow().text();
  }

  private static List<ErrorCode> obstacles(Guest guest, Target target) {
    return new FstabRule().obstacles(guest, target).stream().map(Finding::code).toList();
  }
}
