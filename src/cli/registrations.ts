import type { Config } from "@oclif/core/interfaces";
import type { Provider, ProviderFault, Registry } from "../core/api.ts";
import { createRegistry, type RegistryEntry } from "../core/registry.ts";
import { isJsonObject } from "../session/json.ts";
import { reasonOf, runStrangersHook, type HookPlugin } from "./guard/load-hook.ts";
import { guardProcess, undoPollution } from "./guard/process.ts";
import { renderWarning } from "./render/failure.ts";
import { createStyle, wantsColor } from "./render/style.ts";
import { KNOWN_AGENTS } from "./known-agents.ts";

/** How long a plugin may take to register, in ms; a good one needs less than one. */
function patienceWithHooks(): number {
  const seconds = Number(process.env["CASR_PROVIDER_TIMEOUT"]);
  return seconds > 0 && seconds < 2000 ? seconds * 1000 : 2000;
}

const EVENT = "casr:providers";

/** What the plugins registered, unchecked, and which of them failed to. */
interface Registrations {
  entries: RegistryEntry[];
  failures: ProviderFault[];
}

function packageOf(plugin: HookPlugin): Provider["package"] {
  const origin = plugin.type === "link" ? "linked" : plugin.type === "user" ? "user" : "bundled";
  return { name: plugin.name, version: plugin.version, root: plugin.root, origin };
}

/** A registration whose code is looked after: when it is loaded, what it changed of JavaScript is put back. */
function guarded(registration: unknown, plugin: HookPlugin): unknown {
  if (!isJsonObject(registration)) return registration;
  const copy: Record<string, unknown> = { ...registration };
  for (const key of ["reader", "writer", "probe"]) {
    const load = copy[key];
    if (typeof load !== "function") continue;
    copy[key] = async (): Promise<unknown> => {
      try {
        return await (load as () => unknown)();
      } finally {
        undoPollution(plugin);
      }
    };
  }
  return copy;
}

/** Runs one stranger's hook. Never rejects. */
async function registerStranger(plugin: HookPlugin, found: Registrations): Promise<void> {
  const { name, version } = plugin;
  try {
    const results = await runStrangersHook(plugin, EVENT, patienceWithHooks(), () => undoPollution(plugin));
    for (const result of results) {
      if (!Array.isArray(result)) throw new Error("it returned no list of providers");
      // Read now, while a getter that throws still counts as this plugin's.
      const made = (result as unknown[]).map((registration) => guarded(registration, plugin));
      found.entries.push(...made.map((registration) => ({ registration, package: packageOf(plugin) })));
    }
  } catch (error) {
    const message = `its ${EVENT} hook failed: ${reasonOf(error)}`;
    found.failures.push({ package: name, version, message });
  } finally {
    undoPollution(plugin);
  }
}

/** Runs the hook of every plugin. Never rejects: a plugin that fails becomes a fault. */
async function collectRegistrations(config: Config): Promise<Registrations> {
  const plugins = [...config.plugins.values()] as unknown as HookPlugin[];
  const strangers = plugins.filter(
    (plugin) => packageOf(plugin).origin !== "bundled" && (plugin.hooks[EVENT] ?? []).length > 0,
  );
  const own = plugins.filter((plugin) => !strangers.includes(plugin));
  guardProcess(strangers, (message) => {
    const style = createStyle(wantsColor(process.stderr.isTTY, process.env));
    process.stderr.write(renderWarning(message, style));
  });
  const found: Registrations = { entries: [], failures: [] };
  const ownPlugins = { plugins: { value: new Map(own.map((plugin) => [plugin.name, plugin])) } };
  const trusted = Object.create(config, ownPlugins) as Config;
  const result = await trusted.runHook(EVENT, {}, patienceWithHooks(), true);
  for (const { error, plugin } of result.failures) {
    const message = `its ${EVENT} hook failed: ${reasonOf(error)}`;
    found.failures.push({ package: plugin.name, version: plugin.version, message });
  }
  for (const { plugin, result: returned } of result.successes) {
    const made = Array.isArray(returned) ? (returned as unknown[]) : [returned];
    found.entries.push(
      ...made.map((registration) => ({ registration, package: packageOf(plugin as unknown as HookPlugin) })),
    );
  }
  // One after the other: who changes what all share is known then.
  for (const plugin of strangers) await registerStranger(plugin, found);
  return found;
}

/** The registry of this run: what the plugins registered, and the providers that could be installed. */
export async function loadRegistry(config: Config): Promise<Registry> {
  const { entries, failures } = await collectRegistrations(config);
  return createRegistry(entries, failures, KNOWN_AGENTS);
}
