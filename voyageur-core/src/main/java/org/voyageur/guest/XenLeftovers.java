package org.voyageur.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.voyageur.filesystem.GuestFilesystem;

/** Finds what only makes sense under Xen. */
final class XenLeftovers {
  private static final List<String> ARGUMENTS =
      List.of("xencons=", "clocksource=xen", "independent_wallclock", "console=hvc", "console=xvc");

  private static final Pattern ALIAS = Pattern.compile("alias\\s+\\S+\\s+xen(?:net|blk|[-_]\\w+)");

  private static final List<String> AGENTS =
      List.of("/usr/sbin/xe-daemon", "/etc/init.d/xe-linux-distribution");

  private XenLeftovers() {}

  static List<String> find(
      GuestFiles files, Optional<XenBoot> xenBoot, Consoles consoles, GuestFilesystem filesystem) {
    List<String> found = new ArrayList<>();
    consoles.gettys().stream()
        .filter(terminal -> terminal.startsWith("xvc") || terminal.startsWith("hvc"))
        .forEach(terminal -> found.add("a getty runs on Xen's console " + terminal));
    xenBoot.ifPresent(boot ->
        Stream.of(boot.arguments().split("\\s+"))
            .filter(word -> ARGUMENTS.stream().anyMatch(word::startsWith))
            .forEach(word -> found.add(boot.configFile() + " passes the kernel " + word)));
    Stream.concat(
            files.get("/etc/modprobe.conf").stream(), files.in("/etc/modprobe.d", ".conf").stream())
        .forEach(file ->
            file.text()
                .lines()
                .map(String::strip)
                .filter(line -> ALIAS.matcher(line).matches())
                .forEach(line -> found.add(file.path() + " has '" + line + "'")));
    files.get("/etc/sysctl.conf").stream()
        .flatMap(file -> file.text().lines())
        .map(String::strip)
        .filter(line -> line.startsWith("xen."))
        .forEach(line -> found.add("/etc/sysctl.conf sets '" + line + "'"));
    AGENTS.stream()
        .filter(path -> filesystem.stat(path).isPresent())
        .forEach(path -> found.add("XenServer's guest tools are installed: " + path));
    return found;
  }
}
