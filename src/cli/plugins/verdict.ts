import { Config } from "@oclif/core/config";
import { settings } from "@oclif/core/settings";
import { loadRegistry } from "../registrations.ts";

/** What a plugin brings, in one line, or why it brings nothing. */
export interface PluginVerdict {
  name: string;
  /** Undefined when it is not there any more. */
  version?: string;
  ok: boolean;
  message: string;
  /** Slugs of the providers it brings. */
  providers: string[];
}

/** What each of these plugins brings, found the way the next run will find them. `root` is casr's own folder. */
export async function verdictsOn(root: string, names: string[]): Promise<PluginVerdict[]> {
  settings.enableAutoTranspile = false;
  const config = await Config.load({ root });
  const registry = await loadRegistry(config);
  return names.map((name): PluginVerdict => {
    const plugin = config.plugins.get(name);
    const known = plugin === undefined ? { name } : { name, version: plugin.version };
    const mine = registry.providers.filter((provider) => provider.package.name === name);
    if (mine.length > 0) {
      const brings = mine.map((provider) => {
        const alias = provider.aliases[0] ?? provider.slug;
        return `${provider.name} (${provider.slug}): casr list --provider ${alias}, casr ${alias} resume <session>`;
      });
      const message = `${name} ${plugin?.version ?? ""} provides ${brings.join("; ")}`;
      return { ...known, ok: true, message, providers: mine.map(({ slug }) => slug) };
    }
    const fault = registry.faults.find((candidate) => candidate.package === name);
    const hasHook = (plugin?.hooks["casr:providers"] ?? []).length > 0;
    const reason =
      fault?.message ??
      (hasHook ? "it registers no provider" : "it has no casr:providers hook: it adds no provider");
    const message = `${name} is installed, but ${reason}. Remove it with: casr plugins uninstall ${name}`;
    return { ...known, ok: false, message, providers: [] };
  });
}
