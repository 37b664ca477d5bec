package org.voyageur.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.plan.Customisation.Password;

/** Passwords of accounts, hashed as the guest's own crypt(3) knows. Format: shadow(5). */
final class PasswordRule implements ConversionRule {
  static final String SHADOW = "/etc/shadow";

  /** Such as libcrypt-2.5.so; libxcrypt calls its own libcrypt.so.1.1.0. */
  private static final Pattern LIBRARY = Pattern.compile("(?:.*/)?libcrypt-2\\.(\\d{1,3})\\.so");

  private final List<Password> passwords;

  PasswordRule(List<Password> passwords) {
    this.passwords = passwords;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    Optional<GuestFile> shadow = guest.files().get(SHADOW);
    Optional<GuestFile> passwd = guest.files().get(Account.PASSWD);
    if (shadow.isEmpty() || passwd.isEmpty()) {
      return List.of();
    }
    CryptHash hash = scheme(guest);
    String text = shadow.get().text();
    String accounts = passwd.get().text();
    for (Password password : passwords) {
      if (!isSet(text, password, hash)) {
        text = withHash(text, password, hash.hash(password.clear(), password.salt()));
      }
      accounts = shadowed(accounts, password.user());
    }
    List<Change> changes = new ArrayList<>();
    String users = String.join(", ", passwords.stream().map(Password::user).distinct().toList());
    changes.addAll(
        FileChanges.editSecret(
            shadow.get(),
            text,
            "A new password for " + users + ", hashed with " + hash.algorithm()));
    changes.addAll(
        FileChanges.editSecret(
            passwd.get(), accounts, "The password of " + users + " is kept in " + SHADOW));
    return changes;
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    List<Finding> obstacles = new ArrayList<>();
    if (!guest.files().has(SHADOW)) {
      obstacles.add(
          new Finding(
              Severity.OBSTACLE,
              ErrorCode.CUSTOM_ACCOUNT,
              "the guest has no /etc/shadow, where a password would be kept",
              "Set the password inside the guest"));
    }
    passwords.stream()
        .map(Password::user)
        .distinct()
        .filter(user -> Account.find(guest.files(), user).isEmpty())
        .map(user -> Account.missing(guest.files(), user))
        .forEach(obstacles::add);
    return obstacles;
  }

  /** The strongest that the guest's C library surely knows. */
  static CryptHash scheme(Guest guest) {
    GuestFiles files = guest.files();
    boolean inUse =
        files.get(SHADOW).map(GuestFile::text).orElse("").contains(":" + CryptHash.SHA512.prefix());
    Optional<Integer> glibc =
        files.byPath().values().stream()
            .filter(file -> file.path().endsWith("/libcrypt.so.1"))
            .map(file -> LIBRARY.matcher(file.text()))
            .filter(Matcher::matches)
            .map(version -> Integer.valueOf(version.group(1)))
            .findFirst();
    boolean older =
        glibc
            .map(version -> version < 7)
            .orElse(
                guest.operatingSystem().family() == Family.RED_HAT
                    && guest.operatingSystem().majorVersion() < 6);
    return inUse || !older ? CryptHash.SHA512 : CryptHash.MD5;
  }

  /** A hash of the same password with another salt would be no change. */
  private static boolean isSet(String shadow, Password password, CryptHash hash) {
    return TextFile.of(shadow)
        .anyMatch(line -> {
          String[] fields = line.split(":", 3);
          return fields.length == 3
              && fields[0].equals(password.user())
              && hash.isOf(password.clear(), fields[1]);
        });
  }

  private static String withHash(String shadow, Password password, String hash) {
    TextFile text = TextFile.of(shadow);
    String prefix = password.user() + ":";
    return text.anyMatch(line -> line.startsWith(prefix))
        ? text.map(line -> line.startsWith(prefix) ? withHash(line, hash, password.day()) : line)
            .text()
        : text.append(prefix + hash + ":" + password.day() + ":0:99999:7:::").text();
  }

  private static String withHash(String line, String hash, long day) {
    String[] fields = line.split(":", -1);
    if (fields.length < 3) {
      String[] padded = Arrays.copyOf(fields, 9);
      Arrays.fill(padded, fields.length, 9, "");
      fields = padded;
    }
    fields[1] = hash;
    fields[2] = Long.toString(day);
    return String.join(":", fields);
  }

  /** A hash in passwd(5) itself would go before that in shadow(5). */
  private static String shadowed(String passwd, String user) {
    return TextFile.of(passwd)
        .map(line ->
            line.startsWith(user + ":") ? line.replaceFirst("^([^:]*):[^:]*:", "$1:x:") : line)
        .text();
  }
}
