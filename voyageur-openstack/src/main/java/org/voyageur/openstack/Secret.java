package org.voyageur.openstack;

/** A password or a token: in no log and no message, whatever prints the object that holds it. */
public final class Secret {
  private final String value;

  /** Hides {@code value}. */
  public Secret(String value) {
    this.value = value;
  }

  /** What is hidden; only for the request that needs it. */
  String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
