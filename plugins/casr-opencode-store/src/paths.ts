import { resolve } from "node:path";
import type { World } from "casr-cli/provider";
import type { Fork } from "./native.ts";

/** Joins path parts with the separator the first part uses. */
export function join(first: string, ...rest: string[]): string {
  const separator = first.includes("\\") && !first.includes("/") ? "\\" : "/";
  return [first.replace(/[\\/]+$/, ""), ...rest].join(separator);
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

function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
}

/** Whether `path` is absolute on Unix or Windows. */
export function isAbsolute(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
}

/** The absolute form of the path in an environment variable; undefined when it is not set. */
export function pathIn(variable: string, world: World): string | undefined {
  const value = world.env[variable];
  if (value === undefined || value.trim() === "") return undefined;
  return plain(value, world);
}

/** The absolute form of a path, without "..". A Windows path can only be put in order on Windows. */
function plain(path: string, world: World): string {
  const foreign = path.includes("\\") && world.cwd.startsWith("/");
  return foreign && isAbsolute(path) ? path : resolve(world.cwd, path);
}

/**
 * Folders that may hold the store, the agent's own choice first. The agent takes `$XDG_DATA_HOME` and
 * `~/.local/share` on every system, Windows included. The variable named for casr alone names the folder itself.
 */
export function dataFolders(fork: Fork, world: World): string[] {
  const moved = pathIn(fork.variables.home, world);
  if (moved !== undefined) return [moved];
  const xdg = pathIn("XDG_DATA_HOME", world);
  const usual = join(world.home, ".local", "share", fork.folder);
  const folders = xdg === undefined ? [usual] : [join(xdg, fork.folder), usual];
  return [...new Set(folders)];
}

/** Folders with the user's configuration, best first. */
export function configFolders(fork: Fork, world: World): string[] {
  const xdg = pathIn("XDG_CONFIG_HOME", world);
  const usual = join(world.home, ".config", fork.folder);
  return xdg === undefined ? [usual] : [join(xdg, fork.folder), usual];
}

/** Folders with what the agent remembers between runs, best first. */
export function stateFolders(fork: Fork, world: World): string[] {
  const xdg = pathIn("XDG_STATE_HOME", world);
  const usual = join(world.home, ".local", "state", fork.folder);
  return xdg === undefined ? [usual] : [join(xdg, fork.folder), usual];
}

/** The database the agent was told to use: a path, a name in its folder; undefined when it was not told. */
export function chosenDatabase(fork: Fork, world: World): string | undefined {
  const { database, databaseForCasr } = fork.variables;
  const told = world.env[database]?.trim() ? database : databaseForCasr;
  const value = told === undefined ? undefined : world.env[told];
  if (value === undefined || value.trim() === "" || value === ":memory:") return undefined;
  return plain(isAbsolute(value) ? value : join(dataFolders(fork, world)[0]!, value), world);
}

/** Every database there is, the chosen or main one first. */
export async function databases(fork: Fork, world: World): Promise<string[]> {
  const chosen = chosenDatabase(fork, world);
  if (chosen !== undefined) return (await isFile(chosen, world)) ? [chosen] : [];
  const found: string[] = [];
  for (const folder of dataFolders(fork, world)) {
    const names = (await world.files.list(folder))
      .filter((entry) => entry.kind === "file" && fork.databaseName.test(entry.name))
      .map((entry) => entry.name)
      .sort((a, b) => Number(b === fork.mainDatabase) - Number(a === fork.mainDatabase) || (a < b ? -1 : 1));
    found.push(...names.map((name) => join(folder, name)));
  }
  return found;
}

async function isFile(path: string, world: World): Promise<boolean> {
  return (await world.files.stat(path))?.kind === "file";
}

/** The database new sessions go to, and whether it is there. */
export async function targetDatabase(fork: Fork, world: World): Promise<{ path: string; exists: boolean }> {
  const chosen = chosenDatabase(fork, world);
  if (chosen !== undefined) return { path: chosen, exists: await isFile(chosen, world) };
  const [path] = await databases(fork, world);
  if (path !== undefined) return { path, exists: true };
  const folders = dataFolders(fork, world);
  for (const folder of folders) {
    const stat = await world.files.stat(folder);
    if (stat?.kind === "directory") return { path: join(folder, fork.mainDatabase), exists: false };
  }
  return { path: join(folders[0]!, fork.mainDatabase), exists: false };
}

/** The original: a store by a name that is no fork's is taken for its. */
const ORIGINAL = "opencode";
/** Folders of the known forks. A copy of another fork's store, outside of its place, is taken for the original's too. */
const FORKS = ["kilo"];

/** Whether `path` has the name a fork gives its databases, or its session files of the older store. */
function isNamedAfter(folder: string, path: string): boolean {
  const database = String.raw`${folder}(?:-[A-Za-z0-9._-]+)?\.db(?:[\\/][^\\/]*)?`;
  const file = String.raw`${folder}[\\/](?:project[\\/][^\\/]+[\\/])?storage[\\/]session[\\/][^\\/]+[\\/][^\\/]+`;
  return new RegExp(String.raw`[\\/](?:${database}|${file})$`).test(path);
}

/** Whether what lies at `path` can be this agent's, and is not a relative's. */
export function mayBeOurs(path: string, fork: Fork, world: World): boolean {
  if (isInStore(path, fork, world)) return true;
  return fork.folder === ORIGINAL
    ? !FORKS.some((folder) => isNamedAfter(folder, path))
    : isNamedAfter(fork.folder, path);
}

/** Whether `path` lies where this agent keeps its sessions now. */
function isInStore(path: string, fork: Fork, world: World): boolean {
  const chosen = chosenDatabase(fork, world);
  const places = [...dataFolders(fork, world), ...(chosen === undefined ? [] : [chosen])];
  return places.some(
    (place) => path === place || [join(place, ""), `${place}/`].some((start) => path.startsWith(start)),
  );
}

/** An id as the agent makes them; nothing else becomes part of a path. */
export const SESSION_ID = /^ses[A-Za-z0-9_-]{1,120}$/;

/** The path by which a session of a database is named: `<database>/<session id>`. */
export function sessionPath(database: string, id: string): string {
  return join(database, id);
}
