package org.voyageur.openstack;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Credentials;
import org.voyageur.openstack.CloudConfig.Domain;
import org.voyageur.openstack.CloudConfig.Named;
import org.voyageur.openstack.CloudConfig.Scope;
import org.voyageur.openstack.CloudConfig.Trust;

/**
 * Finds a cloud's configuration where openstacksdk finds it: {@code clouds.yaml}, {@code
 * secure.yaml} and {@code clouds-public.yaml}, or the {@code OS_*} variables. Where a cloud is
 * chosen by name, the variables are left alone: a password of one cloud must not go to another.
 *
 * @see <a
 *     href="https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html">openstacksdk's
 *     configuration</a>
 */
public final class CloudConfigReader {
  private static final long LARGEST_FILE = 1 << 20;
  private static final List<String> ENDINGS = List.of(".yaml", ".yml", ".json");
  private static final Set<String> NO = Set.of("false", "no", "off", "0", "n", "f");

  private final Map<String, String> environment;
  private final List<Path> directories;

  /**
   * Looks where a process looks that has this environment.
   *
   * @param workingDirectory where a {@code clouds.yaml} is found first
   */
  public CloudConfigReader(Map<String, String> environment, Path workingDirectory) {
    this.environment = Map.copyOf(environment);
    List<Path> places = new ArrayList<>(List.of(workingDirectory));
    variable("XDG_CONFIG_HOME")
        .map(Path::of)
        .or(() -> variable("HOME").map(home -> Path.of(home, ".config")))
        .ifPresent(config -> places.add(config.resolve("openstack")));
    places.add(Path.of("/etc/openstack"));
    this.directories = List.copyOf(places);
  }

  /**
   * The configuration that is meant.
   *
   * @param options what the command line says, by the names of {@code clouds.yaml}, such as {@code
   *     auth_url}, and {@code cloud}; goes before everything else
   * @throws VoyageurException {@link ErrorCode#CLOUD_CONFIG} if there is none, or it lacks
   *     something or cannot be understood
   */
  public CloudConfig read(Map<String, String> options) {
    Map<String, String> values = new HashMap<>(chosen(options));
    values.putAll(options);
    return config(values);
  }

  private Map<String, String> chosen(Map<String, String> options) {
    Optional<Path> file = find("clouds", "OS_CLIENT_CONFIG_FILE");
    Map<String, Object> clouds = file.map(path -> section(path, "clouds")).orElse(Map.of());
    Optional<String> named =
        Optional.ofNullable(options.get("cloud")).or(() -> variable("OS_CLOUD"));
    if (named.isPresent()) {
      return cloud(named.get(), clouds, file);
    }
    if (variable("OS_AUTH_URL").isPresent() || options.containsKey("auth_url")) {
      return variables();
    }
    if (clouds.size() == 1) {
      return cloud(clouds.keySet().iterator().next(), clouds, file);
    }
    throw wrong(
        clouds.isEmpty()
            ? "no cloud is configured: there is neither clouds.yaml nor OS_AUTH_URL"
            : file.orElseThrow() + " has several clouds, and none was chosen",
        clouds.isEmpty()
            ? "Source the cloud's openrc file, or put its clouds.yaml into ~/.config/openstack"
            : "Choose with --os-cloud: " + String.join(", ", new TreeSet<>(clouds.keySet())));
  }

  private Map<String, String> variables() {
    Map<String, String> values = new HashMap<>();
    environment.forEach((name, value) -> {
      if (name.startsWith("OS_") && !value.isEmpty()) {
        values.put(name.substring(3).toLowerCase(Locale.ROOT), value);
      }
    });
    return values;
  }

