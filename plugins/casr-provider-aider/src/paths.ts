import { resolve } from "node:path";
import type { World } from "casr-cli/provider";
import { isUnreadable } from "./faults.ts";
import { HISTORY, OWN_ENDING } from "./native.ts";

/** Joins path parts with the separator the first part uses. */
export function join(first: string, ...rest: string[]): string {
  const separator = first.includes("\\") && !first.includes("/") ? "\\" : "/";
  return [first.replace(/[\\/]+$/u, ""), ...rest].join(separator);
}

function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
}

/** The last part of a path of either notation. */
export function baseName(path: string): string {
  return path.slice(lastSeparator(path) + 1);
}

/** The folder a path lies in, for either notation. */
export function folderOf(path: string): string {
  const at = lastSeparator(path);
  return at <= 0 ? path.slice(0, at + 1) : path.slice(0, at);
}

/** Whether `path` is absolute on Unix or Windows. */
export function isAbsolute(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/u.test(path);
}

function pathIn(variable: string, world: World): string | undefined {
  const value = world.env[variable];
  return value === undefined || value.trim() === "" ? undefined : resolve(world.cwd, value);
}

/** The folder casr keeps the histories in that it makes: beside Aider's own caches, outside every project. */
export function ownFolder(world: World): string {
  return join(pathIn("AIDER_HOME", world) ?? join(world.home, ".aider"), "casr");
}

/** The history casr makes for a session. */
export function ownHistory(id: string, world: World): string {
  return join(ownFolder(world), `${id}${OWN_ENDING}`);
}

/** How deep, and through how many folders, `AIDER_HOME` is searched. */
const DEPTH = 4;
const MOST_FOLDERS = 5000;

/** Aider's settings, which it looks for in the home folder, in the repository's and in the one it is started in. */
const SETTINGS = ".aider.conf.yml";
const MAX_SETTINGS_BYTES = 1024 * 1024;

/**
 * The history that Aider's settings name: the nearest settings that name one count. A relative path begins where
 * Aider is started.
 */
async function configured(world: World): Promise<string | undefined> {
  for (const folder of [...above(world.cwd), world.home]) {
    const path = join(folder, SETTINGS);
    const stat = await world.files.stat(path);
    if (stat?.kind !== "file" || stat.size > MAX_SETTINGS_BYTES) continue;
    const text = await settingsText(path, world);
    const [, value = ""] = /^chat[-_]history[-_]file:[ \t]*(.*)$/mu.exec(text) ?? [];
    const plain =
      /^(["'])(.*)\1[ \t]*(?:#.*)?$/u.exec(value)?.[2] ?? value.replace(/(?:^|[ \t])#.*$/u, "").trim();
    if (plain === "") continue;
    return resolve(
      world.cwd,
      plain.replace(/^~(?=[\\/]|$)/u, () => world.home),
    );
  }
  return undefined;
}

/** Settings nobody may read name no history; the others count. */
async function settingsText(path: string, world: World): Promise<string> {
  try {
    return (await world.files.readText(path)) ?? "";
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    world.warn({ code: "unreadable-file", message: (error as Error).message, path });
    return "";
  }
}

/**
 * Histories: casr's own, the one Aider is told to use (by its variable or its settings), those of the current folder and the ones above it, and
 * those below `AIDER_HOME` (a habit of other tools). Aider has no list of its own.
 */
export async function histories(world: World): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of await world.files.list(ownFolder(world)))
    if (entry.kind === "file" && entry.name.endsWith(OWN_ENDING))
      found.add(join(ownFolder(world), entry.name));
  const told = pathIn("AIDER_CHAT_HISTORY_FILE", world) ?? (await configured(world));
  const places = [
    ...(told === undefined ? [] : [told]),
    ...above(world.cwd).map((folder) => join(folder, HISTORY)),
  ];
  for (const path of places) if ((await world.files.stat(path))?.kind === "file") found.add(path);
  const home = pathIn("AIDER_HOME", world);
  if (home !== undefined) for (const path of await below(home, world)) found.add(path);
  return [...found];
}

function above(folder: string): string[] {
  const folders: string[] = [];
  for (let at = folder; !folders.includes(at) && at !== ""; at = folderOf(at)) folders.push(at);
  return folders;
}

async function below(root: string, world: World): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      world.signal.throwIfAborted();
      seen += 1;
      if (seen > MOST_FOLDERS) return found;
      for (const entry of await world.files.list(folder)) {
        const path = join(folder, entry.name);
        if (entry.kind === "file" && entry.name === HISTORY) found.push(path);
        const wanted =
          entry.kind === "directory" && !entry.name.startsWith(".") && entry.name !== "node_modules";
        if (wanted) next.push(path);
      }
    }
    level = next;
  }
  return found;
}

/** The path by which one run of a history is named: `<history>/<id>`. */
export function runPath(history: string, id: string): string {
  return join(history, id);
}
