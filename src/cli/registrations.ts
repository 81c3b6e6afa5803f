import type { Config } from "@oclif/core/interfaces";
import type { Provider, ProviderFault, Registry } from "../core/api.ts";
import { messageOf } from "../core/errors.ts";
import { createRegistry, type RegistryEntry } from "../core/registry.ts";
import { KNOWN_AGENTS } from "./known-agents.ts";

/** How long all plugins together may take to register, in ms. */
const HOOK_TIMEOUT = 5000;

/** What the plugins registered, unchecked, and which of them failed to. */
interface Registrations {
  entries: RegistryEntry[];
  failures: ProviderFault[];
}

interface HookPlugin {
  name: string;
  version: string;
  root: string;
  type: string;
}

function packageOf(plugin: HookPlugin): Provider["package"] {
  const origin = plugin.type === "link" ? "linked" : plugin.type === "user" ? "user" : "bundled";
  return { name: plugin.name, version: plugin.version, root: plugin.root, origin };
}

/** Runs the `casr:providers` hook of every plugin. Never rejects: a plugin that fails becomes a fault. */
async function collectRegistrations(config: Config): Promise<Registrations> {
  // oclif's timer does not keep the process alive: a hook that never settles would end it silently.
  const keepAlive = setInterval(() => {}, HOOK_TIMEOUT);
  try {
    const result = await config.runHook("casr:providers", {}, HOOK_TIMEOUT, true);
    const failures = result.failures.map(({ error, plugin }): ProviderFault => {
      // Node adds the whole require stack to what a missing module says.
      const [reason = ""] = messageOf(error).split(/\s*(?:\n|Require stack:)/, 1);
      const message = `its casr:providers hook failed: ${reason}`;
      return { package: plugin.name, version: plugin.version, message };
    });
    const entries: RegistryEntry[] = [];
    for (const { plugin, result: returned } of result.successes) {
      if (Array.isArray(returned)) {
        const made = returned as unknown[];
        entries.push(...made.map((registration) => ({ registration, package: packageOf(plugin) })));
      } else {
        const message = "its casr:providers hook returned no list of providers";
        failures.push({ package: plugin.name, version: plugin.version, message });
      }
    }
    return { entries, failures };
  } finally {
    clearInterval(keepAlive);
  }
}

/** The registry of this run: what the plugins registered, and the providers that could be installed. */
export async function loadRegistry(config: Config): Promise<Registry> {
  const { entries, failures } = await collectRegistrations(config);
  return createRegistry(entries, failures, KNOWN_AGENTS);
}
