import { basename, dirname, join, resolve } from "node:path";
import type { World } from "casr-cli/provider";

/** Session files are called `session-<minute>-<8 characters>.json` or `.jsonl`; others do not exist for the CLI. */
const SESSION_FILE = /^session-.*\.jsonl?$/u;
const SHORT_ID = /-([A-Za-z0-9]{8})\.jsonl?$/u;

/** Folder below a workspace's folder that holds the sessions. */
export const CHATS = "chats";
/** File that names the workspace a slug folder belongs to. */
export const PROJECT_ROOT = ".project_root";

/**
 * The `.gemini` folder: below `GEMINI_CLI_HOME` (the CLI's own variable), else at or below `GEMINI_HOME`
 * (older habits: the folder itself when it holds `tmp`), else below the home folder.
 */
export async function geminiFolder(world: World): Promise<string> {
  const cliHome = world.env["GEMINI_CLI_HOME"];
  if (cliHome !== undefined && cliHome !== "") return join(resolve(world.cwd, cliHome), ".gemini");
  const alias = world.env["GEMINI_HOME"];
  if (alias === undefined || alias === "") return join(world.home, ".gemini");
  const folder = resolve(world.cwd, alias);
  const inside = await world.files.stat(join(folder, "tmp"));
  if (inside?.kind === "directory" || basename(folder) === ".gemini") return folder;
  return join(folder, ".gemini");
}

/** The folder all workspaces' folders are in. */
export function storeFolder(gemini: string): string {
  return join(gemini, "tmp");
}

export function isSessionFile(name: string): boolean {
  return SESSION_FILE.test(name);
}

/** The 8 characters at the end of a session file's name, when it has them. */
export function shortIdOf(path: string): string | undefined {
  return SHORT_ID.exec(basename(path))?.[1];
}

/** The folder of the workspace (`tmp/<slug>`) a session file lies in: `chats` is the file's folder or one above it. */
export function projectFolderOf(path: string): string | undefined {
  const folder = dirname(path);
  if (basename(folder) === CHATS) return dirname(folder);
  const above = dirname(folder);
  return basename(above) === CHATS ? dirname(above) : undefined;
}

/** Id of the session a subagent's file belongs to: the name of the folder below `chats`. */
export function parentIdOf(path: string): string | undefined {
  const folder = dirname(path);
  return basename(dirname(folder)) === CHATS ? basename(folder) : undefined;
}

/**
 * The id a session is known by: the one in its file, or the file's own name where that id could not be
 * passed to a program (Gemini CLI itself writes UUIDs).
 */
export function usableId(id: string, path: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(id) ? id : basename(path).replace(/\.jsonl?$/u, "");
}
