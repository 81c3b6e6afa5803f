import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { writeFailed, hasCode, interrupted, asWriteFailure } from "./failure.ts";
import { makeOwnFolder } from "./files.ts";
import { thisProcess } from "./owner.ts";

/*
 * One lock per store root keeps casr's own runs apart. It is held by the kernel: an empty SQLite
 * file with an exclusive transaction on it. So it goes away with its process, however that ends,
 * and no stale lock ever has to be judged and broken. The files stay; removing one that somebody
 * waits for would let two in. Never open a `.lock` file with anything but SQLite: closing it would
 * drop this process's lock (POSIX).
 */

/** Longest wait for another casr run, ms. */
const PATIENCE = 10_000;
const PAUSE = 50;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

interface StoreLocks {
  release(): void;
}

/** Locks every root (absolute, real paths). Waits for other runs, then rejects with `write-failed` naming the holder. */
export async function lockRoots(
  roots: string[],
  stateFolder: string,
  signal: AbortSignal,
): Promise<StoreLocks> {
  const locks = await lockAll(roots, stateFolder, PATIENCE, signal);
  if (locks === undefined) throw new Error("a store lock was given up without waiting");
  return locks;
}

/** Locks every root at once, or gives undefined when another run holds one. */
export function tryLockRoots(roots: string[], stateFolder: string): Promise<StoreLocks | undefined> {
  return lockAll(roots, stateFolder, 0, undefined);
}

async function lockAll(
  roots: string[],
  stateFolder: string,
  patience: number,
  signal: AbortSignal | undefined,
): Promise<StoreLocks | undefined> {
  const folder = join(stateFolder, "locks");
  const held: DatabaseSync[] = [];
  const release = (): void => {
    for (const lock of held.splice(0)) lock.close();
  };
  try {
    await makeOwnFolder(folder);
    // Always in the same order, so that two runs never wait for each other.
    for (const root of [...new Set(roots)].sort()) {
      const lock = await lockOne(root, folder, patience, signal);
      if (lock === undefined) {
        release();
        return undefined;
      }
      held.push(lock);
    }
  } catch (error) {
    release();
    throw asWriteFailure(error, "lock the store in", folder);
  }
  return { release };
}

async function lockOne(
  root: string,
  folder: string,
  patience: number,
  signal: AbortSignal | undefined,
): Promise<DatabaseSync | undefined> {
  const base = join(folder, createHash("sha256").update(root).digest("hex").slice(0, 32));
  const deadline = performance.now() + patience;
  for (;;) {
    if (signal?.aborted) throw interrupted();
    const lock = await tryLock(`${base}.lock`);
    if (lock !== undefined) return signed(lock, base, root);
    if (patience === 0) return undefined;
    if (performance.now() >= deadline) {
      throw writeFailed(
        `${await holderOf(base)} is writing to ${root}.`,
        "Wait until it is done (or end it), then run the command again.",
        root,
      );
    }
    await sleep(PAUSE);
  }
}

/** Leaves a note who holds the lock, only for the message of those who wait. */
async function signed(lock: DatabaseSync, base: string, root: string): Promise<DatabaseSync> {
  try {
    await writeFile(`${base}.holder`, JSON.stringify({ ...thisProcess(), root, since: Date.now() }), {
      mode: 0o600,
    });
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function tryLock(path: string): Promise<DatabaseSync | undefined> {
  const { DatabaseSync } = await import("node:sqlite");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const code = (error as { errcode?: unknown }).errcode;
    if (typeof code !== "number") throw error;
    if ((code & 0xff) === SQLITE_BUSY || (code & 0xff) === SQLITE_LOCKED) return undefined;
    throw writeFailed(
      `Could not lock ${path}: ${(error as Error).message}.`,
      "Check that casr's state folder is writable and lies on a file system that supports locks.",
      path,
      error,
    );
  }
}

async function holderOf(base: string): Promise<string> {
  try {
    const holder: unknown = JSON.parse(await readFile(`${base}.holder`, "utf8"));
    const { pid, since } = holder as { pid?: unknown; since?: unknown };
    if (typeof pid === "number" && typeof since === "number") {
      return `Another casr run (process ${pid}, since ${new Date(since).toISOString()})`;
    }
  } catch (error) {
    // Missing or just being written: the name is all that is lost.
    if (!(error instanceof SyntaxError || error instanceof RangeError || hasCode(error, "ENOENT")))
      throw error;
  }
  return "Another casr run";
}
