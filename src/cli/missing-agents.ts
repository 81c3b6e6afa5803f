import type { World } from "../provider/world.ts";
import type { Registry } from "../core/api.ts";
import { KNOWN_AGENTS, type KnownAgent, type KnownStore } from "./known-agents.ts";

/** A known agent without an installed provider, and what of it is on this machine. */
export interface MissingAgent {
  agent: KnownAgent;
  /** One line per store that was found: `14 threads in /home/dev/.local/share/amp/threads`. */
  evidence: string[];
  /** The stores that were found. */
  roots: string[];
}

function value(world: World, name: string): string | undefined {
  const text = world.env[name];
  return text === undefined || text === "" ? undefined : text;
}

function baseFolder(word: string, world: World): string {
  switch (word) {
    case "DATA":
      return value(world, "XDG_DATA_HOME") ?? `${world.home}/.local/share`;
    case "CONFIG":
      if (world.platform === "darwin") return `${world.home}/Library/Application Support`;
      if (world.platform === "win32") return value(world, "APPDATA") ?? `${world.home}/AppData/Roaming`;
      return value(world, "XDG_CONFIG_HOME") ?? `${world.home}/.config`;
    case "CWD":
      return world.cwd;
    default:
      return world.home;
  }
}

function pathOf(store: KnownStore, world: World): string {
  const words = store.path.split("/");
  const moved = store.variable === undefined ? undefined : value(world, store.variable.name);
  const base = moved ?? baseFolder(words[0]!, world);
  return [base, ...words.slice(moved === undefined ? 1 : store.variable!.replaces)].join("/");
}

/** What a store holds, as one line; undefined when it is not there, empty or not readable. */
async function evidenceOf(store: KnownStore, path: string, world: World): Promise<string | undefined> {
  try {
    const { entries: names, ending = "" } = store;
    if (names === undefined) {
      const stat = await world.files.stat(path);
      return stat?.kind === "file" ? `${path} exists` : undefined;
    }
    const entries = await world.files.list(path);
    const count = entries.filter(({ name }) => !name.startsWith(".") && name.endsWith(ending)).length;
    return count === 0 ? undefined : `${count} ${count === 1 ? names[0] : names[1]} in ${path}`;
  } catch {
    // A hint about an agent that is not even installed: what cannot be looked into is not hinted at.
    return undefined;
  }
}

async function look(agent: KnownAgent, world: World): Promise<MissingAgent> {
  const missing: MissingAgent = { agent, evidence: [], roots: [] };
  for (const store of agent.stores) {
    const path = pathOf(store, world);
    const line = await evidenceOf(store, path, world);
    if (line === undefined) continue;
    missing.evidence.push(line);
    missing.roots.push(path);
  }
  return missing;
}

/** The known agents no installed provider stands for, those with data on this machine first. */
export async function missingAgents(registry: Registry, world: World): Promise<MissingAgent[]> {
  const absent = KNOWN_AGENTS.filter(({ slug }) => registry.providers.every((known) => known.slug !== slug));
  const looked = await Promise.all(absent.map((agent) => look(agent, world)));
  return looked.sort((a, b) => Number(b.evidence.length > 0) - Number(a.evidence.length > 0));
}
