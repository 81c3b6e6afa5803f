import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { Config } from "@oclif/core/config";
import { createRegistry } from "../core/registry.ts";
import { collectRegistrations } from "./registrations.ts";

/** Names of the packages plugin-plugins installed in this run; filled by our hooks. */
const installed = new Set<string>();
let known: WeakSet<object> | undefined;

/** Remembers the plugins there are before a command runs. */
export function rememberPlugins(plugins: Iterable<object>): void {
  known = new WeakSet(plugins);
}

/** Notes which plugins are new since `rememberPlugins`. */
export function noteInstalled(plugins: Iterable<{ name: string }>): void {
  for (const plugin of plugins) if (known?.has(plugin) === false) installed.add(plugin.name);
}

/** One line about a plugin: which providers it brings, or that it brings none. */
export interface PluginVerdict {
  ok: boolean;
  message: string;
}

async function verdictOn(config: Config, name: string): Promise<PluginVerdict> {
  const { entries, failures } = await collectRegistrations(config);
  const registry = createRegistry(entries, failures);
  const remove = `Remove it with: casr plugins uninstall ${name}`;
  const fault = registry.faults.find((candidate) => candidate.package === name);
  const mine = registry.providers.filter((provider) => provider.package.name === name);
  if (mine.length > 0) {
    const named = mine.map((provider) => {
      const alias = provider.aliases[0] ?? provider.slug;
      return `${provider.name} (${provider.slug}): casr list --provider ${alias}, casr ${alias} resume <session>`;
    });
    return { ok: true, message: `${name} provides ${named.join("; ")}` };
  }
  if (fault !== undefined)
    return { ok: false, message: `${name} is installed, but ${fault.message}. ${remove}` };
  const shadowed = entries.some((entry) => entry.package.name === name);
  if (shadowed)
    return {
      ok: false,
      message: `${name} is installed, but another plugin provides the same agent. ${remove}`,
    };
  const hasHook = (config.plugins.get(name)?.hooks["casr:providers"] ?? []).length > 0;
  const reason = hasHook ? "it registers no provider" : "it has no casr:providers hook: it adds no provider";
  return { ok: false, message: `${name} is installed, but ${reason}. ${remove}` };
}

/**
 * What the plugins that `argv` has just installed or linked bring, found the way the next run
 * will find them. Empty when `argv` installs nothing.
 */
export async function checkInstalledPlugins(
  argv: string[],
  root: string,
  cwd: string,
): Promise<PluginVerdict[]> {
  const [topic, action, ...words] = argv;
  if (topic !== "plugins" || !["install", "add", "link"].includes(action ?? "")) return [];
  const config = await Config.load({ root });
  const names = new Set(installed);
  if (action === "link") {
    const path = words.find((word) => !word.startsWith("-")) ?? ".";
    const linked = config.getPluginsList().find((plugin) => plugin.root === realpathSync(resolve(cwd, path)));
    if (linked !== undefined) names.add(linked.name);
  }
  return Promise.all([...names].map((name) => verdictOn(config, name)));
}
