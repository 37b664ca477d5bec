package org.voyageur.verify;

import java.time.Duration;

/**
 * A stage that a boot has come to.
 *
 * @param after the time since the machine was switched on until this was seen
 * @param evidence the line that showed it; the one of a later stage where this one was silent
 */
public record ReachedStage(BootStage stage, Duration after, String evidence) {}
