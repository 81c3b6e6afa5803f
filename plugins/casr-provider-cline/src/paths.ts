import { posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";

/** Below an editor's `globalStorage`. */
const EXTENSION = "saoudrizwan.claude-dev";

/** Editors that run the extension: the name of their settings folder, and the program that opens a folder in them. */
const EDITORS: Readonly<Record<string, string>> = {
  Code: "code",
  "Code - Insiders": "code-insiders",
  "Code - OSS": "code-oss",
  VSCodium: "codium",
  "VSCodium - Insiders": "codium-insiders",
  Cursor: "cursor",
  Windsurf: "windsurf",
  "Windsurf - Next": "windsurf-next",
  Antigravity: "antigravity",
  Kiro: "kiro",
  Trae: "trae",
  Positron: "positron",
  Void: "void",
};

/** Folders in the home of a machine that an editor works on from afar. */
const SERVERS = [
  ".vscode-server",
  ".vscode-server-insiders",
  ".vscode-server-oss",
  ".vscodium-server",
  ".cursor-server",
  ".windsurf-server",
];

/** Joins path parts in the notation of the first one. */
export function join(first: string, ...rest: string[]): string {
  const isWindows = first.includes("\\") && !first.includes("/");
  return (isWindows ? win32 : posix).join(first, ...rest);
}

/** The last part of a path of either notation. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The path without its last part. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"), 0));
}

/** Where Cline keeps what; the folders need not exist. */
export interface Stores {
  /** One folder for each session of the CLI. */
  sessions: string;
  /** The CLI's list of sessions. */
  database: string;
  /** Folders with `tasks/` and `state/taskHistory.json`: the editors', and the CLI's before 3.0. */
  tasks: string[];
  /** What the CLI must be told to look where the sessions are. */
  env: Record<string, string>;
}

function absolute(path: string, world: World): string {
  const isAbsolute = world.platform === "win32" ? win32.isAbsolute : posix.isAbsolute;
  return isAbsolute(path) ? path : join(world.cwd, path);
}

/** The folder a variable names, absolute; undefined when it is not set. */
function moved(variable: string, world: World): string | undefined {
  const value = world.env[variable]?.trim();
  return value === undefined || value === "" ? undefined : absolute(value, world);
}

async function isFolder(path: string, world: World): Promise<boolean> {
  return (await world.files.stat(path))?.kind === "directory";
}

/**
 * Where `CLINE_HOME` (a variable of casr's, not of Cline's) leads: a home folder, a `.cline` folder, a data folder
 * in it, or the extension's storage.
 */
async function casrHome(world: World): Promise<{ data: string; tasks: string[] } | undefined> {
  const home = moved("CLINE_HOME", world);
  if (home === undefined) return undefined;
  const nested = join(home, ".cline");
  if (await isFolder(nested, world)) return { data: join(nested, "data"), tasks: [join(nested, "data")] };
  const isData =
    (await isFolder(join(home, "tasks"), world)) || (await isFolder(join(home, "sessions"), world));
  const data = isData && !(await isFolder(join(home, "data"), world)) ? home : join(home, "data");
  return { data, tasks: [data] };
}

/** The stores as the environment says; the CLI's own variables go before `CLINE_HOME`. */
export async function storesOf(world: World): Promise<Stores> {
  const ownHome = moved("CLINE_DIR", world);
  const ownData =
    moved("CLINE_DATA_DIR", world) ?? (ownHome === undefined ? undefined : join(ownHome, "data"));
  const other = ownData === undefined ? await casrHome(world) : undefined;
  const data = ownData ?? other?.data ?? join(world.home, ".cline", "data");
  const databases = moved("CLINE_DB_DATA_DIR", world) ?? join(data, "db");
  return {
    sessions: moved("CLINE_SESSION_DATA_DIR", world) ?? join(data, "sessions"),
    database: join(databases, "sessions.db"),
    tasks: other?.tasks ?? [data, ...editorStores(world)],
    env: environment(data, world),
  };
}

/** The CLI knows nothing of `CLINE_HOME`, and takes relative folders from where it is started. */
function environment(data: string, world: World): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ["CLINE_DIR", "CLINE_DATA_DIR", "CLINE_SESSION_DATA_DIR", "CLINE_DB_DATA_DIR"]) {
    const folder = moved(name, world);
    if (folder !== undefined && folder !== world.env[name]) env[name] = folder;
  }
  const known = moved("CLINE_DIR", world) ?? moved("CLINE_DATA_DIR", world);
  if (known === undefined && data !== join(world.home, ".cline", "data")) env["CLINE_DATA_DIR"] = data;
  return env;
}

/** The extension's storage in every editor there may be. */
function editorStores(world: World): string[] {
  const { home, platform, env } = world;
  const roaming = env["APPDATA"]?.trim() || join(home, "AppData", "Roaming");
  const config = env["XDG_CONFIG_HOME"]?.trim() || join(home, ".config");
  const settings =
    platform === "win32"
      ? roaming
      : platform === "darwin"
        ? join(home, "Library", "Application Support")
        : config;
  return [
    ...Object.keys(EDITORS).map((editor) => join(settings, editor, "User", "globalStorage", EXTENSION)),
    ...SERVERS.map((server) => join(home, server, "data", "User", "globalStorage", EXTENSION)),
  ];
}

/** The settings folder of the editor a store of tasks is in (`Code` around `User`); undefined for others, servers' included. */
export function editorOf(store: string): string | undefined {
  const match = /^(.*)[\\/]User[\\/]globalStorage[\\/]saoudrizwan\.claude-dev[\\/]?$/u.exec(store);
  const editor = match?.[1];
  return editor === undefined || SERVERS.some((server) => editor.includes(server)) ? undefined : editor;
}

/** The program that opens a folder in the editor of a store; undefined where it is not known. */
export function editorProgram(store: string): string | undefined {
  const editor = editorOf(store);
  const name = editor === undefined ? "" : baseName(editor);
  return Object.hasOwn(EDITORS, name) ? EDITORS[name] : undefined;
}

/** Folder below a store that holds one folder for each task. */
export function tasksFolder(store: string): string {
  return join(store, "tasks");
}

/** The list of tasks (a JSON array) of a store. */
export function taskHistoryFile(store: string): string {
  return join(store, "state", "taskHistory.json");
}

/** Whether an id out of a file or a folder's name can be used: as a name of a file, and as an argument. */
export function isUsableId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/u.test(id) && !id.includes("..");
}
