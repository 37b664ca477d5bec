package org.voyageur.boot;

/** Placeholder. */
public final class SyslinuxConfig {
  private SyslinuxConfig() {}
}
