import { basename, posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

/** Path rules of the machine the world is on. */
function rules(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Joins path parts by the rules of the world's platform. */
export function joined(world: World, ...parts: string[]): string {
  return rules(world).join(...parts);
}

/** A folder that a variable or setting names; `~` is the home folder. */
function named(folder: string, world: World): string {
  if (folder === "~") return world.home;
  if (/^~[/\\]/.test(folder)) return joined(world, world.home, folder.slice(2));
  return rules(world).resolve(world.cwd, folder);
}

/** Pi's own folder: `PI_CODING_AGENT_DIR`, else `PI_AGENT_HOME` (the folder itself, or `.pi` around it), else below the home folder. */
export function agentFolder(world: World): string {
  const own = world.env["PI_CODING_AGENT_DIR"];
  if (own) return named(own, world);
  const alias = world.env["PI_AGENT_HOME"];
  if (!alias) return joined(world, world.home, ".pi", "agent");
  const folder = named(alias, world);
  return rules(world).basename(folder) === ".pi" ? joined(world, folder, "agent") : folder;
}

/** The store of sessions. */
export interface Store {
  root: string;
  /** All sessions lie side by side, in place of a folder for each workspace. */
  isFlat: boolean;
}

/** Where Pi keeps its sessions: `PI_CODING_AGENT_SESSION_DIR`, the setting `sessionDir`, else below its folder. */
export async function storeOf(world: World): Promise<Store> {
  const variable = world.env["PI_CODING_AGENT_SESSION_DIR"];
  if (variable) return { root: named(variable, world), isFlat: true };
  const folder = agentFolder(world);
  const setting = await sessionDirSetting(joined(world, folder, "settings.json"), world);
  if (setting !== undefined) return { root: named(setting, world), isFlat: true };
  return { root: joined(world, folder, "sessions"), isFlat: false };
}

async function sessionDirSetting(path: string, world: World): Promise<string | undefined> {
  try {
    const text = await world.files.readText(path);
    const settings: unknown = text === undefined ? undefined : JSON.parse(text);
    const folder = isJsonObject(settings) ? settings["sessionDir"] : undefined;
    return typeof folder === "string" && folder !== "" ? folder : undefined;
  } catch (error) {
    world.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    world.warn({ code: "unreadable-file", message, path });
    return undefined;
  }
}

/** The name of a workspace's folder of sessions (0.73.1): `/home/dev/app` is `--home-dev-app--`. */
export function projectFolderName(workspace: string): string {
  return `--${workspace.replace(/^[/\\]/, "").replace(/[/\\:]/g, "-")}--`;
}

/** The name of a session's file: its start and its id. `start` is epoch ms. */
export function sessionFileName(start: number, id: string): string {
  return `${new Date(start).toISOString().replace(/[:.]/g, "-")}_${id}.jsonl`;
}

/** The id in a session file's name; undefined for other names, and for ids that no program should be given. */
export function idOf(path: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- such names are refused
  const name = /^([^\u0000-\u001f\u007f-\u009f/\\]{1,240})\.jsonl$/.exec(basename(path))?.[1];
  const id = name?.replace(/^\d{4}-\d\d-\d\dT[\d-]+Z_/, "");
  return id === undefined || id === "" || id.startsWith("-") || id.startsWith(".") ? undefined : id;
}