  private Map<String, String> cloud(String name, Map<String, Object> clouds, Optional<Path> file) {
    if (!clouds.containsKey(name)) {
      throw wrong(
          "there is no cloud '"
              + name
              + "' in "
              + file.map(Path::toString).orElse("clouds.yaml, which does not exist"),
          clouds.isEmpty()
              ? "Put the cloud's clouds.yaml into ~/.config/openstack"
              : "Choose one of " + String.join(", ", new TreeSet<>(clouds.keySet())));
    }
    Map<String, Object> own = map(clouds.get(name));
    Map<String, String> values = new HashMap<>();
    if (own.get("profile") instanceof String profile) {
      find("clouds-public", "OS_CLIENT_VENDOR_FILE")
          .map(path -> section(path, "public-clouds"))
          .ifPresent(all -> flatten(map(all.get(profile)), values));
    }
    flatten(own, values);
    find("secure", "OS_CLIENT_SECURE_FILE")
        .map(path -> section(path, "clouds"))
        .ifPresent(all -> flatten(map(all.get(name)), values));
    return values;
  }

  /** One level: what stands under {@code auth}, and what a region has of its own, goes up. */
  private static void flatten(Map<String, Object> from, Map<String, String> into) {
    from.forEach((key, value) -> {
      String name = key.replace('-', '_');
      if (value instanceof Map<?, ?> && name.equals("auth")) {
        flatten(map(value), into);
      } else if (value instanceof List<?> regions && name.equals("regions")) {
        if (!regions.isEmpty() && !into.containsKey("region_name")) {
          Object first = regions.getFirst();
          into.put(
              "region_name",
              first instanceof Map<?, ?> ? String.valueOf(map(first).get("name")) : "" + first);
        }
      } else if (value != null && !(value instanceof Map) && !(value instanceof List)) {
        into.put(name, value.toString());
      }
    });
  }

  private Optional<Path> find(String name, String variable) {
    List<Path> places = new ArrayList<>();
    variable(variable).ifPresent(path -> places.add(Path.of(path)));
    directories.forEach(
        directory -> ENDINGS.forEach(ending -> places.add(directory.resolve(name + ending))));
    return places.stream().filter(Files::isRegularFile).findFirst();
  }

