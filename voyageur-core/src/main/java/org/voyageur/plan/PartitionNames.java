package org.voyageur.plan;

import java.util.regex.Pattern;

/**
 * The names of a whole disk in boot menus, turned into those of its first partition. Labels, UUIDs
 * and names that have a partition's number already stay.
 */
public final class PartitionNames {
  /** What Linux calls whole disks, and how root= and GRUB's own variables name them. */
  private static final Pattern ROOT =
      Pattern.compile("(?<=\\broot=)(/dev/(?:xvd|sd|hd|vd)[a-z])(?![\\w-])");

  /** GRUB legacy counts partitions from 0, in a command or in update-grub's comment. */
  private static final Pattern LEGACY =
      Pattern.compile("(?m)^([ \\t]*root(?:noverify)?[ \\t]+|#+ *groot=)\\(hd(\\d+)\\)");

  private static final Pattern LEGACY_PATH =
      Pattern.compile("(?m)^([ \\t]*(?:kernel|module|initrd)[ \\t]+)\\(hd(\\d+)\\)/");

  /** GRUB 2 counts them from 1: {@code set root='(hd0)'}, {@code search --hint='hd0'}. */
  private static final Pattern GRUB2 =
      Pattern.compile("(?m)^([ \\t]*set root=['\"]?)(\\(?)hd(\\d+)(\\)?)(['\"]?[ \\t]*)$");

  /**
   * An entry of a device map, {@code (hd0) /dev/xvda1}: the whole disk by the name that Xen gave
   * it, which is its first partition's from now on.
   */
  private static final Pattern DEVICE_MAP =
      Pattern.compile("(?m)^([ \\t]*\\(hd0\\)[ \\t]+/dev/(?:xvd|sd|hd|vd)[a-z])\\d{1,3}(?=\\s*$)");

  private PartitionNames() {}

  /** A boot menu's text, or a kernel's arguments. */
  public static String text(String menu) {
    String devices = ROOT.matcher(menu).replaceAll("$11");
    String commands = LEGACY.matcher(devices).replaceAll("$1(hd$2,0)");
    String paths = LEGACY_PATH.matcher(commands).replaceAll("$1(hd$2,0)/");
    return GRUB2.matcher(paths).replaceAll("$1$2hd$3,msdos1$4$5");
  }

  /**
   * The text of a device map. A disk's own name stays as it is: the move does not change it, and
   * what KVM calls the disk has no place beside it, as GRUB legacy takes two devices for one drive
   * for an error.
   */
  static String deviceMap(String map) {
    return DEVICE_MAP.matcher(map).replaceAll("$1");
  }
}
