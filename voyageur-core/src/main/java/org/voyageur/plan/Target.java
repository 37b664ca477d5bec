package org.voyageur.plan;

/** What the image is to boot on. */
public enum Target {
  /** KVM alone. */
  KVM
}
