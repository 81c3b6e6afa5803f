import { link, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { CasrError } from "../errors.ts";
import { hasCode, writing } from "./failure.ts";
import { lookAt, syncFolder } from "./files.ts";

const BACKUP_NAME = /^(.+)\.casr-\d{8}T\d{6}-\d+\.bak$/su;

/** A free name for the backup of `path`, made from the time (UTC); `taken` collects the names given out. */
export async function backupNameFor(path: string, now: number, taken = new Set<string>()): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+Z$/gu, "");
  for (let number = 1; ; number += 1) {
    const name = `${path}.casr-${time}-${number}.bak`;
    if (!taken.has(name) && (await lookAt(name)) === undefined) {
      taken.add(name);
      return name;
    }
  }
}

/** The file a backup was made of, by its name; undefined when it is not such a name. */
export function backedUpPath(backup: string): string | undefined {
  return BACKUP_NAME.exec(backup)?.[1];
}

/**
 * Puts a backup back under its old name. A file that has that name now becomes a backup itself.
 * Rejects with `usage` when `backup` is not the name of one, with `write-failed` when it cannot be done.
 */
export async function restoreBackup(
  backup: string,
  now: number = Date.now(),
): Promise<{ path: string; replaced?: string }> {
  const path = backedUpPath(backup);
  const found = path === undefined ? undefined : await writing("look at", backup, () => lookAt(backup));
  if (path === undefined || found === undefined || !found.isFile()) {
    throw new CasrError("usage", `${backup} is not a backup made by casr.`, {
      suggestions: ["Give the whole path of a file that ends in .casr-<time>-<number>.bak."],
    });
  }
  return writing("restore", path, async () => {
    const current = await lookAt(path);
    const replaced = current === undefined ? undefined : await backupNameFor(path, now);
    if (replaced !== undefined) await keepAs(path, replaced);
    await rename(backup, path);
    await syncFolder(dirname(path));
    return replaced === undefined ? { path } : { path, replaced };
  });
}

/** Keeps a file under a second name; where links do not work, under that name only. */
async function keepAs(path: string, name: string): Promise<void> {
  try {
    await link(path, name);
  } catch (error) {
    if (hasCode(error, "EEXIST", "ENOENT")) throw error;
    await rename(path, name);
  }
}
