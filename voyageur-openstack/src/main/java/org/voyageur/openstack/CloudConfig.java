package org.voyageur.openstack;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which cloud, and as whom.
 *
 * @param identity Keystone's address with its version, such as {@code https://cloud:5000/v3}
 * @param region empty for any
 * @param endpointInterface which of a service's addresses: public, internal or admin
 * @param trust which certificates are believed
 * @param overrides addresses that are used instead of the catalog's, by service type
 */
public record CloudConfig(
    URI identity,
    Credentials credentials,
    Optional<String> region,
    String endpointInterface,
    Trust trust,
    Map<String, URI> overrides) {
  /** Keeps an unmodifiable copy. */
  public CloudConfig {
    overrides = Map.copyOf(overrides);
  }

  /** Something that is known by its ID, or by its name within a domain. */
  public sealed interface Named {
    /** Known by its ID. */
    record ById(String id) implements Named {}

    /** Known by its name, within a domain. */
    record ByName(String name, Domain domain) implements Named {}
  }

  /** A domain: exactly one of its ID and its name is given. */
  public record Domain(Optional<String> id, Optional<String> name) {}

  /** What a token is good for. */
  public sealed interface Scope {
    /** A project's images and servers. */
    record Project(Named project) implements Scope {}

    /** The user's default project, or nothing. */
    record Unscoped() implements Scope {}
  }

  /** How one signs in. */
  public sealed interface Credentials {
    /** User and password. */
    record Password(Named user, Secret password, Scope scope) implements Credentials {}

    /** A token had before; it cannot be renewed once it has expired. */
    record Token(Secret token, Scope scope) implements Credentials {}

    /**
     * An application credential; its project is part of it.
     *
     * @param user whose it is, where it is known by its name
     */
    record ApplicationCredential(String idOrName, Optional<Named> user, Secret secret)
        implements Credentials {}
  }

  /** Which certificates are believed. */
  public sealed interface Trust {
    /** Those that Java believes. */
    record Default() implements Trust {}

    /** Those that the authorities in a PEM file have signed, and no others. */
    record Authorities(Path file) implements Trust {}

    /** Any; whoever is on the way to the cloud can read the password. */
    record Anyone() implements Trust {}
  }

  /** The same cloud and user, for another project. */
  CloudConfig forProject(String id) {
    Scope scope = new Scope.Project(new Named.ById(id));
    Credentials other =
        switch (credentials) {
          case Credentials.Password p -> new Credentials.Password(p.user(), p.password(), scope);
          case Credentials.Token t -> new Credentials.Token(t.token(), scope);
          case Credentials.ApplicationCredential a -> a;
        };
    return new CloudConfig(identity, other, region, endpointInterface, trust, overrides);
  }
}
