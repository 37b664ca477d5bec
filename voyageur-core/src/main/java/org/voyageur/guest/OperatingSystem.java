package org.voyageur.guest;

/**
 * Which system it is.
 *
 * @param productName exactly as the system says it, such as {@code Scientific Linux release 5.9
 *     (Boron)}
 * @param distribution identifier in lower case as os-release would spell it, such as {@code
 *     scientific}, {@code centos}, {@code ubuntu}
 * @param version such as {@code 5.9} or {@code 12.04}
 * @param architecture of its programs, as uname spells it, such as {@code x86_64} or {@code i686}
 */
public record OperatingSystem(
    String productName,
    Family family,
    String distribution,
    String version,
    String architecture,
    InitSystem init) {
  /** Distributions whose files look alike. */
  public enum Family {
    RED_HAT,
    DEBIAN,
    OTHER
  }

  /** What runs as process 1. */
  public enum InitSystem {
    SYSV,
    UPSTART,
    SYSTEMD,
    UNKNOWN
  }

  /**
   * Release 5 of Red Hat's family: Scientific Linux 5, CentOS 5. Its kernels for Xen run nowhere
   * else, its init loads the SELinux policy itself, and its services are scripts of System V's.
   */
  public boolean isEl5() {
    return family == Family.RED_HAT && majorVersion() == 5 && init == InitSystem.SYSV;
  }

  /** The first number of the version; 0 if there is none. */
  public int majorVersion() {
    String digits = version.replaceFirst("\\D.*", "");
    return digits.isEmpty() || digits.length() > 4 ? 0 : Integer.parseInt(digits);
  }
}
