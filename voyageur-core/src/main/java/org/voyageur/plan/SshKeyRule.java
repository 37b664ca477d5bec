package org.voyageur.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.plan.Customisation.AuthorizedKey;

/** Keys that let one log in. Format: authorized_keys, sshd(8). */
final class SshKeyRule implements ConversionRule {
  private static final String FILE = "/.ssh/authorized_keys";

  private static final Pattern KEYS_FILE =
      Pattern.compile("(?im)^\\s*AuthorizedKeysFile\\s*[\\s=]\\s*(.*?)\\s*$");

  private final List<AuthorizedKey> keys;

  SshKeyRule(List<AuthorizedKey> keys) {
    this.keys = keys;
  }

  @Override
  public List<Change> changes(Guest guest, Target target) {
    GuestFiles files = guest.files();
    List<Change> changes = new ArrayList<>();
    for (String user : users()) {
      Optional<Account> account = Account.find(files, user);
      Optional<GuestFile> home = account.flatMap(one -> files.get(one.home()));
      if (account.isEmpty() || home.isEmpty()) {
        continue; // An obstacle says so.
      }
      String reason = "With its key one may log in as " + user;
      String directory = home.get().text() + "/.ssh";
      changes.addAll(
          FileChanges.write(
              files,
              new GuestFile(directory, FileType.DIRECTORY, account.get().owner(), 0700, directory),
              reason));
      String path = home.get().text() + FILE;
      String text = withKeys(files.get(path).map(GuestFile::text).orElse(""), user);
      changes.addAll(
          FileChanges.write(
              files,
              new GuestFile(path, FileType.REGULAR, account.get().owner(), 0600, text),
              reason));
    }
    return changes;
  }

  @Override
  public List<Finding> obstacles(Guest guest, Target target) {
    GuestFiles files = guest.files();
    List<Finding> obstacles = new ArrayList<>();
    for (String user : users()) {
      Optional<Account> account = Account.find(files, user);
      if (account.isEmpty()) {
        obstacles.add(Account.missing(files, user));
      } else if (!files.has(account.get().home())) {
        obstacles.add(
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_ACCOUNT,
                "the home directory of "
                    + user
                    + ", "
                    + account.get().home()
                    + ", is not in the guest's root filesystem",
                "Name another account, or add the key inside the guest"));
      }
    }
    KEYS_FILE
        .matcher(files.get("/etc/ssh/sshd_config").map(GuestFile::text).orElse(""))
        .results()
        .map(setting -> setting.group(1))
        .findFirst()
        .filter(setting -> !setting.matches("(?:.*\\s)?\"?(?:%h/)?\\.ssh/authorized_keys\\b.*"))
        .map(setting ->
            new Finding(
                Severity.OBSTACLE,
                ErrorCode.CUSTOM_ACCOUNT,
                "sshd takes keys from " + setting + ", expected .ssh/authorized_keys",
                "Put the key there with 'voyageur put'"))
        .ifPresent(obstacles::add);
    return obstacles;
  }

  @Override
  public List<String> notes(Guest guest, Target target) {
    List<String> notes = new ArrayList<>();
    for (String user : users()) {
      Account.find(guest.files(), user)
          .flatMap(account -> guest.files().get(account.home()))
          .flatMap(home ->
              List.of(home.text(), home.text() + "/.ssh", home.text() + FILE).stream()
                  .flatMap(path -> guest.files().get(path).stream())
                  // sshd_config(5), StrictModes.
                  .filter(file -> (file.mode() & 022) != 0)
                  .findFirst())
          .map(file ->
              "sshd does not take keys of "
                  + user
                  + " while others than its owner may write to "
                  + file.path())
          .ifPresent(notes::add);
    }
    keys.stream()
        .map(AuthorizedKey::type)
        .filter(type -> !type.equals("ssh-rsa") && !type.equals("ssh-dss"))
        .filter(_ -> old(guest.operatingSystem()))
        .findFirst()
        .map(type -> "The guest's sshd is older than keys of the type " + type + "; use one of RSA")
        .ifPresent(notes::add);
    return notes;
  }

  /** OpenSSH before 6.5 (January 2014), which brought ed25519. */
  private static boolean old(OperatingSystem system) {
    return switch (system.family()) {
      case RED_HAT -> system.majorVersion() < 7;
      case DEBIAN ->
          system.distribution().equals("ubuntu")
              ? system.majorVersion() < 14
              : system.majorVersion() < 8;
      case OTHER -> false;
    };
  }

  private List<String> users() {
    return keys.stream().map(AuthorizedKey::user).distinct().toList();
  }

  private String withKeys(String present, String user) {
    TextFile text = TextFile.of(present);
    for (AuthorizedKey key : keys) {
      String added = key.key();
      if (key.user().equals(user) && !text.anyMatch(line -> line.contains(added))) {
        text = text.append(key.line());
      }
    }
    return text.text();
  }
}
