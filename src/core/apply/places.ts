import { lstat, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { planFault, writeFailed } from "./failure.ts";
import { hasCode } from "./failure.ts";
import { lookAt } from "./files.ts";

/** A path casr may write at, and the root it lies below. Both absolute and real: no links in them. */
export interface Place {
  path: string;
  root: string;
}

const LONGEST_PATH = 4096;

/** The normal form of a path from a plan; throws `provider-fault` for any but a plain absolute one. */
export function plainPath(path: unknown, what: string): string {
  if (typeof path !== "string" || path === "") throw planFault(`${what} is not a path`);
  const shown = JSON.stringify(path.slice(0, 200));
  if (path.includes("\0")) throw planFault(`${what} ${shown} holds a NUL character`);
  if (path.length > LONGEST_PATH) throw planFault(`${what} ${shown}… is too long`);
  if (!isAbsolute(path)) throw planFault(`${what} ${shown} is not absolute`);
  const parts = path.split(process.platform === "win32" ? /[\\/]/u : "/");
  if (parts.includes("..")) throw planFault(`${what} ${shown} holds a ".."`);
  // On Windows a colon behind the drive names a hidden stream of a file.
  if (process.platform === "win32" && path.slice(2).includes(":"))
    throw planFault(`${what} ${shown} holds a ":"`);
  return resolve(path);
}

/** Whether normal path `path` lies below (not at) `root`. */
export function isBelow(path: string, root: string): boolean {
  const rest = relative(root, path);
  return rest !== "" && rest !== ".." && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}

/** The real path of a root. What does not exist of it yet is taken literally. */
export async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  const found = await lookAt(root);
  if (found !== undefined) {
    // Another run made the folder between our two looks.
    if (!found.isSymbolicLink()) return realRoot(root);
    throw writeFailed(
      `${root} is a link to nothing.`,
      "Create the folder it points at, or remove the link.",
      root,
    );
  }
  const parent = dirname(root);
  return parent === root ? root : join(await realRoot(parent), root.slice(parent.length));
}

/**
 * Throws unless every existing part below the root, down to the folder of the place, is a real
 * folder, and the root is still where it was. Run before each act: a part may have been swapped
 * for a link since the plan was checked.
 */
export async function assertPlace(place: Place): Promise<void> {
  if ((await realRoot(place.root)) !== place.root) throw swapped(place.root);
  for (let folder = dirname(place.path); isBelow(folder, place.root); folder = dirname(folder)) {
    const found = await lookAt(folder);
    if (found !== undefined && !found.isDirectory()) throw swapped(folder);
  }
}

/** Throws `provider-fault` when a link or something that is no folder lies on the way to `place`, or a link at it. */
export async function assertNoLinks(place: Place): Promise<void> {
  const { path, root } = place;
  for (let part = path; isBelow(part, root); part = dirname(part)) {
    const found = await lookAt(part);
    if (found?.isSymbolicLink()) throw planFault(`${part} is a symbolic link below ${root}`);
    if (found !== undefined && part !== path && !found.isDirectory())
      throw planFault(`${part} is not a folder`);
  }
}

/** Folders on the way to `path` that do not exist, outermost first. */
export async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      await lstat(folder);
      return missing.reverse();
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      missing.push(folder);
    }
  }
}

function swapped(part: string): Error {
  return writeFailed(
    `${part} was replaced by a link or a file while casr was writing.`,
    "Find out who changes that folder, then run the command again.",
    part,
  );
}
