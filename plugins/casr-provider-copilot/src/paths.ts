import { basename, dirname, posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/** A session's folder, named by its id. */
export const SESSION_FOLDER = new RegExp(`^${UUID}$`, "i");
/** The flat layout of 2025: one file named by the id. */
export const FLAT_FILE = new RegExp(`^(${UUID})\\.jsonl$`, "i");
/** The oldest layout: `session_<id>_<ms>.json`; some versions left the time out. */
export const HISTORY_FILE = new RegExp(`^(?:session_)?(${UUID})(?:_\\d+)?\\.json$`, "i");
/** The file of a session's folder that holds it. */
export const EVENTS = "events.jsonl";
/** The file of a session's folder that names it. */
export const WORKSPACE = "workspace.yaml";

/** Path rules of the machine the world is on. */
function rules(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Joins path parts by the rules of the world's platform. */
export function joined(world: World, ...parts: string[]): string {
  return rules(world).join(...parts);
}

/** The CLI's own folder: `$COPILOT_HOME`, else `~/.copilot` (on Windows in the user's profile). */
export function copilotFolder(world: World): string {
  const named = world.env["COPILOT_HOME"];
  return named ? rules(world).resolve(world.cwd, named) : joined(world, world.home, ".copilot");
}

/** The folder that holds one folder per session. */
export function stateFolder(world: World): string {
  return joined(world, copilotFolder(world), "session-state");
}

/** The folder of the sessions made before there were events. */
export function historyFolder(world: World): string {
  return joined(world, copilotFolder(world), "history-session-state");
}

/** The id in the path of a session file of any layout; undefined for other files. */
export function idOf(path: string): string | undefined {
  const name = basename(path);
  if (name === EVENTS) {
    const folder = basename(dirname(path));
    return SESSION_FOLDER.test(folder) ? folder : undefined;
  }
  return FLAT_FILE.exec(name)?.[1] ?? HISTORY_FILE.exec(name)?.[1];
}
