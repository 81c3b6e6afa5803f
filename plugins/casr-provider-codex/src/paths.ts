import { resolve } from "node:path";
import type { World } from "casr-cli/provider";
import { readConfig } from "./config.ts";

/** Joins path parts with the separator the first part uses. */
export function join(first: string, ...rest: string[]): string {
  const separator = first.includes("\\") && !first.includes("/") ? "\\" : "/";
  return [first.replace(/[\\/]+$/, ""), ...rest].join(separator);
}

/** The last part of a path of either notation. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** Whether `path` is absolute on Unix or Windows. */
export function isAbsolute(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
}

/** Codex's home: `$CODEX_HOME`, else `~/.codex`. */
export function codexHome(world: World): string {
  return movedFolder("CODEX_HOME", world) ?? join(world.home, ".codex");
}

/** The folder an environment variable names, absolute; undefined when it is not set. */
export function movedFolder(variable: string, world: World): string | undefined {
  const moved = world.env[variable];
  if (moved === undefined || moved === "") return undefined;
  return isAbsolute(moved) ? moved : resolve(world.cwd, moved);
}

export const sessionsFolder = (home: string): string => join(home, "sessions");
export const archiveFolder = (home: string): string => join(home, "archived_sessions");
export const titlesFile = (home: string): string => join(home, "session_index.jsonl");
export const configFile = (home: string): string => join(home, "config.toml");

/** Where the databases are: `$CODEX_SQLITE_HOME`, else `sqlite_home` of the configuration, else the home. */
export async function sqliteHome(world: World): Promise<string> {
  const moved = movedFolder("CODEX_SQLITE_HOME", world);
  if (moved !== undefined) return moved;
  const home = codexHome(world);
  const configured = (await readConfig(configFile(home), world)).sqliteHome;
  if (configured === undefined) return home;
  if (configured === "~" || configured.startsWith("~/"))
    return join(world.home, ...configured.split("/").slice(1));
  return isAbsolute(configured) ? configured : join(home, configured);
}

/** The state database with the highest schema number (`state_5.sqlite`), if there is one. */
export async function stateDatabase(world: World): Promise<string | undefined> {
  const folder = await sqliteHome(world);
  let best: { name: string; version: number } | undefined;
  for (const entry of await world.files.list(folder)) {
    const match = /^state_(\d+)\.sqlite$/.exec(entry.name);
    if (match === null || entry.kind !== "file") continue;
    const version = Number(match[1]);
    if (best === undefined || version > best.version) best = { name: entry.name, version };
  }
  return best === undefined ? undefined : join(folder, best.name);
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ROLLOUT = new RegExp(`^rollout-.*?(?:(${UUID})(?:_(${UUID}))?)?\\.jsonl(\\.zst)?$`, "i");

/** What the name of a session file says. */
export interface RolloutName {
  /** Id of the session. */
  id?: string;
  /**
   * Id of this file alone. Going back to an earlier prompt makes Codex 0.169.0 go on in a new file of the
   * same session; the first file has the id of the session.
   */
  rollout?: string;
  compressed: boolean;
}

/** Reads `rollout-YYYY-MM-DDThh-mm-ss-<uuid>[_<uuid>].jsonl[.zst]`; undefined for other files. */
export function parseRolloutName(name: string): RolloutName | undefined {
  const match = ROLLOUT.exec(name);
  if (match === null) return undefined;
  const compressed = match[3] !== undefined;
  const id = match[1]?.toLowerCase();
  return id === undefined ? { compressed } : { id, rollout: match[2]?.toLowerCase() ?? id, compressed };
}

/**
 * The path of a new session file: folders and name carry local time, as Codex 0.169.0 writes them.
 * `startedAt` is epoch ms, `offsetMinutes` how far local time is ahead of UTC then.
 */
export function rolloutPath(home: string, id: string, startedAt: number, offsetMinutes: number): string {
  const local = new Date(startedAt + offsetMinutes * 60_000).toISOString();
  const [year, month, day] = [local.slice(0, 4), local.slice(5, 7), local.slice(8, 10)];
  const stamp = local.slice(0, 19).replaceAll(":", "-");
  return join(sessionsFolder(home), year, month, day, `rollout-${stamp}-${id}.jsonl`);
}
