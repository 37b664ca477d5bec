package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.voyageur.guest.Guest;
import org.voyageur.guest.Network;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;

/** eth0 is whatever network card there is, and cloud metadata is reached through it. */
final class NetworkRule implements ConversionRule {
  private static final String NETWORK = "/etc/sysconfig/network";
  private static final String GENERATOR = "/etc/udev/rules.d/75-persistent-net-generator.rules";

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    TreeMap<String, Set<String>> pins = new TreeMap<>();
    for (Network.Pin pin : guest.network().pins()) {
      pins.computeIfAbsent(pin.file(), _ -> new TreeSet<>()).add(pin.text().strip());
    }
    pins.forEach((path, lines) ->
        guest
            .files()
            .get(path)
            .ifPresent(file ->
                changes.addAll(
                    FileChanges.edit(
                        file,
                        TextFile.of(file.text())
                            .without(line -> lines.contains(line.strip()))
                            .text(),
                        "The network card has another address under KVM, and one of its own"
                            + " in each instance"))));
    OperatingSystem system = guest.operatingSystem();
    if (system.family() == Family.RED_HAT) {
      guest
          .files()
          .get(NETWORK)
          .ifPresent(file -> {
            TextFile text = TextFile.of(file.text());
            // The init scripts look only whether it is empty.
            if (!text.anyMatch(line -> line.matches("\\s*(?:export\\s+)?NOZEROCONF=[^\\s#].*"))) {
              changes.addAll(
                  FileChanges.edit(
                      file,
                      text.append("NOZEROCONF=yes").text(),
                      "A route for 169.254.0.0/16 would hide the cloud's metadata service at"
                          + " 169.254.169.254"));
            }
          });
      // Debian's generator passes over KVM's cards, and el5 and el7 have none.
      if (system.majorVersion() == 6 && !guest.files().has(GENERATOR)) {
        changes.addAll(
            FileChanges.write(
                guest.files(),
                GENERATOR,
                """
                # Empty on purpose: hides the file of this name in /lib/udev/rules.d, which would
                # bind eth0 to the card of the first instance.
                """,
                0644,
                "udev would write the first instance's network card down, and a copy of it would"
                    + " have no eth0"));
      }
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return guest.network().interfaces().stream()
        .map(Network.Interface::name)
        .filter(name -> name.matches("enX\\d+"))
        .map(name ->
            "The network is configured for "
                + name
                + ", a name that only Xen's cards get; configure the card that KVM shows")
        .toList();
  }
}
