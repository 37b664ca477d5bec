package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;

/**
 * The guest's own name: HOSTNAME in Red Hat's /etc/sysconfig/network until el6, /etc/hostname in
 * all others, and what /etc/hosts says of the old one.
 */
final class HostnameRule implements ConversionRule {
  private static final String NETWORK = "/etc/sysconfig/network";
  private static final String FILE = "/etc/hostname";
  private static final String HOSTS = "/etc/hosts";
  private static final String REASON = "The guest is to be called ";
  private static final Pattern SETTING =
      Pattern.compile("\\s*(?:export\\s+)?HOSTNAME=[\"']?([^\"'\\s#]*).*");

  private final String name;

  HostnameRule(String name) {
    this.name = name;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    List<Change> changes = new ArrayList<>();
    boolean inNetwork =
        guest.operatingSystem().family() == Family.RED_HAT
            && guest.operatingSystem().init() != InitSystem.SYSTEMD;
    if (inNetwork) {
      changes.addAll(
          FileChanges.write(
              guest.files(),
              NETWORK,
              guest
                  .files()
                  .get(NETWORK)
                  .map(file -> withSetting(TextFile.of(file.text())))
                  .orElse("NETWORKING=yes\nHOSTNAME=" + name + "\n"),
              0644,
              REASON + name));
    } else {
      changes.addAll(FileChanges.write(guest.files(), FILE, name + "\n", 0644, REASON + name));
    }
    guest
        .files()
        .get(HOSTS)
        .ifPresent(hosts ->
            changes.addAll(
                FileChanges.edit(
                    hosts,
                    withName(
                        TextFile.of(hosts.text()),
                        oldName(guest, inNetwork),
                        guest.operatingSystem().family() == Family.DEBIAN),
                    REASON + name + ", and finds itself by that name")));
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    return guest.files().has(CloudInitRule.CONFIG)
        ? List.of(
            "cloud-init gives each instance the name that it was launched with, instead of "
                + name
                + ", unless its configuration says 'preserve_hostname: true'")
        : List.of();
  }

  private String withSetting(TextFile text) {
    return text.anyMatch(line -> SETTING.matcher(line).matches())
        ? text.map(line -> SETTING.matcher(line).matches() ? "HOSTNAME=" + name : line).text()
        : text.append("HOSTNAME=" + name).text();
  }

  private static Optional<String> oldName(Guest guest, boolean inNetwork) {
    return guest
        .files()
        .get(inNetwork ? NETWORK : FILE)
        .map(GuestFile::text)
        .flatMap(text ->
            text.lines()
                .map(inNetwork ? SETTING::matcher : Pattern.compile("\\s*([^\\s#]+).*")::matcher)
                .filter(Matcher::matches)
                .map(line -> line.group(1))
                .findFirst())
        .filter(old -> !old.isEmpty() && !old.startsWith("localhost"));
  }

  /** The old name replaced on the lines of this machine; Debian has one of them for the name. */
  private String withName(TextFile hosts, Optional<String> old, boolean ownLine) {
    TextFile changed =
        hosts.map(line ->
            line.matches("(?:127\\.|::1\\b).*")
                ? old.map(from -> renamed(line, from)).orElse(line)
                : line);
    Pattern word = Pattern.compile(".*\\s" + Pattern.quote(name) + "(?:\\s.*|$)");
    if (!ownLine || changed.anyMatch(line -> word.matcher(line).matches())) {
      return changed.text();
    }
    String own = "127.0.1.1\t" + name + (shortOf(name).equals(name) ? "" : " " + shortOf(name));
    return changed.anyMatch(line -> line.startsWith("127.0.1.1"))
        ? changed.map(line -> line.startsWith("127.0.1.1") ? own : line).text()
        : changed.append(own).text();
  }

  private String renamed(String line, String from) {
    String whole = word(from).matcher(line).replaceAll(Matcher.quoteReplacement(name));
    // A name without a domain may be called like one of the others on the line.
    return from.contains(".")
        ? word(shortOf(from)).matcher(whole).replaceAll(Matcher.quoteReplacement(shortOf(name)))
        : whole;
  }

  private static Pattern word(String name) {
    return Pattern.compile("(?<=\\s)" + Pattern.quote(name) + "(?=\\s|$)");
  }

  private static String shortOf(String name) {
    return name.replaceFirst("\\..*", "");
  }
}
