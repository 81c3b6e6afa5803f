import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { World } from "casr-cli/provider";

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

/** The absolute form of the folder in an environment variable; undefined when it is not set. */
function folderIn(variable: string, world: World): string | undefined {
  const value = world.env[variable];
  if (value === undefined || value.trim() === "") return undefined;
  // A Windows path can only be put in order on Windows.
  if (isAbsolute(value) && value.includes("\\") && world.cwd.startsWith("/")) return value;
  return resolve(world.cwd, value);
}

/**
 * The editor's data folder, which holds `User`: `CURSOR_HOME` (a habit of other tools), else where VS Code's
 * family keeps it on this system.
 */
export function editorFolder(world: World): string {
  const moved = folderIn("CURSOR_HOME", world);
  if (moved !== undefined) return moved;
  if (world.platform === "darwin") return join(world.home, "Library", "Application Support", "Cursor");
  if (world.platform === "win32")
    return join(folderIn("APPDATA", world) ?? join(world.home, "AppData", "Roaming"), "Cursor");
  return join(folderIn("XDG_CONFIG_HOME", world) ?? join(world.home, ".config"), "Cursor");
}

/** The database with the editor's sessions. */
export function stateDatabase(editor: string): string {
  return join(editor, "User", "globalStorage", "state.vscdb");
}

/** The folder with one folder for each workspace the editor has opened. */
export function workspacesFolder(editor: string): string {
  return join(editor, "User", "workspaceStorage");
}

/** File with the id of the running main process (VS Code: `environmentMainService.mainLockfile`). */
export function lockFile(editor: string): string {
  return join(editor, "code.lock");
}

/**
 * Folders that may hold `chats`, `acp-sessions` and `projects` of `cursor-agent`, its own choice first:
 * `CURSOR_CONFIG_DIR`, else `$XDG_CONFIG_HOME/cursor`, else `~/.cursor`.
 */
export function agentFolders(world: World): string[] {
  const moved = folderIn("CURSOR_CONFIG_DIR", world) ?? folderIn("CURSOR_HOME", world);
  if (moved !== undefined) return [moved];
  const config = folderIn("XDG_CONFIG_HOME", world);
  const folders = [join(world.home, ".cursor"), join(world.home, ".config", "cursor")];
  return [...new Set(config === undefined ? folders : [join(config, "cursor"), ...folders])];
}

/** Folder below `chats` for a workspace: the MD5 of its path. */
export function workspaceKey(workspace: string): string {
  return createHash("md5").update(workspace).digest("hex");
}

/** The path by which a session of a shared database is named: `<database>/<id, percent-encoded>`. */
export function sessionPath(database: string, id: string): string {
  return join(database, encodeURIComponent(id));
}

/** Database and id of such a path; undefined when its last part cannot be one. */
export function splitSessionPath(path: string): { database: string; id: string } | undefined {
  try {
    const id = decodeURIComponent(baseName(path));
    return id === "" ? undefined : { database: folderOf(path), id };
  } catch {
    return undefined;
  }
}

/** The folder a `file:` URI names; undefined for other schemes (remote workspaces). */
export function pathOfUri(uri: string): string | undefined {
  const match = /^file:\/\/([^/]*)(\/.*)$/su.exec(uri);
  if (match === null) return undefined;
  let path: string;
  try {
    path = decodeURIComponent(match[2]!);
  } catch {
    return undefined;
  }
  if (match[1] !== "") return `\\\\${match[1]}${path.replaceAll("/", "\\")}`;
  const drive = /^\/([A-Za-z]):(\/.*)?$/u.exec(path);
  return drive === null ? path : `${drive[1]}:${(drive[2] ?? "/").replaceAll("/", "\\")}`;
}

/** A folder as a `file:` URI, encoded as VS Code does it. */
export function uriOfPath(path: string): string {
  const slashed = path.includes("\\") ? path.replaceAll("\\", "/") : path;
  const drive = /^([A-Za-z]):(.*)$/su.exec(slashed);
  const encode = (text: string): string => text.split("/").map(encodeURIComponent).join("/");
  return drive === null
    ? `file://${encode(slashed)}`
    : `file:///${drive[1]!.toLowerCase()}%3A${encode(drive[2]!)}`;
}
