package org.voyageur.guest;

/** What PyGrub makes of a guest. */
public sealed interface PyGrubAnswer {
  /** It hands this kernel, and its initrd and arguments, to Xen. */
  record Starts(XenBoot boot) implements PyGrubAnswer {}

  /**
   * It ends with an error.
   *
   * @param reason why, in a sentence that names the file
   */
  record Fails(String reason) implements PyGrubAnswer {}

  /** For sentences: "PyGrub would ...". */
  default String describe() {
    return switch (this) {
      case Starts(XenBoot boot) -> "start " + boot.describe();
      case Fails(String reason) -> "start nothing: " + reason;
    };
  }
}
