package org.voyageur.guest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The text files that depmod writes into a module directory, in the form of module-init-tools 3.3,
 * which el5 has: absolute paths, and no binary index (modules.dep(5)). The maps of device tables
 * (modules.pcimap and its like) are left out: only hotplug's scripts of before el5 read them.
 */
final class ModuleTables {
  private static final int DEEPEST = 100;

  private final List<KernelModule> modules;
  private final Map<String, KernelModule> byName;

  ModuleTables(Collection<KernelModule> modules) {
    this.modules = modules.stream().sorted(Comparator.comparing(KernelModule::path)).toList();
    this.byName =
        modules.stream()
            .collect(Collectors.toMap(KernelModule::name, module -> module, (one, _) -> one));
  }

  boolean has(String name) {
    return byName.containsKey(name);
  }

  /** The files to load for a module, in load order, itself last. */
  SequencedSet<String> loadOrder(String name) {
    SequencedSet<String> order = new LinkedHashSet<>();
    collect(name, order, new HashSet<>(), DEEPEST);
    return order;
  }

  /**
   * What is not among the modules is in the kernel, or was never built: modpost would say so.
   *
   * @param seen names that need not be looked at again, which may be in a circle
   */
  private void collect(String name, SequencedSet<String> order, Set<String> seen, int depth) {
    KernelModule module = byName.get(name);
    if (module == null || depth == 0 || !seen.add(name)) {
      return;
    }
    module.depends().forEach(need -> collect(need, order, seen, depth - 1));
    order.add(module.path());
  }

  /** Each file's text by its name. */
  SequencedMap<String, String> texts() {
    SequencedMap<String, String> texts = new LinkedHashMap<>();
    texts.put("modules.dep", dependencies());
    texts.put("modules.alias", aliases());
    texts.put("modules.symbols", symbols());
    return texts;
  }

  /** modprobe loads what stands behind a module's colon from the last to the first. */
  private String dependencies() {
    StringBuilder text = new StringBuilder();
    for (KernelModule module : modules) {
      List<String> needs = new ArrayList<>(loadOrder(module.name()));
      needs.removeLast();
      text.append(module.path()).append(':');
      needs.reversed().forEach(need -> text.append(' ').append(need));
      text.append('\n');
    }
    return text.toString();
  }

  private String aliases() {
    StringBuilder text = new StringBuilder("# Aliases extracted from modules themselves.\n");
    for (KernelModule module : modules) {
      for (String alias : module.aliases()) {
        text.append("alias ").append(alias).append(' ').append(module.name()).append('\n');
      }
    }
    return text.toString();
  }

  private String symbols() {
    StringBuilder text = new StringBuilder("# Aliases for symbols, used by symbol_request().\n");
    for (KernelModule module : modules) {
      for (String symbol : module.symbols()) {
        text.append("alias symbol:").append(symbol).append(' ').append(module.name()).append('\n');
      }
    }
    return text.toString();
  }
}
