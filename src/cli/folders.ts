import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { CasrFolders } from "../core/api.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The value of the first variable that is set and not empty. */
function firstSet(env: Environment, ...names: string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
}

/** The user's home folder: HOME, on Windows USERPROFILE, else what the system says. */
export function homeFolder(env: Environment, platform: string): string {
  const names = platform === "win32" ? ["HOME", "USERPROFILE"] : ["HOME"];
  return resolve(firstSet(env, ...names) ?? homedir());
}

/** The folder casr was started in; the home folder when that one has been deleted meanwhile. */
export function startFolder(home: string): string {
  try {
    return process.cwd();
  } catch {
    return home;
  }
}

interface Convention {
  xdg: string;
  unix: string[];
  mac: string[];
  windows: string;
}

const STATE: Convention = {
  xdg: "XDG_STATE_HOME",
  unix: [".local", "state", "casr"],
  mac: ["Library", "Application Support", "casr"],
  windows: "State",
};
const CACHE: Convention = {
  xdg: "XDG_CACHE_HOME",
  unix: [".cache", "casr"],
  mac: ["Library", "Caches", "casr"],
  windows: "Cache",
};

function folder(convention: Convention, env: Environment, home: string, platform: string): string {
  const xdg = firstSet(env, convention.xdg);
  if (xdg !== undefined) return resolve(xdg, "casr");
  if (platform === "darwin") return join(home, ...convention.mac);
  if (platform !== "win32") return join(home, ...convention.unix);
  const local = firstSet(env, "LOCALAPPDATA") ?? join(home, "AppData", "Local");
  return join(local, "casr", convention.windows);
}

/** casr's own folders: CASR_STATE_HOME and CASR_CACHE_HOME, then XDG, then the platform's convention. */
export function casrFolders(env: Environment, home: string, platform: string): CasrFolders {
  const state = firstSet(env, "CASR_STATE_HOME");
  const cache = firstSet(env, "CASR_CACHE_HOME");
  return {
    state: state === undefined ? folder(STATE, env, home, platform) : resolve(state),
    cache: cache === undefined ? folder(CACHE, env, home, platform) : resolve(cache),
  };
}
