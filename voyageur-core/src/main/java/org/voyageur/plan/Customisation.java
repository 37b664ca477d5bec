package org.voyageur.plan;

import java.security.SecureRandom;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a guest's owner wants changed besides what the move takes.
 *
 * @param hostname its new name, with or without a domain
 * @param passwords of accounts that it has
 * @param keys that are to let one log in
 * @param firstBoot scripts that run once, when it starts for the first time
 * @param cloudInit whether the installed cloud-init is to be set up for OpenStack
 * @param commands what the guest's own programs do first
 * @param kernels what is to become of the guest's kernels
 */
public record Customisation(
    Optional<String> hostname,
    List<Password> passwords,
    List<AuthorizedKey> keys,
    List<Script> firstBoot,
    boolean cloudInit,
    GuestCommands commands,
    KernelChoice kernels) {
  /** Nothing. */
  public static final Customisation NONE =
      new Customisation(Optional.empty(), List.of(), List.of(), List.of(), false);

  /** Without any of the guest's own programs. */
  public Customisation(
      Optional<String> hostname,
      List<Password> passwords,
      List<AuthorizedKey> keys,
      List<Script> firstBoot,
      boolean cloudInit) {
    this(hostname, passwords, keys, firstBoot, cloudInit, GuestCommands.NONE);
  }

  /** With the kernels that the guest has. */
  public Customisation(
      Optional<String> hostname,
      List<Password> passwords,
      List<AuthorizedKey> keys,
      List<Script> firstBoot,
      boolean cloudInit,
      GuestCommands commands) {
    this(hostname, passwords, keys, firstBoot, cloudInit, commands, KernelChoice.KEPT);
  }

  /** The same with another choice of kernels. */
  public Customisation withKernels(KernelChoice choice) {
    return new Customisation(hostname, passwords, keys, firstBoot, cloudInit, commands, choice);
  }

  /** RFC 1123's labels; Linux keeps at most 64 characters (sethostname(2)). */
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "(?=.{1,64}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
              + "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

  /** What useradd takes, and the capitals and dots of directory services. */
  private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");

  /**
   * Keeps unmodifiable copies.
   *
   * @throws IllegalArgumentException if the name is none that a machine may have
   */
  public Customisation {
    passwords = List.copyOf(passwords);
    keys = List.copyOf(keys);
    firstBoot = List.copyOf(firstBoot);
    hostname.ifPresent(name -> {
      if (!HOSTNAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "'" + name + "' is no hostname: letters, digits and hyphens, at most 64 characters");
      }
    });
  }

  /**
   * What remains to be done when the commands have run.
   *
   * @param versions of the kernels that the guest had before
   */
  public Customisation afterCommands(Set<String> versions) {
    return new Customisation(
        hostname,
        passwords,
        keys,
        firstBoot,
        cloudInit,
        GuestCommands.NONE,
        commands.kernel().isPresent() ? kernels.after(versions) : kernels);
  }

  /** The rules that see to it. */
  List<ConversionRule> rules() {
    List<ConversionRule> rules = new ArrayList<>();
    hostname.ifPresent(name -> rules.add(new HostnameRule(name)));
    if (!commands.isEmpty()) {
      rules.add(new GuestCommandsRule(commands));
    }
    // What is yet to be installed cannot be looked at.
    if (cloudInit && !commands.install().contains("cloud-init")) {
      rules.add(new CloudInitRule());
    }
    if (!passwords.isEmpty()) {
      rules.add(new PasswordRule(passwords));
    }
    if (!keys.isEmpty()) {
      rules.add(new SshKeyRule(keys));
    }
    if (!firstBoot.isEmpty()) {
      rules.add(new FirstBootRule(firstBoot));
    }
    return rules;
  }

  private static void mustBeAnAccount(String name) {
    if (!USER.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + name + "' is no name of an account");
    }
  }

  /**
   * A new password.
   *
   * @param clear the password itself, which is never shown
   * @param salt 16 characters of {@code [A-Za-z0-9./]}
   * @param day when it was set, in days since 1970, as shadow(5) counts
   */
  public record Password(String user, String clear, String salt, long day) {
    /** What a login program of old takes; crypt(3) itself knows no limit. */
    private static final int LONGEST = 127;

    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * Checks what can be typed.
     *
     * @throws IllegalArgumentException if it cannot be a password or an account's name
     */
    public Password {
      mustBeAnAccount(user);
      if (clear.isEmpty() || clear.length() > LONGEST || clear.chars().anyMatch(c -> c < ' ')) {
        throw new IllegalArgumentException(
            "the password of "
                + user
                + " is empty, has more than "
                + LONGEST
                + " characters, or one that cannot be typed");
      }
      if (!salt.matches("[A-Za-z0-9./]{16}")) {
        throw new IllegalArgumentException("no salt");
      }
    }

    /** A password set today. */
    public static Password of(String user, String clear) {
      return new Password(user, clear, random(16), LocalDate.now(ZoneOffset.UTC).toEpochDay());
    }

    /** A password of 20 letters and digits, set today. */
    public static Password random(String user) {
      return of(user, random(20).replace('.', 'x').replace('/', 'y'));
    }

    private static String random(int length) {
      byte[] bytes = new byte[length];
      RANDOM.nextBytes(bytes);
      return Base64.getEncoder().encodeToString(bytes).replace('+', '.').substring(0, length);
    }

    /** Without the password. */
    @Override
    public String toString() {
      return "Password[" + user + "]";
    }
  }

  /**
   * A public key of OpenSSH's.
   *
   * @param line as authorized_keys(5) has it
   */
  public record AuthorizedKey(String user, String line) {
    private static final Pattern KEY =
        Pattern.compile(
            "(?:[\\x21-\\x7e]+ +)??((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) +([A-Za-z0-9+/]{16,}={0,2})(?: .*)?");

    /**
     * Checks that it is one.
     *
     * @throws IllegalArgumentException if it is not
     */
    public AuthorizedKey {
      mustBeAnAccount(user);
      if (line.contains("PRIVATE KEY")) {
        throw new IllegalArgumentException("that is a private key; the public one ends in .pub");
      }
      if (line.length() > 16384
          || line.chars().anyMatch(c -> c < ' ' || c == 127)
          || !KEY.matcher(line).matches()) {
        throw new IllegalArgumentException("'" + brief(line) + "' is no public key of OpenSSH's");
      }
    }

    /** The keys in a file: one a line, comments and empty lines between. */
    public static List<AuthorizedKey> all(String user, String text) {
      List<AuthorizedKey> keys =
          text.lines()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .map(line -> new AuthorizedKey(user, line))
              .toList();
      if (keys.isEmpty()) {
        throw new IllegalArgumentException("there is no key for " + user);
      }
      return keys;
    }

    /** Such as {@code ssh-rsa}. */
    String type() {
      return part(1);
    }

    /** The key itself, in base 64. */
    String key() {
      return part(2);
    }

    private String part(int group) {
      Matcher matcher = KEY.matcher(line);
      if (!matcher.matches()) {
        throw new IllegalStateException(line);
      }
      return matcher.group(group);
    }

    private static String brief(String line) {
      return line.length() > 40 ? line.substring(0, 40) + "..." : line;
    }
  }

  /**
   * A script that runs once.
   *
   * @param name what the log calls it: {@code [A-Za-z0-9._-]}
   * @param text a character a byte (ISO 8859-1); the first line names its interpreter, else it is a
   *     shell's
   */
  public record Script(String name, String text) {
    /**
     * Makes a name of any.
     *
     * @throws IllegalArgumentException if the script is empty or has lines as Windows ends them,
     *     which no interpreter would be found by
     */
    public Script {
      name = name.replaceAll("[^A-Za-z0-9._-]", "_");
      if (name.length() > 64) {
        name = name.substring(name.length() - 64);
      }
      if (text.isBlank()) {
        throw new IllegalArgumentException("the script " + name + " is empty");
      }
      if (Arrays.stream(text.split("\n", 2)).findFirst().orElse("").endsWith("\r")) {
        throw new IllegalArgumentException(
            "the script " + name + " has lines that end as Windows ends them");
      }
    }
  }
}
