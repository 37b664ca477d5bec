package org.voyageur.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Credentials;
import org.voyageur.openstack.CloudConfig.Domain;
import org.voyageur.openstack.CloudConfig.Named;
import org.voyageur.openstack.CloudConfig.Scope;
import org.voyageur.openstack.CloudConfig.Trust;

class CloudConfigReaderTest {
  private static final String CLOUDS =
      """
      clouds:
        one:
          region_name: East
          interface: internal
          verify: no
          image_endpoint_override: https://images.one
          auth:
            auth_url: https://one:5000
            username: u
            project_name: p
            user_domain_name: D
        two:
          auth: {auth_url: "https://two/identity/v3/", application_credential_id: a}
          auth_type: v3applicationcredential
          regions: [{name: West}]
      """;

  private static final String SECURE =
      """
      clouds:
        one: {auth: {password: s3cret}}
        two: {auth: {application_credential_secret: s3cret}}
      """;

  @TempDir private Path home;

  private CloudConfig read(Map<String, String> environment, Map<String, String> options)
      throws Exception {
    Map<String, String> all = new HashMap<>(environment);
    all.put("HOME", home.toString());
    Path here = Files.createDirectories(home.resolve("here"));
    return new CloudConfigReader(all, here).read(options);
  }

  private void write(String directory, String name, String content) throws Exception {
    Files.writeString(Files.createDirectories(home.resolve(directory)).resolve(name), content);
  }

  private void writeBoth() throws Exception {
    write(".config/openstack", "clouds.yaml", CLOUDS);
    write(".config/openstack", "secure.yaml", SECURE);
  }

  @Test
  void aCloudIsPutTogetherFromBothFiles() throws Exception {
    writeBoth();
    CloudConfig one = read(Map.of("OS_CLOUD", "one"), Map.of());
    assertThat(one.identity()).hasToString("https://one:5000/v3");
    assertThat(one.region()).contains("East");
    assertThat(one.endpointInterface()).isEqualTo("internal");
    assertThat(one.trust()).isEqualTo(new Trust.Anyone());
    assertThat(one.overrides().get("image")).hasToString("https://images.one");
    assertThat(one.credentials())
        .asInstanceOf(InstanceOfAssertFactories.type(Credentials.Password.class))
        .satisfies(password -> {
          assertThat(password.password().reveal()).isEqualTo("s3cret");
          assertThat(password.user())
              .isEqualTo(new Named.ByName("u", new Domain(Optional.empty(), Optional.of("D"))));
          assertThat(password.scope())
              .isEqualTo(
                  new Scope.Project(
                      new Named.ByName("p", new Domain(Optional.of("default"), Optional.empty()))));
        });
    CloudConfig two = read(Map.of(), Map.of("cloud", "two"));
    assertThat(two.identity()).hasToString("https://two/identity/v3");
    assertThat(two.region()).contains("West");
    assertThat(two.credentials()).isInstanceOf(Credentials.ApplicationCredential.class);
  }

  @Test
  void variablesDoNotMixWithACloudThatWasNamedAndOptionsDo() throws Exception {
    writeBoth();
    CloudConfig one =
        read(
            Map.of("OS_CLOUD", "one", "OS_AUTH_URL", "https://evil", "OS_REGION_NAME", "Mars"),
            Map.of("region_name", "North"));
    assertThat(one.identity()).hasToString("https://one:5000/v3");
    assertThat(one.region()).contains("North");
  }

  @Test
  void variablesAloneAreEnough() throws Exception {
    CloudConfig config =
        read(
            Map.of(
                "OS_AUTH_URL", "https://c:5000/v2.0",
                "OS_USER_ID", "id",
                "OS_PASSWORD", "s3cret",
                "OS_TENANT_NAME", "old",
                "OS_ENDPOINT_TYPE", "adminURL",
                "OS_CACERT", "/ca.pem",
                "OS_REGION_NAME", ""),
            Map.of());
    assertThat(config.identity()).hasToString("https://c:5000/v3");
    assertThat(config.endpointInterface()).isEqualTo("admin");
    assertThat(config.trust()).isEqualTo(new Trust.Authorities(Path.of("/ca.pem")));
    assertThat(config.region()).isEmpty();
    assertThat(config.credentials())
        .extracting(of -> ((Credentials.Password) of).user())
        .isEqualTo(new Named.ById("id"));
  }

  @Test
  void theFileInTheWorkingDirectoryAndTheOneThatIsNamedGoBefore() throws Exception {
    writeBoth();
    String other = "clouds: {it: {auth: {auth_url: 'https://%s', token: t}}}";
    write("here", "clouds.yaml", other.formatted("here"));
    assertThat(read(Map.of(), Map.of()).identity()).hasToString("https://here/v3");
    write("elsewhere", "my.yaml", other.formatted("named"));
    String named = home.resolve("elsewhere/my.yaml").toString();
    assertThat(read(Map.of("OS_CLIENT_CONFIG_FILE", named), Map.of()).identity())
        .hasToString("https://named/v3");
  }

  @Test
  void noSecretIsInAnyText() throws Exception {
    writeBoth();
    assertThat(read(Map.of("OS_CLOUD", "one"), Map.of()).toString()).doesNotContain("s3cret");
    assertThat(read(Map.of("OS_CLOUD", "two"), Map.of()).toString()).doesNotContain("s3cret");

    write(".config/openstack", "secure.yaml", "clouds:\n  one:\n    password: [s3cret\n  x: {");
    assertThatThrownBy(() -> read(Map.of("OS_CLOUD", "one"), Map.of()))
        .isInstanceOf(VoyageurException.class)
        .hasNoCause()
        .hasMessageContaining("secure.yaml is not YAML in line")
        .message()
        .doesNotContain("s3cret");
    assertThatThrownBy(() ->
            read(
                Map.of(
                    "OS_AUTH_URL", "https://u:s3cret@host", "OS_USERNAME", "u", "OS_PASSWORD", "x"),
                Map.of()))
        .isInstanceOf(VoyageurException.class)
        .message()
        .doesNotContain("s3cret");
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    assertThatThrownBy(() -> read(Map.of(), Map.of())).hasMessageContaining("no cloud");
    writeBoth();
    assertThatThrownBy(() -> read(Map.of(), Map.of()))
        .isInstanceOfSatisfying(
            VoyageurException.class, failure -> assertThat(failure.remedy()).contains("one, two"));
    assertThatThrownBy(() -> read(Map.of("OS_CLOUD", "three"), Map.of()))
        .hasMessageContaining("no cloud 'three'");
    assertThatThrownBy(() -> read(Map.of("OS_AUTH_URL", "https://c", "OS_USERNAME", "u"), Map.of()))
        .hasMessageContaining("lacks password");
  }

  @Test
  void aFileOfAliasesThatMultiplyIsRefused() throws Exception {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    write(".config/openstack", "clouds.yaml", bomb + "clouds: {}\n");
    assertThatThrownBy(() -> read(Map.of("OS_CLOUD", "one"), Map.of()))
        .hasMessageContaining("is not YAML");
  }
}
