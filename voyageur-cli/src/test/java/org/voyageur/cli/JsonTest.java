package org.voyageur.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.voyageur.convert.Conversion;
import org.voyageur.convert.Inspection;
import org.voyageur.disk.DiskLayout;
import org.voyageur.disk.DiskLayout.FilesystemType;
import org.voyageur.disk.DiskLayout.Partition;
import org.voyageur.disk.DiskLayout.TableType;
import org.voyageur.disk.DiskLayout.Tag;
import org.voyageur.disk.Extent;
import org.voyageur.disk.ImageFormat;
import org.voyageur.guest.Guest;
import org.voyageur.openstack.Glance.Membership;
import org.voyageur.verify.HostReport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonTest {
  private static JsonNode read(String document) {
    return JsonMapper.shared().readTree(document);
  }

  @Test
  void everyMemberIsExplained() throws Exception {
    Set<String> names = new TreeSet<>();
    collect(read(Json.inspection(Samples.inspection())), names);
    collect(read(Json.plan(Samples.planned())), names);
    collect(read(Json.plan(Samples.impossible())), names);
    collect(
        read(Json.conversion(Samples.converted("o"), 1, Optional.of("5e"), Optional.empty())),
        names);
    collect(read(Json.launch(Samples.launched())), names);
    collect(read(Json.upload(Samples.uploaded(), List.of("Worth knowing"))), names);
    collect(read(Json.share(new Membership("3f0a5a0c", "beta", "pending"))), names);
    collect(read(Json.images(List.of(Samples.uploaded().image()))), names);
    collect(read(Json.migrations(List.of(Samples.migrated()))), names);
    names.removeAll(Samples.uploaded().image().properties().keySet());
    collect(read(Json.host(HostReport.ofThisHost())), names);
    String page = Files.readString(Path.of("../docs/json.md"));
    assertThat(names).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
  }

  private static void collect(JsonNode node, Set<String> names) {
    node.properties()
        .forEach(member -> {
          names.add(member.getKey());
          collect(member.getValue(), names);
        });
    if (node.isArray()) {
      node.forEach(element -> collect(element, names));
    }
  }

  @Test
  void sizesAreNumbersOfBytes() {
    JsonNode result =
        read(Json.conversion(
                Samples.converted("o"), 1_500_000_000, Optional.empty(), Optional.empty()))
            .get("result");
    assertThat(result.get("virtualSize").longValue()).isEqualTo(10L << 30);
    assertThat(result.get("dataWritten").longValue()).isEqualTo(812L << 20);
    assertThat(result.get("seconds").doubleValue()).isEqualTo(1.5);
  }

  @Test
  void whatDoesNotApplyIsLeftOut() {
    JsonNode kernels = read(Json.inspection(Samples.inspection())).get("inspection").get("kernels");
    assertThat(kernels.get(0).has("config")).isFalse();
    assertThat(kernels.get(1).has("initrd")).isFalse();
  }

  @Test
  void aPartitionHasTheNamesThatFstabMayCallItBy() {
    Partition partition =
        new Partition(
            2, new Extent(1 << 20, 1 << 20), false, FilesystemType.XFS, Map.of(Tag.LABEL, "home"));
    Guest guest =
        Samples.guest("Carbon")
            .withDisk(new DiskLayout.Partitioned(TableType.GPT, List.of(partition)), 1 << 30);
    JsonNode shown =
        read(Json.inspection(new Inspection(Path.of("x"), ImageFormat.RAW, guest)))
            .at("/inspection/layout/partitions/0");
    assertThat(shown.get("label").stringValue()).isEqualTo("home");
    assertThat(shown.has("uuid")).isFalse();
  }

  @Test
  void aRefusalIsAnErrorWithItsObstacles() {
    JsonNode document =
        read(
            Json.conversion(
                new Conversion.Refused(Samples.impossible()),
                1,
                Optional.empty(),
                Optional.empty()));
    assertThat(document.get("error").get("exitCode").intValue()).isEqualTo(1);
    assertThat(document.get("plan").get("obstacles").get(0).get("code").stringValue())
        .isEqualTo("VOY-GUEST-003");
    assertThat(document.has("result")).isFalse();
  }

  @Test
  void aMigrationThatFailedSaysWhereAndHowToGoOn() {
    JsonNode document = read(Json.migrations(List.of(Samples.migrated())));
    assertThat(document.get("error").get("code").stringValue()).isEqualTo("VOY-BOOT-005");
    JsonNode one = document.get("migrations").get(0);
    assertThat(one.get("steps").get(3).get("outcome").stringValue()).isEqualTo("failed");
    assertThat(one.get("launch").get("cause").get("code").stringValue())
        .isEqualTo(one.get("error").get("code").stringValue());
    assertThat(one.get("next").get(0).stringValue()).startsWith("voyageur launch");
  }

  @Test
  void isPlainAsciiWhateverTheGuestSays() {
    String document =
        Json.inspection(
            new Inspection(Path.of("x"), ImageFormat.RAW, Samples.guest("\u001b\u009b\u202e")));
    assertThat(document).matches("(?s)[\n -~]*");
    assertThat(
            read(document)
                .get("inspection")
                .get("operatingSystem")
                .get("productName")
                .stringValue())
        .contains("\u001b\u009b\u202e");
  }
}
