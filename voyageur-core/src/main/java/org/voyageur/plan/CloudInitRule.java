package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;

/**
 * An installed cloud-init asks OpenStack and nobody else, and has the user that it gives keys to.
 * Until 0.6 (Ubuntu 12.04) it expects that user to be there, from 0.7 on it creates it.
 */
final class CloudInitRule implements ConversionRule {
  static final String CONFIG = "/etc/cloud/cloud.cfg";
  private static final String DIRECTORY = "/etc/cloud/cloud.cfg.d";

  /** Behind the packages' own, such as 90_dpkg.cfg: the last in name order wins. */
  private static final String OWN = DIRECTORY + "/99_voyageur.cfg";

  /**
   * By preference. The drive needs no network; Ec2's format is what OpenStack serves to versions
   * that do not know its own; None ends the search.
   */
  private static final List<String> SOURCES = List.of("ConfigDrive", "OpenStack", "Ec2", "None");

  private static final Pattern SOURCE =
      Pattern.compile(".*/cloudinit(/sources)?/DataSource(\\w*)\\.py");

  private static final Pattern USER = Pattern.compile("(?m)^user:\\s*[\"']?([A-Za-z_][\\w.-]*)");

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    return guest.files().has(CONFIG)
        ? List.of()
        : List.of(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_NO_CLOUD_INIT,
                "cloud-init is not installed in the guest: there is no " + CONFIG,
                "Give --network too, and the guest's own package manager installs it; or install it"
                    + " inside the guest"));
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    GuestFiles files = guest.files();
    Optional<GuestFile> config = files.get(CONFIG);
    if (config.isEmpty()) {
      return List.of();
    }
    String text = config.get().text();
    boolean old = isOld(files, text);
    String user = defaultUser(guest.operatingSystem(), text);
    TextFile settings =
        TextFile.of("")
            .append("datasource_list: [ " + String.join(", ", sources(files, old)) + " ]");
    if (old) {
      settings = settings.append("user: " + user);
    }
    if (!old && !text.lines().anyMatch(line -> line.startsWith("users:"))) {
      settings = settings.append("users: [ default ]");
    }
    String reason = "cloud-init looks for OpenStack's metadata, and not for that of other clouds";
    List<Change> changes = new ArrayList<>();
    changes.addAll(
        files.has(DIRECTORY)
            ? FileChanges.write(
                files, OWN, "# Written by voyageur.\n" + settings.text(), 0644, reason)
            // Before 0.6 there is no such directory.
            : FileChanges.edit(config.get(), withSettings(text, settings), reason));
    if (old && Account.find(files, user).isEmpty()) {
      changes.addAll(account(files, user, guest.operatingSystem()));
    }
    return changes;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    Optional<GuestFile> config = guest.files().get(CONFIG);
    if (config.isEmpty()) {
      return List.of();
    }
    String text = config.get().text();
    return isOld(guest.files(), text)
        ? List.of(
            "cloud-init gives the instance's key to "
                + defaultUser(guest.operatingSystem(), text)
                + ", who may become root by sudo")
        : List.of();
  }

  private static Set<String> installed(GuestFiles files, String directory) {
    return files.byPath().keySet().stream()
        .map(SOURCE::matcher)
        .filter(Matcher::matches)
        .filter(source -> directory.equals(source.group(1) == null ? "" : source.group(1)))
        .map(source -> source.group(2))
        .collect(Collectors.toSet());
  }

  /** 0.7 moved the data sources into a package of their own, and brought {@code system_info}. */
  private static boolean isOld(GuestFiles files, String config) {
    return installed(files, "/sources").isEmpty()
        && (!installed(files, "").isEmpty() || !config.contains("system_info:"));
  }

  /** A name that it does not know would end the old one. */
  private static List<String> sources(GuestFiles files, boolean old) {
    Set<String> installed = installed(files, old ? "" : "/sources");
    List<String> known = SOURCES.stream().filter(installed::contains).toList();
    return known.isEmpty() ? (old ? List.of("Ec2") : SOURCES) : known;
  }

  private static Optional<String> configuredUser(String config) {
    Matcher user = USER.matcher(config);
    return user.find() ? Optional.of(user.group(1)) : Optional.empty();
  }

  private static String defaultUser(OperatingSystem system, String config) {
    String usual =
        switch (system.family()) {
          case RED_HAT -> "ec2-user";
          case DEBIAN -> system.distribution().equals("ubuntu") ? "ubuntu" : "debian";
          case OTHER -> "cloud-user";
        };
    // What cloud-init's authors wrote into every configuration of theirs is nobody's choice.
    return configuredUser(config)
        .filter(name -> system.family() == Family.DEBIAN || !name.equals("ubuntu"))
        .orElse(usual);
  }

  /** Each setting in the place of the one that was there, and of the list below that. */
  private static String withSettings(String config, TextFile settings) {
    List<String> keys =
        settings.lines().stream().map(line -> line.text().replaceFirst(":.*", ":")).toList();
    boolean[] inside = {false};
    TextFile text =
        TextFile.of(config)
            .without(line -> {
              inside[0] =
                  keys.stream().anyMatch(line::startsWith)
                      || (inside[0] && line.matches("(?:\\s+|-\\s).*"));
              return inside[0];
            });
    for (TextFile.Line line : settings.lines()) {
      text = text.append(line.text());
    }
    return text.text();
  }

  /** As useradd would make it, without a password. */
  private static List<Change> account(GuestFiles files, String user, OperatingSystem system) {
    String reason =
        "This version of cloud-init gives the instance's key to "
            + user
            + " and does not create it";
    int id = freeId(files, system);
    FileOwner owner = new FileOwner(id, id);
    String home = "/home/" + user;
    List<Change> changes = new ArrayList<>();
    changes.addAll(
        append(
            files,
            Account.PASSWD,
            "%s:x:%d:%d::%s:/bin/bash".formatted(user, id, id, home),
            reason));
    changes.addAll(append(files, "/etc/group", "%s:x:%d:".formatted(user, id), reason));
    // No password is right, and the account is not locked: sshd takes its keys also without PAM.
    changes.addAll(append(files, PasswordRule.SHADOW, user + ":*::0:99999:7:::", reason));
    changes.addAll(append(files, "/etc/gshadow", user + ":!::", reason));
    if (!files.has(home)) {
      changes.add(
          new Change.CreateFile(
              new GuestFile(home, FileType.DIRECTORY, owner, 0700, home), reason));
      Stream.of(".bashrc", ".bash_logout", ".bash_profile", ".profile")
          .flatMap(name -> files.get("/etc/skel/" + name).stream())
          .filter(file -> file.type() == FileType.REGULAR)
          .map(file ->
              new Change.CreateFile(
                  new GuestFile(
                      home + file.path().substring("/etc/skel".length()),
                      FileType.REGULAR,
                      owner,
                      file.mode(),
                      file.text()),
                  reason))
          .forEach(changes::add);
    }
    changes.addAll(sudo(files, user));
    return changes;
  }

  private static List<Change> sudo(GuestFiles files, String user) {
    String line = user + " ALL=(ALL) NOPASSWD:ALL";
    String reason = user + " may become root, as in every cloud's images";
    Optional<GuestFile> sudoers = files.get("/etc/sudoers");
    if (sudoers.isEmpty()) {
      return List.of();
    }
    boolean included =
        sudoers
            .get()
            .text()
            .lines()
            .anyMatch(one -> one.matches("[#@]includedir\\s+/etc/sudoers\\.d/?\\s*"));
    return included
        ? FileChanges.write(files, "/etc/sudoers.d/90-voyageur", line + "\n", 0440, reason)
        : append(files, "/etc/sudoers", line, reason);
  }

  private static List<Change> append(GuestFiles files, String path, String line, String reason) {
    return files
        .get(path)
        .map(file -> {
          String text = TextFile.of(file.text()).append(line).text();
          return path.endsWith("shadow")
              ? FileChanges.editSecret(file, text, reason)
              : FileChanges.edit(file, text, reason);
        })
        .orElse(List.of());
  }

  /** The first that neither an account nor a group has, from where people's numbers begin. */
  private static int freeId(GuestFiles files, OperatingSystem system) {
    Set<Integer> taken =
        Stream.of(Account.PASSWD, "/etc/group")
            .flatMap(path -> files.get(path).stream())
            .flatMap(file -> file.text().lines())
            .map(line -> line.split(":", 4))
            .filter(fields -> fields.length > 2 && fields[2].matches("\\d{1,9}"))
            .map(fields -> Integer.valueOf(fields[2]))
            .collect(Collectors.toSet());
    int first = system.family() == Family.RED_HAT && system.majorVersion() < 7 ? 500 : 1000;
    return IntStream.iterate(first, id -> id + 1)
        .filter(id -> !taken.contains(id))
        .findFirst()
        .orElseThrow();
  }
}
