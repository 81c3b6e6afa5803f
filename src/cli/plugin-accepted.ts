import { realpathSync } from "node:fs";
import type { Host } from "../core/api.ts";
import type { ConformanceCheck } from "../testing/conformance/types.ts";
import type { PluginPackage } from "./plugin-package.ts";

/** What only this casr can tell about an installed plugin: whether it took what the plugin registered. */
export function installedChecks(plugin: PluginPackage, host: Host): ConformanceCheck[] {
  if (!plugin.installed) return [];
  const faults = host.registry.faults.filter((fault) => fault.package === plugin.name);
  const mine = host.registry.providers.filter(
    ({ package: { root } }) => realpathSync(root) === realpathSync(plugin.root),
  );
  return [
    {
      name: "this casr takes what it registers",
      async run() {
        if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join("; "));
        if (mine.length > 0) return;
        throw new Error(
          "none of its providers is in use: another plugin provides the same agents, or it registers none",
        );
      },
    },
  ];
}
