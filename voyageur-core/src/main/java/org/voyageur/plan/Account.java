package org.voyageur.plan;

import java.util.List;
import java.util.Optional;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Finding.Severity;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.GuestFiles;

/**
 * An account of the guest's, by passwd(5).
 *
 * @param home its home directory as that says it
 */
record Account(String name, FileOwner owner, String home) {
  static final String PASSWD = "/etc/passwd";

  /** All that are well-formed. */
  static List<Account> all(GuestFiles files) {
    return files
        .get(PASSWD)
        .map(GuestFile::text)
        .orElse("")
        .lines()
        .map(line -> line.split(":", -1))
        .filter(fields -> fields.length == 7)
        .filter(fields -> fields[2].matches("\\d{1,9}") && fields[3].matches("\\d{1,9}"))
        .map(fields ->
            new Account(
                fields[0],
                new FileOwner(Integer.parseInt(fields[2]), Integer.parseInt(fields[3])),
                fields[5]))
        .toList();
  }

  static Optional<Account> find(GuestFiles files, String name) {
    return all(files).stream().filter(account -> account.name.equals(name)).findFirst();
  }

  /** That there is no such account. */
  static Finding missing(GuestFiles files, String name) {
    return new Finding(
        Severity.OBSTACLE,
        ErrorCode.CUSTOM_ACCOUNT,
        "the guest has no account " + name,
        "Name one of its own: "
            + String.join(
                ", ",
                all(files).stream()
                    .filter(account -> account.owner.uid() == 0 || account.owner.uid() >= 500)
                    .map(Account::name)
                    .limit(10)
                    .toList()));
  }
}