  private static Map<String, Object> section(Path file, String name) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw wrong(file + " has more than 1 MiB", "Check that it is the file that you mean");
      }
      LoadSettings settings =
          LoadSettings.builder().setLabel(file.toString()).setMaxAliasesForCollections(50).build();
      Object document =
          new Load(settings).loadFromString(Files.readString(file, StandardCharsets.UTF_8));
      return map(map(document).get(name));
    } catch (IOException e) {
      throw wrong(file + " cannot be read: " + e.getMessage(), "Check who may read it");
    } catch (MarkedYamlEngineException e) {
      // Its message, and so itself as a cause, quotes the line, which may hold a password.
      String line = e.getProblemMark().map(mark -> " in line " + (mark.getLine() + 1)).orElse("");
      throw wrong(file + " is not YAML" + line, "Correct it");
    } catch (YamlEngineException e) {
      throw wrong(file + " is not YAML", "Correct it");
    }
  }

  private static Map<String, Object> map(@Nullable Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> any) {
      any.forEach((key, of) -> {
        if (key != null && of != null) {
          map.put(key.toString(), of);
        }
      });
    }
    return map;
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  private static CloudConfig config(Map<String, String> values) {
    Values from = new Values(values);
    if (from.get("cert").isPresent()) {
      throw wrong(
          "the cloud's configuration has a client certificate (cert), which voyageur cannot use",
          "Sign in with a password or an application credential");
    }
    Map<String, URI> overrides = new HashMap<>();
    values.forEach((name, value) -> {
      if (name.endsWith("_endpoint_override") && !value.isEmpty()) {
        overrides.put(name.substring(0, name.length() - 18).replace('_', '-'), uri(name, value));
      }
    });
    return new CloudConfig(
        identity(uri("auth_url", from.demand("auth_url"))),
        credentials(from),
        from.get("region_name"),
        // publicURL is what it was called with Keystone's version 2.
        from.get("interface", "endpoint_type").orElse("public").replaceFirst("URL$", ""),
        trust(from),
        overrides);
  }

  private static Trust trust(Values from) {
    boolean insecure =
        from.get("insecure").filter(value -> !isNo(value)).isPresent()
            || from.get("verify").filter(CloudConfigReader::isNo).isPresent();
    return insecure
        ? new Trust.Anyone()
        : from.get("cacert")
            .<Trust>map(file -> new Trust.Authorities(Path.of(file)))
            .orElseGet(Trust.Default::new);
  }

  /** YAML 1.1, for which these files are written, has more words for it than 1.2. */
  private static boolean isNo(String value) {
    return NO.contains(value.toLowerCase(Locale.ROOT));
  }

  private static Credentials credentials(Values from) {
    String type =
        from.get("auth_type")
            .orElseGet(() -> {
              boolean application =
                  from.get("application_credential_id", "application_credential_name").isPresent();
              boolean token = from.get("token").isPresent() && from.get("password").isEmpty();
              return application ? "v3applicationcredential" : token ? "token" : "password";
            });
    return switch (type) {
      case "password", "v3password" ->
          new Credentials.Password(
              named(from, "user_id", "username", "user")
                  .orElseThrow(() -> lacks("username or user_id")),
              new Secret(from.demand("password")),
              scope(from));
      case "token", "v3token" ->
          new Credentials.Token(new Secret(from.demand("token")), scope(from));
      case "v3applicationcredential" ->
          new Credentials.ApplicationCredential(
              from.get("application_credential_id", "application_credential_name")
                  .orElseThrow(() -> lacks("application_credential_id")),
              from.get("application_credential_id").isPresent()
                  ? Optional.empty()
                  : named(from, "user_id", "username", "user"),
              new Secret(from.demand("application_credential_secret")));
      default ->
          throw wrong(
              "the cloud's auth_type is '"
                  + type
                  + "', expected password, token or v3applicationcredential",
              "Make an application credential with 'openstack application credential create'");
    };
  }

  private static Scope scope(Values from) {
    return named(from, "project_id", "project_name", "project")
        .or(() -> named(from, "tenant_id", "tenant_name", "project"))
        .<Scope>map(Scope.Project::new)
        .orElseGet(Scope.Unscoped::new);
  }

  private static Optional<Named> named(Values from, String id, String name, String domain) {
    Optional<Named> byId = from.get(id).map(Named.ById::new);
    return byId.or(() -> from.get(name).map(of -> new Named.ByName(of, domain(from, domain))));
  }

  /** Without any, the domain that Keystone makes first, whose ID is "default". */
  private static Domain domain(Values from, String of) {
    Optional<String> id = from.get(of + "_domain_id");
    Optional<String> name = from.get(of + "_domain_name");
    return id.isEmpty() && name.isPresent()
        ? new Domain(Optional.empty(), name)
        : new Domain(
            id.or(() -> from.get("default_domain")).or(() -> Optional.of("default")),
            Optional.empty());
  }

  private static URI identity(URI address) {
    String text = address.toString().replaceFirst("/+$", "").replaceFirst("/v2\\.0$", "");
    return URI.create(text.endsWith("/v3") ? text : text + "/v3");
  }

  private static URI uri(String name, String value) {
    try {
      URI uri = new URI(value);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below, without the text: it may hold a password.
    }
    throw wrong(
        name + " is not an address, expected https://HOST/... without a user in it", "Correct it");
  }

  private static VoyageurException lacks(String what) {
    return wrong(
        "the cloud's configuration lacks " + what,
        "Add it to clouds.yaml, or set the variable OS_... of that name");
  }

  private static VoyageurException wrong(String message, String remedy) {
    return new VoyageurException(ErrorCode.CLOUD_CONFIG, message, remedy);
  }

  /** Settings by name; one that is empty is not there. */
  private record Values(Map<String, String> map) {
    Optional<String> get(String... names) {
      for (String name : names) {
        String value = map.get(name);
        if (value != null && !value.isEmpty()) {
          return Optional.of(value);
        }
      }
      return Optional.empty();
    }

    String demand(String name) {
      return get(name).orElseThrow(() -> lacks(name));
    }
  }
}
