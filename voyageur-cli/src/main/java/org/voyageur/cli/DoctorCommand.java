package org.voyageur.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.voyageur.error.ExitStatus;
import org.voyageur.verify.HostReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Says what this host has and lacks, and the command that installs it.")
@SuppressWarnings("NullAway.Init") // picocli sets the fields.
final class DoctorCommand implements Callable<Integer>, WithCommonOptions {
  /**
   * Something that voyageur uses.
   *
   * @param needed whether it does nothing without
   * @param found where it is or which version; empty if the host has none
   */
  record Item(String name, boolean needed, Optional<String> found, String debianPackage) {}

  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Override
  public CommonOptions common() {
    return common;
  }

  @Override
  public Integer call() {
    List<Item> items = new ArrayList<>();
    items.add(new Item("java", true, Optional.of(Runtime.version().toString()), ""));
    HostReport.items()
        .forEach(item ->
            items.add(new Item(item.name(), item.needed(), item.found(), item.debianPackage())));
    boolean healthy = items.stream().allMatch(item -> item.found().isPresent() || !item.needed());
    spec.commandLine().getOut().print(common.json ? Json.doctor(items) + "\n" : text(items));
    spec.commandLine().getOut().flush();
    return (healthy ? ExitStatus.DONE : ExitStatus.HOST).code();
  }

  private static String text(List<Item> items) {
    String table =
        items.stream()
            .map(item ->
                String.format(
                    "%-22s %s\n",
                    item.name(),
                    item.found().orElse(item.needed() ? "MISSING" : "missing (optional)")))
            .collect(Collectors.joining());
    String missing =
        items.stream()
            .filter(item -> item.found().isEmpty() && !item.debianPackage().isEmpty())
            .map(Item::debianPackage)
            .distinct()
            .collect(Collectors.joining(" "));
    return missing.isEmpty()
        ? table + "\nThis host has everything.\n"
        : table + "\nInstall what is missing: apt-get install " + missing + "\n";
  }
}
