package org.voyageur.testkit;

/** What a stand-in's kernel and programs run on. */
public enum Architecture {
  /** Debian's amd64. */
  X86_64("kernel", "linux-image-cloud-amd64"),

  /** Debian's i386, whose packages the host need not know. */
  I686("kernel-i686", "linux-image-686-pae");

  /** The directory's name in the cache. */
  final String key;

  /** The package that depends on the newest kernel's. */
  final String metaPackage;

  Architecture(String key, String metaPackage) {
    this.key = key;
    this.metaPackage = metaPackage;
  }
}
