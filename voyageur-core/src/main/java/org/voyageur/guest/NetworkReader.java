package org.voyageur.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads how a guest's network is set up, and what binds it to the hardware that it had. */
final class NetworkReader {
  /** A rule that names a card by its address; before udev 098 that was SYSFS{address}. */
  private static final Pattern PERSISTENT_RULE =
      Pattern.compile("^[^#]*(?:ATTRS?|SYSFS)\\{address}==.*\\bNAME=\"");

  private static final Pattern HARDWARE_LINE = Pattern.compile("^\\s*(HWADDR|UUID)\\s*=");

  private static final Pattern IFACE = Pattern.compile("^\\s*iface\\s+(\\S+)\\s+inet\\s+(\\S+)");

  private NetworkReader() {}

  static Network read(GuestFiles files) {
    List<Network.Interface> interfaces = new ArrayList<>();
    List<Network.Pin> pins = new ArrayList<>();
    for (GuestFile file : files.in("/etc/sysconfig/network-scripts", "")) {
      String name = value(file, "DEVICE").orElse(file.path().replaceFirst(".*/ifcfg-", ""));
      if (!name.equals("lo")) {
        interfaces.add(
            new Network.Interface(name, value(file, "BOOTPROTO").orElse("none"), file.path()));
        pins.addAll(pins(file, HARDWARE_LINE));
      }
    }
    files.get("/etc/network/interfaces").ifPresent(file -> debian(file, interfaces));
    files.in("/etc/network/interfaces.d", "").forEach(file -> debian(file, interfaces));
    for (GuestFile file : files.in("/etc/udev/rules.d", ".rules")) {
      pins.addAll(pins(file, PERSISTENT_RULE));
    }
    return new Network(interfaces, pins);
  }

  private static void debian(GuestFile file, List<Network.Interface> interfaces) {
    file.text()
        .lines()
        .map(IFACE::matcher)
        .filter(Matcher::find)
        .filter(line -> !line.group(1).equals("lo"))
        .forEach(line ->
            interfaces.add(new Network.Interface(line.group(1), line.group(2), file.path())));
  }

  private static List<Network.Pin> pins(GuestFile file, Pattern pattern) {
    List<Network.Pin> pins = new ArrayList<>();
    int number = 0;
    for (String line : file.text().split("\n", -1)) {
      number++;
      if (pattern.matcher(line).find()) {
        pins.add(new Network.Pin(file.path(), number, line.strip()));
      }
    }
    return pins;
  }

  private static Optional<String> value(GuestFile file, String name) {
    return file.text()
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).replace("\"", "").replace("'", ""))
        .findFirst();
  }
}
