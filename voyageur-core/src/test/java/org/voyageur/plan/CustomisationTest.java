package org.voyageur.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.filesystem.FileOwner;
import org.voyageur.filesystem.FileType;
import org.voyageur.guest.Finding;
import org.voyageur.guest.Guest;
import org.voyageur.guest.GuestFile;
import org.voyageur.guest.OperatingSystem;
import org.voyageur.guest.OperatingSystem.Family;
import org.voyageur.guest.OperatingSystem.InitSystem;
import org.voyageur.plan.Customisation.AuthorizedKey;
import org.voyageur.plan.Customisation.Password;
import org.voyageur.plan.Customisation.Script;

class CustomisationTest {
  private static final String KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA user@host";

  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/bash
      bin:x:1:1:bin:/bin:/sbin/nologin
      astro:x:500:500:Astronomer:/home/astro:/bin/bash
      """;

  private static final String SHADOW =
      """
      root:$1$abcdefgh$oldoldoldoldoldoldoldo:15000:0:99999:7:::
      bin:*:15000:0:99999:7:::
      astro:!!:15000:0:99999:7:::
      """;

  static Stream<Guest> guests() {
    return StandIns.all().stream().map(CustomisationTest::withAccounts);
  }

  private static Guest withAccounts(Guest guest) {
    Guest with = with(guest, "/etc/passwd", 0644, PASSWD);
    with = with(with, "/etc/shadow", 0400, SHADOW);
    with = with(with, "/etc/group", 0644, "root:x:0:\nbin:x:1:\nastro:x:500:\n");
    with = with(with, "/etc/hosts", 0644, "127.0.0.1 megapipe localhost\n10.0.0.7 megapipe\n");
    with = withDirectory(with, "/root");
    return withDirectory(with, "/home/astro");
  }

  private static Guest with(Guest guest, String path, int mode, String text) {
    return guest.withFiles(
        guest.files().with(new GuestFile(path, FileType.REGULAR, FileOwner.ROOT, mode, text)));
  }

  private static Guest withDirectory(Guest guest, String path) {
    return guest.withFiles(
        guest.files().with(new GuestFile(path, FileType.DIRECTORY, FileOwner.ROOT, 0755, path)));
  }

  private static Password password(String user) {
    return new Password(user, "correct horse", "saltsaltsaltsalt", 20000);
  }

  private static Customisation all() {
    return new Customisation(
        Optional.of("pipe1.example.org"),
        List.of(password("root"), password("astro")),
        List.of(new AuthorizedKey("astro", KEY)),
        List.of(new Script("set up!.sh", "#!/bin/sh\necho done\n")),
        false);
  }

  private static Customisation none() {
    return Customisation.NONE;
  }

  private static Plan plan(Guest guest, Customisation customisation) {
    return Planner.plan(guest, Target.KVM, DiskShape.KEPT, customisation);
  }

  private static String after(Guest guest, Plan plan, String path) {
    return Planner.after(guest, plan.changes()).files().get(path).orElseThrow().text();
  }

  @ParameterizedTest
  @MethodSource("guests")
  void appliedToItsOwnResultItChangesNothingMore(Guest guest) {
    Plan first = plan(guest, all());
    Guest after = Planner.after(guest, first.changes());
    assertThat(plan(after, all()).changes()).isEqualTo(plan(after, none()).changes());
  }

  @ParameterizedTest
  @MethodSource("guests")
  void noFileIsChangedTwiceAndEveryChangeSaysWhy(Guest guest) {
    List<String> paths = new ArrayList<>();
    for (Change change : plan(guest, all()).changes()) {
      assertThat(change.reason()).isNotBlank().doesNotEndWith(".");
      switch (change) {
        case Change.EditFile edit -> paths.add(edit.path());
        case Change.EditSecretFile edit -> paths.add(edit.path());
        case Change.CreateFile create -> paths.add(create.path());
        case Change.RemoveFile remove -> paths.add(remove.path());
        case Change.ReplayJournal _,
            Change.SetLabel _,
            Change.CreatePartition _,
            Change.GrowFilesystem _,
            Change.InstallKernelFiles _,
            Change.WriteModuleTables _,
            Change.WriteInitrd _,
            Change.WriteSupplement _,
            Change.FillHoles _,
            Change.InstallBootCode _ -> {}
      }
    }
    assertThat(paths).doesNotHaveDuplicates().contains("/etc/shadow");
    assertThat(plan(guest, all()).changes().getLast()).isInstanceOf(Change.InstallBootCode.class);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void noPasswordAndNoHashIsInAnythingThatIsPrinted(Guest guest) {
    Plan plan = plan(guest, all());
    List<String> printed = new ArrayList<>();
    for (Change change : plan.changes()) {
      printed.add(change.reason());
      if (change instanceof Change.EditFile edit) {
        printed.add(edit.before().text() + edit.after());
      }
      if (change instanceof Change.EditSecretFile secret) {
        printed.add(secret.toString());
      }
    }
    printed.add(plan.notes() + "" + all());
    assertThat(printed)
        .noneMatch(text -> text.contains("correct horse"))
        .noneMatch(text -> text.contains("$6$") || text.contains("$1$"));
  }

  @Test
  void aPasswordIsHashedAsTheGuestKnowsItAndTheRestOfItsLineStays() {
    Guest el5 = withAccounts(StandIns.scientific5());
    String shadow = after(el5, plan(el5, all()), "/etc/shadow");
    assertThat(shadow.lines())
        .containsExactly(
            "root:"
                + CryptHash.MD5.hash("correct horse", "saltsaltsaltsalt")
                + ":20000:0:99999:7:::",
            "bin:*:15000:0:99999:7:::",
            "astro:"
                + CryptHash.MD5.hash("correct horse", "saltsaltsaltsalt")
                + ":20000:0:99999:7:::");
    Guest el6 = withAccounts(StandIns.scientific6());
    assertThat(after(el6, plan(el6, all()), "/etc/shadow")).contains("root:$6$saltsaltsaltsalt$");
  }

  @Test
  void thePasswordThatAnAccountHasIsNotSetAgain() {
    Guest guest = withAccounts(StandIns.scientific5());
    Guest after = Planner.after(guest, plan(guest, all()).changes());
    Password same = new Password("root", "correct horse", "otherotherothero", 21000);
    Password other = new Password("root", "correct horsf", "otherotherothero", 21000);
    assertThat(plan(after, passwords(same)).changes()).isEmpty();
    assertThat(after(after, plan(after, passwords(other)), "/etc/shadow")).contains(":21000:");
  }

  private static Customisation passwords(Password password) {
    return new Customisation(Optional.empty(), List.of(password), List.of(), List.of(), false);
  }

  @Test
  void theKindOfHashIsThatOfTheGuestsLibraryOrOfThoseItHas() {
    Guest el5 = withAccounts(StandIns.scientific5());
    assertThat(PasswordRule.scheme(el5)).isEqualTo(CryptHash.MD5);
    assertThat(PasswordRule.scheme(with(el5, "/etc/shadow", 0400, "root:$6$a$b:1::::::\n")))
        .isEqualTo(CryptHash.SHA512);
    assertThat(PasswordRule.scheme(with(el5, "/lib64/libcrypt.so.1", 0777, "libcrypt-2.12.so")))
        .isEqualTo(CryptHash.SHA512);
    Guest precise = withAccounts(StandIns.ubuntu1204());
    assertThat(PasswordRule.scheme(with(precise, "/lib/libcrypt.so.1", 0777, "libcrypt-2.5.so")))
        .isEqualTo(CryptHash.MD5);
  }

  @Test
  void aHashInPasswdItselfNoLongerCounts() {
    Guest guest =
        with(
            withAccounts(StandIns.scientific5()),
            "/etc/passwd",
            0644,
            "root:$1$x$y:0:0:root:/root:/bin/bash\nbin:*:1:1::/bin:/bin/sh\n");
    Plan plan = plan(guest, passwords(password("root")));
    assertThat(after(guest, plan, "/etc/passwd"))
        .isEqualTo("root:x:0:0:root:/root:/bin/bash\nbin:*:1:1::/bin:/bin/sh\n");
    assertThat(plan.changes())
        .filteredOn(Change.EditFile.class::isInstance)
        .noneMatch(change -> ((Change.EditFile) change).path().equals("/etc/passwd"));
  }

  @Test
  void everythingThatIsMissingIsSaidAtOnce() {
    Customisation strangers =
        new Customisation(
            Optional.empty(),
            List.of(password("nobody1")),
            List.of(new AuthorizedKey("nobody2", KEY)),
            List.of(),
            true);
    assertThat(plan(withAccounts(StandIns.scientific6()), strangers).obstacles())
        .extracting(Finding::code)
        .containsExactlyInAnyOrder(
            ErrorCode.CUSTOM_ACCOUNT, ErrorCode.CUSTOM_ACCOUNT, ErrorCode.CUSTOM_NO_CLOUD_INIT);
  }

  @Test
  void theHostnameGoesWhereEachSystemKeepsIt() {
    Guest el5 = withAccounts(StandIns.scientific5());
    Plan plan = plan(el5, all());
    assertThat(after(el5, plan, "/etc/sysconfig/network"))
        .isEqualTo("NETWORKING=yes\nHOSTNAME=pipe1.example.org\nNOZEROCONF=yes\n");
    assertThat(after(el5, plan, "/etc/hosts"))
        .isEqualTo("127.0.0.1 pipe1.example.org localhost\n10.0.0.7 megapipe\n");
    Guest ubuntu = with(withAccounts(StandIns.ubuntu1204()), "/etc/hostname", 0644, "old\n");
    ubuntu = with(ubuntu, "/etc/hosts", 0644, "127.0.0.1\tlocalhost\n127.0.1.1\told\n");
    plan = plan(ubuntu, all());
    assertThat(after(ubuntu, plan, "/etc/hostname")).isEqualTo("pipe1.example.org\n");
    assertThat(after(ubuntu, plan, "/etc/hosts"))
        .isEqualTo("127.0.0.1\tlocalhost\n127.0.1.1\tpipe1.example.org\n");
  }

  @Test
  void aKeyIsItsOwnersAndNobodyElseMayReadIt() {
    Guest guest = withAccounts(StandIns.scientific6());
    Plan plan = plan(guest, all());
    assertThat(plan.changes())
        .filteredOn(Change.CreateFile.class::isInstance)
        .extracting(change -> ((Change.CreateFile) change).file())
        .contains(
            new GuestFile(
                "/home/astro/.ssh",
                FileType.DIRECTORY,
                new FileOwner(500, 500),
                0700,
                "/home/astro/.ssh"),
            new GuestFile(
                "/home/astro/.ssh/authorized_keys",
                FileType.REGULAR,
                new FileOwner(500, 500),
                0600,
                KEY + "\n"));
    Guest present = withDirectory(guest, "/home/astro/.ssh");
    present = with(present, "/home/astro/.ssh/authorized_keys", 0600, "ssh-dss AAAAB3NzaC1kc3M");
    assertThat(after(present, plan(present, all()), "/home/astro/.ssh/authorized_keys"))
        .isEqualTo("ssh-dss AAAAB3NzaC1kc3M\n" + KEY + "\n");
  }

  @Test
  void aKeyThatSshdWouldNotTakeIsSaid() {
    Guest guest = withAccounts(StandIns.scientific6());
    Customisation modern =
        new Customisation(
            Optional.empty(),
            List.of(),
            List.of(new AuthorizedKey("astro", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA")),
            List.of(),
            false);
    assertThat(plan(guest, modern).notes()).anyMatch(note -> note.contains("ssh-ed25519"));
    Guest elsewhere =
        with(guest, "/etc/ssh/sshd_config", 0600, "AuthorizedKeysFile /etc/ssh/keys/%u\n");
    assertThat(plan(elsewhere, modern).feasible()).isFalse();
    Guest usual =
        with(guest, "/etc/ssh/sshd_config", 0600, "#x\nAuthorizedKeysFile  .ssh/authorized_keys\n");
    assertThat(plan(usual, modern).feasible()).isTrue();
  }

  @Test
  void theFirstBootIsStartedByWhateverInitThereIs() {
    Map<InitSystem, List<String>> triggers =
        Map.of(
            InitSystem.SYSV,
            List.of("/etc/rc.d/init.d/voyageur-firstboot", "/etc/rc.d/rc3.d/S99voyageur-firstboot"),
            InitSystem.UPSTART,
            List.of("/etc/init/voyageur-firstboot.conf"),
            InitSystem.SYSTEMD,
            List.of(
                "/etc/systemd/system/voyageur-firstboot.service",
                "/etc/systemd/system/multi-user.target.wants/voyageur-firstboot.service"));
    triggers.forEach((init, paths) -> {
      Guest guest = withInit(withAccounts(StandIns.scientific5()), init);
      Plan plan = plan(guest, all());
      Guest after = Planner.after(guest, plan.changes());
      assertThat(after.files().byPath().keySet())
          .contains("/etc/voyageur/firstboot", "/etc/voyageur/firstboot.d/001-set_up_.sh")
          .containsAll(paths);
      String runner = after(guest, plan, "/etc/voyageur/firstboot");
      paths.forEach(path -> assertThat(runner).contains(path));
      assertThat(runner).doesNotContain("@");
    });
    assertThat(
            plan(withInit(withAccounts(StandIns.scientific5()), InitSystem.UNKNOWN), all())
                .obstacles())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.CUSTOM_FIRST_BOOT);
  }

  @Test
  void anOrderThatInsservWroteDownTakesTheFirstBootIn() {
    Guest debian = withInit(withAccounts(StandIns.ubuntu1204()), InitSystem.SYSV);
    debian =
        with(
            debian,
            "/etc/init.d/.depend.start",
            0644,
            "TARGETS = rsyslog cron\nINTERACTIVE =\ncron: rsyslog\n");
    assertThat(after(debian, plan(debian, all()), "/etc/init.d/.depend.start"))
        .isEqualTo("TARGETS = rsyslog cron voyageur-firstboot\nINTERACTIVE =\ncron: rsyslog\n");
  }

  private static Guest withInit(Guest guest, InitSystem init) {
    OperatingSystem system = guest.operatingSystem();
    return new Guest(
        guest.layout(),
        guest.bootCode(),
        guest.diskSize(),
        new OperatingSystem(
            system.productName(),
            init == InitSystem.SYSV && system.family() == Family.DEBIAN
                ? Family.DEBIAN
                : Family.RED_HAT,
            system.distribution(),
            system.version(),
            system.architecture(),
            init),
        guest.filesystem(),
        guest.kernels(),
        guest.xenBoot(),
        guest.fstab(),
        guest.consoles(),
        guest.network(),
        guest.files(),
        guest.xenLeftovers(),
        guest.findings());
  }

  private static final Customisation CLOUD =
      new Customisation(Optional.empty(), List.of(), List.of(), List.of(), true);

  /** cloud-init 0.6.3 as Ubuntu 12.04 has it, but for the user that its images are made with. */
  private static Guest precise() {
    Guest guest = withAccounts(StandIns.ubuntu1204());
    guest = with(guest, "/etc/cloud/cloud.cfg", 0644, "user: ubuntu\ndisable_root: 1\n");
    guest = withDirectory(guest, "/etc/cloud/cloud.cfg.d");
    for (String source : List.of("", "Ec2", "ConfigDrive", "MAAS", "NoCloud", "OVF")) {
      guest =
          with(
              guest,
              "/usr/lib/python2.7/dist-packages/cloudinit/DataSource" + source + ".py",
              0644,
              "");
    }
    guest = with(guest, "/etc/gshadow", 0640, "root:*::\n");
    guest = with(guest, "/etc/skel/.bashrc", 0644, "# bash\n");
    return with(guest, "/etc/sudoers", 0440, "root ALL=(ALL) ALL\n#includedir /etc/sudoers.d\n");
  }

  @Test
  void anOldCloudInitGetsTheUserThatItDoesNotCreate() {
    Plan plan = plan(precise(), CLOUD);
    assertThat(after(precise(), plan, "/etc/cloud/cloud.cfg.d/99_voyageur.cfg"))
        .isEqualTo("# Written by voyageur.\ndatasource_list: [ ConfigDrive, Ec2 ]\nuser: ubuntu\n");
    assertThat(after(precise(), plan, "/etc/passwd"))
        .isEqualTo(PASSWD + "ubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n");
    assertThat(after(precise(), plan, "/etc/shadow"))
        .isEqualTo(SHADOW + "ubuntu:*::0:99999:7:::\n");
    assertThat(after(precise(), plan, "/etc/group")).endsWith("ubuntu:x:1000:\n");
    assertThat(after(precise(), plan, "/etc/gshadow")).endsWith("ubuntu:!::\n");
    assertThat(after(precise(), plan, "/home/ubuntu/.bashrc")).isEqualTo("# bash\n");
    assertThat(after(precise(), plan, "/etc/sudoers.d/90-voyageur"))
        .isEqualTo("ubuntu ALL=(ALL) NOPASSWD:ALL\n");
    Guest after = Planner.after(precise(), plan.changes());
    assertThat(plan(after, CLOUD).changes()).isEqualTo(plan(after, none()).changes());
  }

  @Test
  void scientific5sUserIsEc2UserWhateverTheAuthorsConfigurationSays() {
    Guest guest =
        with(withAccounts(StandIns.scientific5()), "/etc/sudoers", 0440, "root ALL=(ALL) ALL\n");
    guest =
        with(
            guest,
            "/etc/cloud/cloud.cfg",
            0644,
            "user: ubuntu\ndatasource_list:\n  - NoCloud\n- Ec2\ndisable_root: 1\n");
    guest = with(guest, "/usr/lib/python2.4/site-packages/cloudinit/DataSourceEc2.py", 0644, "");
    Plan plan = plan(guest, CLOUD);
    assertThat(after(guest, plan, "/etc/cloud/cloud.cfg"))
        .isEqualTo("disable_root: 1\ndatasource_list: [ Ec2 ]\nuser: ec2-user\n");
    assertThat(after(guest, plan, "/etc/passwd"))
        .endsWith("ec2-user:x:501:501::/home/ec2-user:/bin/bash\n");
    assertThat(after(guest, plan, "/etc/sudoers"))
        .isEqualTo("root ALL=(ALL) ALL\nec2-user ALL=(ALL) NOPASSWD:ALL\n");
    Guest again = Planner.after(guest, plan.changes());
    assertThat(plan(again, CLOUD).changes()).isEqualTo(plan(again, none()).changes());
  }

  @Test
  void aNewerCloudInitCreatesItsUserItself() {
    Guest guest = withAccounts(StandIns.debian12());
    guest =
        with(
            guest,
            "/etc/cloud/cloud.cfg",
            0644,
            "users:\n  - default\nsystem_info:\n  distro: debian\n");
    guest = withDirectory(guest, "/etc/cloud/cloud.cfg.d");
    Plan plan = plan(guest, CLOUD);
    assertThat(after(guest, plan, "/etc/cloud/cloud.cfg.d/99_voyageur.cfg"))
        .isEqualTo(
            "# Written by voyageur.\ndatasource_list: [ ConfigDrive, OpenStack, Ec2, None ]\n");
    assertThat(after(guest, plan, "/etc/passwd")).isEqualTo(PASSWD);
  }

  @Test
  void aUserAndAPasswordForHimAreOneChangeOfShadow() {
    Customisation both =
        new Customisation(
            Optional.empty(), List.of(password("ubuntu")), List.of(), List.of(), true);
    Plan plan = plan(precise(), both);
    assertThat(plan.obstacles()).isEmpty();
    assertThat(plan.changes())
        .filteredOn(Change.EditSecretFile.class::isInstance)
        .extracting(change -> ((Change.EditSecretFile) change).path())
        .containsExactlyInAnyOrder("/etc/shadow", "/etc/gshadow");
    assertThat(after(precise(), plan, "/etc/shadow")).contains("ubuntu:$6$saltsaltsaltsalt$");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-x",
        "x-",
        "a..b",
        "a b",
        "a;reboot",
        "$(id)",
        "a/b",
        "x\ny",
        "\u00e9",
        "a_b"
      })
  void aHostnameIsOneOrRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Customisation(Optional.of(name), List.of(), List.of(), List.of(), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ssh-rsa",
        "ssh-rsa short",
        "AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\nssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"
      })
  void whatIsNoPublicKeyIsRefused(String line) {
    assertThatIllegalArgumentException().isThrownBy(() -> new AuthorizedKey("root", line));
  }

  @Test
  void keysMayHaveOptionsAndCommentsBetweenThem() {
    assertThat(
            AuthorizedKey.all(
                "root", "# mine\n\nfrom=\"10.0.0.0/8\",no-pty " + KEY + "\r\n" + KEY + "\n"))
        .extracting(AuthorizedKey::type)
        .containsExactly("ssh-rsa", "ssh-rsa");
  }

  @Test
  void passwordsThatAreMadeUpDiffer() {
    HashMap<String, String> seen = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      Password made = Password.random("root");
      assertThat(made.clear()).matches("[A-Za-z0-9]{20}");
      assertThat(seen.put(made.clear(), made.salt())).isNull();
    }
    assertThat(seen.values().stream().distinct()).hasSize(100);
  }
}
