package org.voyageur.rpm;

import java.util.Optional;

/** What is known of a package's signature; a wrong one is an error instead. */
public sealed interface RpmSignature {
  /**
   * It is right.
   *
   * @param key its id, 16 digits
   * @param owner whose key that is, for people, such as {@code the key in FILE}
   */
  record Good(String key, String owner) implements RpmSignature {}

  /**
   * Nobody has shown its key.
   *
   * @param key its id, 16 digits
   */
  record Unchecked(String key) implements RpmSignature {}

  /** There is none. */
  record Missing() implements RpmSignature {}

  /** The key that it was checked with; empty if it was not. */
  default Optional<String> signer() {
    return this instanceof Good(String key, String _) ? Optional.of(key) : Optional.empty();
  }
}
