import { createHash } from "node:crypto";
import { posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";

/** Path rules of the machine the world is on. */
export function pathsOf(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Joins path parts by the rules of the world's platform. */
export function joined(world: World, ...parts: string[]): string {
  return pathsOf(world).join(...parts);
}

/** A folder that a variable names; `~` is the home folder. */
function named(folder: string, world: World): string {
  if (folder === "~") return world.home;
  if (/^~[/\\]/.test(folder)) return joined(world, world.home, folder.slice(2));
  return pathsOf(world).resolve(world.cwd, folder);
}

/** Kimi Code's own folder: `KIMI_CODE_HOME`, else casr's `KIMI_HOME`, else `.kimi-code` in the home folder. */
export function codeFolder(world: World): string {
  const own = world.env["KIMI_CODE_HOME"] || world.env["KIMI_HOME"];
  return own ? named(own, world) : joined(world, world.home, ".kimi-code");
}

/** The folder of the older agent, kimi-cli: `KIMI_SHARE_DIR`, else `.kimi` in the home folder. */
export function cliFolder(world: World): string {
  const own = world.env["KIMI_SHARE_DIR"];
  return own ? named(own, world) : joined(world, world.home, ".kimi");
}

/** Where sessions are, below either folder. */
export function sessionsFolder(folder: string, world: World): string {
  return joined(world, folder, "sessions");
}

/**
 * Name of the folder that a workspace's sessions are in: `wd_app_0123456789ab` (`encodeWorkDirKey` of Kimi Code
 * 2.1.0). Twelve digits of the sha256 of the path with slashes, without one at its end.
 */
export function workspaceKey(workspace: string): string {
  const path = workspace.replace(/\\/g, "/").replace(/\/+$/, "");
  const trimmed = (text: string): string => text.replaceAll(/^-+|-+$/g, "");
  const name = (path.split("/").pop() ?? path).toLowerCase().replaceAll(/[^a-z0-9._-]+/g, "-");
  const slug = trimmed(trimmed(name).slice(0, 40));
  const shown = slug === "" || slug === "." || slug === ".." ? "workspace" : slug;
  return `wd_${shown}_${createHash("sha256").update(path).digest("hex").slice(0, 12)}`;
}

/** Name of the folder of a workspace's sessions in kimi-cli: the md5 of its path. */
export function cliKey(workspace: string): string {
  return createHash("md5").update(workspace).digest("hex");
}

/** Whether a folder's name can be an id: nothing that a program would take for an option, a path or a control code. */
export function isId(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- such names are refused
  return /^(?![-.])[^\u0000-\u001f\u007f-\u009f/\\]{1,200}$/.test(name);
}
