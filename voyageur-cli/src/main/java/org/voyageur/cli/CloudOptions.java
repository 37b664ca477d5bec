package org.voyageur.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.voyageur.openstack.Cloud;
import org.voyageur.openstack.CloudConfigReader;
import picocli.CommandLine.Option;

/**
 * Which cloud, by the names that openstackclient has for it. There is none for a password or a
 * token: every user of a host can read the command lines of all.
 */
@SuppressWarnings("UnusedMethod") // picocli calls them.
final class CloudOptions {
  private final Map<String, String> values = new HashMap<>();

  @Option(
      names = "--os-cloud",
      paramLabel = "CLOUD",
      description = "The cloud's name in clouds.yaml. OS_CLOUD.")
  private void cloud(String value) {
    values.put("cloud", value);
  }

  @Option(names = "--os-auth-url", paramLabel = "URL", description = "Keystone's address.")
  private void authUrl(String value) {
    values.put("auth_url", value);
  }

  @Option(
      names = "--os-auth-type",
      paramLabel = "TYPE",
      description = "password, token or v3applicationcredential.")
  private void authType(String value) {
    values.put("auth_type", value);
  }

  @Option(names = "--os-username", paramLabel = "NAME", description = "The user.")
  private void username(String value) {
    values.put("username", value);
  }

  @Option(names = "--os-user-domain-name", paramLabel = "NAME", description = "The user's domain.")
  private void userDomain(String value) {
    values.put("user_domain_name", value);
  }

  @Option(names = "--os-project-name", paramLabel = "NAME", description = "The project.")
  private void projectName(String value) {
    values.put("project_name", value);
  }

  @Option(names = "--os-project-id", paramLabel = "ID", description = "The same by its ID.")
  private void projectId(String value) {
    values.put("project_id", value);
  }

  @Option(
      names = "--os-project-domain-name",
      paramLabel = "NAME",
      description = "The project's domain.")
  private void projectDomain(String value) {
    values.put("project_domain_name", value);
  }

  @Option(names = "--os-region-name", paramLabel = "REGION", description = "The region.")
  private void region(String value) {
    values.put("region_name", value);
  }

  @Option(
      names = "--os-interface",
      paramLabel = "KIND",
      description = "Which of a service's addresses: public, internal or admin.")
  private void endpointInterface(String value) {
    values.put("interface", value);
  }

  @Option(
      names = "--os-cacert",
      paramLabel = "FILE",
      description = "The authorities, in PEM format, that signed the cloud's certificates.")
  private void authorities(String value) {
    values.put("cacert", value);
  }

  @Option(names = "--insecure", description = "Believe any certificate.")
  private void insecure(boolean value) {
    values.put("insecure", Boolean.toString(value));
  }

  Cloud signIn(Console console) {
    return Cloud.signIn(
        new CloudConfigReader(console.environment(), Path.of("")).read(Map.copyOf(values)));
  }
}
