package org.voyageur.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** KernelRpmIT compares a real kernel's tables with the real depmod's. */
class ModuleTablesTest {
  private static KernelModule module(String name, String... depends) {
    return new KernelModule(
        "/lib/modules/1/kernel/" + name.replace('_', '-') + ".ko",
        name,
        List.of(depends),
        List.of(name + ":*"),
        List.of(name + "_start"));
  }

  @Test
  void whatAModuleNeedsStandsBehindItInReverse() {
    ModuleTables tables =
        new ModuleTables(
            List.of(
                module("virtio_blk", "virtio_ring", "virtio"),
                module("virtio_ring"),
                module("virtio", "built_in")));
    assertThat(tables.texts())
        .containsEntry(
            "modules.dep",
            """
            /lib/modules/1/kernel/virtio-blk.ko: /lib/modules/1/kernel/virtio.ko /lib/modules/1/kernel/virtio-ring.ko
            /lib/modules/1/kernel/virtio-ring.ko:
            /lib/modules/1/kernel/virtio.ko:
            """)
        .containsEntry(
            "modules.alias",
            """
            # Aliases extracted from modules themselves.
            alias virtio_blk:* virtio_blk
            alias virtio_ring:* virtio_ring
            alias virtio:* virtio
            """)
        .extractingByKey("modules.symbols")
        .asString()
        .contains("alias symbol:virtio_start virtio\n");
    assertThat(tables.loadOrder("virtio_blk"))
        .containsExactly(
            "/lib/modules/1/kernel/virtio-ring.ko",
            "/lib/modules/1/kernel/virtio.ko",
            "/lib/modules/1/kernel/virtio-blk.ko");
  }

  @Test
  void modulesThatNeedEachOtherInCirclesTakeNoTime() {
    List<String> names = IntStream.range(0, 200).mapToObj(i -> "m" + i).toList();
    List<KernelModule> modules = new ArrayList<>();
    names.forEach(name -> modules.add(module(name, names.toArray(String[]::new))));
    assertThat(new ModuleTables(modules).loadOrder("m0")).hasSizeGreaterThan(99);
  }
}
