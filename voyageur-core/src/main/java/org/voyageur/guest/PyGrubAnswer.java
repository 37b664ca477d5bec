package org.voyageur.guest;

/** What PyGrub makes of a guest. */
public sealed interface PyGrubAnswer {
  /** It hands this kernel, and its initrd and arguments, to Xen. */
  record Starts(XenBoot boot) implements PyGrubAnswer {
    @Override
    public String told() {
      return "start %s%s by %s with '%s'"
          .formatted(
              boot.kernel(),
              boot.initrd().map(initrd -> " and " + initrd).orElse(""),
              boot.configFile(),
              boot.arguments());
    }
  }

  /**
   * It ends with an error.
   *
   * @param reason why, in a sentence that names the file
   */
  record Fails(String reason) implements PyGrubAnswer {
    @Override
    public String told() {
      return "start nothing: " + reason;
    }
  }

  /** What it would do, such as {@code start nothing: there is no menu}. */
  String told();
}
