package org.voyageur.verify;

/**
 * What a guest should come to, as far as its files tell.
 *
 * @param last the last stage: {@code LOGIN_PROMPT}, or {@code SSH} where a server starts by itself
 * @param serialPrompt whether a login prompt must show on the first serial port, which is what a
 *     cloud's console log is made from
 * @param screenPrompt whether one must show on the screen; only judged where the screen is in text
 *     mode
 * @param network whether the guest asks for an address by DHCP
 */
public record BootExpectation(
    BootStage last, boolean serialPrompt, boolean screenPrompt, boolean network) {
  /** Of a guest that could not be looked into: a prompt, wherever. */
  public static BootExpectation unknown() {
    return new BootExpectation(BootStage.LOGIN_PROMPT, false, false, false);
  }
}
