package org.voyageur.openstack;

import java.util.LinkedHashMap;
import java.util.Map;
import org.voyageur.guest.OperatingSystem;

/**
 * What Nova and the dashboard are told of an image.
 *
 * @see <a href="https://docs.openstack.org/glance/latest/admin/useful-image-properties.html">Useful
 *     image properties</a>
 */
public final class ImageProperties {
  private ImageProperties() {}

  /** Of a guest that {@code convert} made: it has virtio's drivers. */
  public static Map<String, String> of(OperatingSystem system) {
    Map<String, String> properties = new LinkedHashMap<>();
    if (!system.architecture().equals("unknown")) {
      properties.put("architecture", architecture(system.architecture()));
    }
    properties.put("os_type", "linux");
    if (!system.distribution().isEmpty()) {
      properties.put("os_distro", distribution(system.distribution()));
    }
    if (!system.version().isEmpty()) {
      properties.put("os_version", system.version());
    }
    properties.put("hw_disk_bus", "virtio");
    properties.put("hw_vif_model", "virtio");
    // Old X servers and the kernel's text console know it, unlike virtio's.
    properties.put("hw_video_model", "vga");
    properties.put("hw_rng_model", "virtio");
    // Both KVM and QEMU's emulation, as the page above says.
    properties.put("hypervisor_type", "qemu");
    return properties;
  }

  private static String architecture(String machine) {
    return machine.matches("i[3-6]86") ? "i686" : machine;
  }

  /** libosinfo's names, where they are not those of os-release. */
  private static String distribution(String name) {
    return switch (name) {
      case "scientific" -> "scientificlinux";
      case "redhat" -> "rhel";
      case "arch" -> "archlinux";
      case "oracle" -> "ol";
      default -> name.startsWith("opensuse") ? "opensuse" : name;
    };
  }
}
