import { posix, win32, type PlatformPath } from "node:path";
import type { World } from "casr-cli/provider";
import { objectOf, parseJson, stringOf } from "./json.ts";

/** Below a project's folder: main sessions, and in it the ones a person put away. */
export const CHATS = "chats";
export const ARCHIVE = "archive";
/** Below a project's folder: one folder a session, with the transcripts of its helpers. */
export const SUBAGENTS = "subagents";

/** Names under which Qwen Code 0.24.4 finds a session (`SESSION_FILE_PATTERN`). */
export const SESSION_FILE = /^([0-9a-fA-F-]{32,36})\.jsonl$/u;
/** The transcript of a helper: the name holds its agent id. */
export const SUBAGENT_FILE = /^agent-(.+)\.jsonl$/u;
/** A session of 0.1 to 0.4: one JSON object. */
export const LEGACY_FILE = /^session-.*\.json$/u;

/** Path functions of the world's platform. */
export function pathsOf(world: World): PlatformPath {
  return world.platform === "win32" ? win32 : posix;
}

/** A folder as a person writes it in a variable or setting: `~` is the home, relative ones count from `world.cwd`. */
function folderFrom(text: string, world: World): string {
  const path = pathsOf(world);
  if (text === "~") return world.home;
  if (/^~[\\/]/u.test(text)) return path.join(world.home, text.slice(2));
  return path.resolve(world.cwd, text);
}

/** The folder of settings: `QWEN_HOME`, else `.qwen` in the home folder. */
function qwenFolder(world: World): string {
  const own = world.env["QWEN_HOME"];
  if (own !== undefined && own !== "") return folderFrom(own, world);
  return pathsOf(world).join(world.home, ".qwen");
}

/** The folder that holds `projects` and `tmp`: `QWEN_RUNTIME_DIR`, the setting for it, else the folder of settings. */
export async function runtimeFolder(world: World): Promise<string> {
  const moved = world.env["QWEN_RUNTIME_DIR"];
  if (moved !== undefined && moved !== "") return folderFrom(moved, world);
  const qwen = qwenFolder(world);
  const path = pathsOf(world).join(qwen, "settings.json");
  const stat = await world.files.stat(path);
  const text =
    stat?.kind === "file" && stat.size < 1024 * 1024 ? await world.files.readText(path) : undefined;
  const settings = text === undefined ? undefined : parseJson(text);
  const set = stringOf(objectOf(settings, "advanced"), "runtimeOutputDir");
  return set === undefined || set === "" ? qwen : folderFrom(set, world);
}

/** Name of a workspace's folder: everything but letters and digits becomes a dash (`sanitizeCwd`, 0.24.4). */
export function projectName(workspace: string, world: World): string {
  const cased = world.platform === "win32" ? workspace.toLowerCase() : workspace;
  return cased.replace(/[^a-zA-Z0-9]/gu, "-");
}

/** The last parts of a path, whichever separators it has. */
function partsOf(path: string): string[] {
  return path.split(/[\\/]/u);
}

/** Name of a file without its folders and its ending. */
export function stemOf(path: string): string {
  return (partsOf(path).at(-1) ?? "").replace(/\.jsonl?$/u, "");
}

/** What the place of a file says: its session's id, and whether it was put away or is a helper's. */
export function placeOf(path: string): { id?: string; archived: boolean; parentId?: string } {
  const parts = partsOf(path);
  const name = parts.at(-1) ?? "";
  const folder = parts.at(-2);
  const helper = SUBAGENT_FILE.exec(name)?.[1];
  if (helper !== undefined && parts.at(-3) === SUBAGENTS && folder !== undefined)
    return { id: helper, archived: false, parentId: folder };
  const id = SESSION_FILE.exec(name)?.[1];
  return { ...(id === undefined ? {} : { id }), archived: folder === ARCHIVE && parts.at(-3) === CHATS };
}

/** Folder with the helpers of the session in the file at `path`, when it lies in a project's `chats`. */
export function helpersFolder(path: string, id: string, world: World): string | undefined {
  const { dirname, basename, join } = pathsOf(world);
  let chats = dirname(path);
  if (basename(chats) === ARCHIVE) chats = dirname(chats);
  return basename(chats) === CHATS ? join(dirname(chats), SUBAGENTS, id) : undefined;
}
