import { basename, posix, resolve, win32 } from "node:path";
import type { World } from "casr-cli/provider";
import { isThreadId } from "./native.ts";

/** The path functions of the machine a world describes. */
export function pathsOf(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Folder of Amp's data that holds one file a thread. */
export const THREADS = "threads";
/** Folder beside it for the copies casr makes for `amp threads import`. */
export const IMPORTS = "casr-import";

/**
 * The folder of Amp's data: `$XDG_DATA_HOME/amp`, else `~/.local/share/amp`, on every system. `AMP_HOME` is such
 * a folder for casr; to Amp it is where its program lies, and a folder with a program (`bin`) counts only when threads
 * are in it. `AMP_DATA_HOME` stands for `XDG_DATA_HOME` for casr alone.
 */
export async function dataFolder(world: World): Promise<string> {
  const { join } = pathsOf(world);
  const named = world.env["AMP_HOME"];
  if (named !== undefined && named !== "") {
    const folder = resolve(world.cwd, named);
    const hasThreads = (await world.files.stat(join(folder, THREADS)))?.kind === "directory";
    if (hasThreads || (await world.files.stat(join(folder, "bin"))) === undefined) return folder;
  }
  const moved = world.env["AMP_DATA_HOME"];
  if (moved !== undefined && moved !== "") return join(resolve(world.cwd, moved), "amp");
  return usualFolder(world);
}

/** Where Amp itself looks. */
export function usualFolder(world: World): string {
  const { join } = pathsOf(world);
  const data = world.env["XDG_DATA_HOME"];
  return join(
    data === undefined || data === "" ? join(world.home, ".local", "share") : resolve(world.cwd, data),
    "amp",
  );
}

const EDITORS = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"];

/** Folders in which the editor extension of 2025 kept its threads. */
export function extensionFolders(world: World): string[] {
  const { join } = pathsOf(world);
  const settings = editorSettings(world);
  return EDITORS.map((editor) =>
    join(settings, editor, "User", "globalStorage", "sourcegraph.amp", "threads3"),
  );
}

function editorSettings(world: World): string {
  const { join } = pathsOf(world);
  if (world.platform === "darwin") return join(world.home, "Library", "Application Support");
  const named = world.env[world.platform === "win32" ? "APPDATA" : "XDG_CONFIG_HOME"];
  if (named !== undefined && named !== "") return named;
  return world.platform === "win32" ? join(world.home, "AppData", "Roaming") : join(world.home, ".config");
}

/** The thread id in a file's name; undefined for other files, such as the `.amptmp` a crash leaves. */
export function threadIdOf(path: string): string | undefined {
  const name = basename(path);
  const id = name.endsWith(".json") ? name.slice(0, -".json".length) : "";
  return isThreadId(id) ? id : undefined;
}

/** A folder as the `file:` URI of a tree. */
export function uriOf(folder: string): string {
  const path = /^[A-Za-z]:/.test(folder) ? `/${folder.replaceAll("\\", "/")}` : folder;
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The folder or file a `file:` URI names; undefined for other URIs. */
export function pathOf(uri: string): string | undefined {
  const match = /^file:\/\/(\/[^?#]*)/.exec(uri);
  if (match === null) return undefined;
  let path = match[1]!;
  try {
    path = decodeURIComponent(path);
  } catch {
    // A lone % is part of the name.
  }
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

/** The UUID of a thread's id. */
export function uuidOf(id: string): string {
  return id.replace(/^T-/i, "").toLowerCase();
}

/** What `amp threads import claude --claude-dir` is given for the copy of a thread. */
export function claudeFolder(data: string, id: string, world: World): string {
  return pathsOf(world).join(data, IMPORTS, uuidOf(id));
}

/** The copy itself. The import looks into every folder of `projects`. */
export function copyPath(data: string, id: string, world: World): string {
  return pathsOf(world).join(claudeFolder(data, id, world), "projects", "thread", `${uuidOf(id)}.jsonl`);
}
