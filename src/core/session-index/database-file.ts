import { constants } from "node:fs";
import { closeSync, lstatSync, mkdirSync, openSync, rmSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { createTables, stateOf } from "./schema.ts";

/** How long SQLite waits for another casr that writes, in ms. Nothing is stored when that is not enough. */
const BUSY_MS = 250;
/** How long to wait for another casr that makes the file, makes it anew or closes it, in ms. */
const OPEN_MS = 5000;
/** How long to wait before trying once more to open it, in ms. */
const AGAIN_MS = 20;
/** A rebuild that began this long ago was killed. */
const LOCK_MS = 10_000;

/** Where the session index of a cache folder is. */
export const indexPath = (cacheFolder: string): string => join(cacheFolder, "sessions.sqlite");

/** An open index, in a file, or in memory where the file cannot be used. */
export interface OpenedIndex {
  database: DatabaseSync;
  /** Undefined for one in memory. */
  path?: string;
  /** Why the file cannot be used, or why it was made anew: one line for people. */
  problem?: string;
}

/** Something about the folder or file that casr must leave as it is. The message says what, and what to do. */
class UnusableError extends Error {}
/** Something wrong with the file that is over once the file is made anew. */
class UnsoundError extends Error {}
/** Another casr has hold of the file. */
class BusyError extends Error {}

const owner = (): number | undefined => process.getuid?.();

function checkOwner(path: string, stats: Stats): void {
  const user = owner();
  if (user !== undefined && stats.uid !== user) throw new UnusableError(`${path} belongs to somebody else`);
}

function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = statSync(folder);
  if (!stats.isDirectory()) throw new UnusableError(`${folder} is no folder`);
  checkOwner(folder, stats);
  if (owner() !== undefined && (stats.mode & 0o022) !== 0)
    throw new UnusableError(`others may write to ${folder} (chmod go-w '${folder}')`);
}

/** Removes the database and what SQLite keeps beside it; the file itself last, so that nobody begins a new one between. */
function removeFiles(path: string): void {
  for (const file of [`${path}-wal`, `${path}-shm`, `${path}-journal`, path]) rmSync(file, { force: true });
}

/** Makes the file with the right mode, before SQLite makes it with another. */
function prepareFile(path: string): void {
  const { O_CREAT, O_EXCL, O_RDWR } = constants;
  try {
    closeSync(openSync(path, O_CREAT | O_EXCL | O_RDWR, 0o600));
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const stats = lstatSync(path);
  if (!stats.isFile()) throw new UnsoundError("it is no ordinary file");
  checkOwner(path, stats);
  if (owner() !== undefined && (stats.mode & 0o077) !== 0)
    throw new UnsoundError("others may read or write it");
}

type Sqlite = typeof DatabaseSync;

function configure(database: DatabaseSync): void {
  database.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF");
}

function openFile(Database: Sqlite, path: string): DatabaseSync {
  prepareFile(path);
  const database = new Database(path, { timeout: BUSY_MS, allowExtension: false });
  try {
    const state = stateOf(database);
    if (state === "newer") throw new UnusableError(`${path} was made by a newer casr (casr index --rebuild)`);
    if (state === "foreign") throw new UnusableError(`${path} is another program's`);
    if (state === "older") throw new UnsoundError("it was made by an older casr");
    configure(database);
    if (state === "empty") {
      database.exec("PRAGMA journal_mode = WAL");
      createTables(database);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws a BusyError where another casr is at it. */
function withRebuildLock<T>(path: string, action: () => T): T {
  const lock = `${path}.rebuild`;
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > LOCK_MS) rmSync(lock, { recursive: true, force: true });
  try {
    mkdirSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new BusyError("another casr is making it anew");
  }
  try {
    return action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** SQLITE_ERROR (a table or column is missing: our statements are sound), SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED = new Set([1, 11, 26]);
const SQLITE_BUSY = 5;

/** The primary result code of SQLite; undefined for another error. */
function sqliteCode(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}

/** Whether another casr has hold of the index. */
export const isBusy = (error: unknown): boolean =>
  error instanceof BusyError || sqliteCode(error) === SQLITE_BUSY;

/** Whether SQLite says that what it read is damaged. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && DAMAGED.has(code);
}

/** Whether making the file anew is all it takes. */
const isMended = (error: unknown): boolean => error instanceof UnsoundError || isDamage(error);

/** Opens the file; one that is damaged, of an older casr or no database is made anew. */
function openOrRebuild(Database: Sqlite, path: string): { database: DatabaseSync; problem?: string } {
  try {
    return { database: openFile(Database, path) };
  } catch (error) {
    if (!isMended(error)) throw error;
    return withRebuildLock(path, () => {
      try {
        // Somebody else may have made it anew meanwhile.
        return { database: openFile(Database, path) };
      } catch (again) {
        if (!isMended(again)) throw again;
        removeFiles(path);
        return { database: openFile(Database, path), problem: `was made anew: ${messageOf(again)}` };
      }
    });
  }
}

/**
 * Opens the file once nobody keeps it from being opened. SQLite waits by itself in most cases only: not where one
 * casr makes the file (journal_mode) or the last one to close it puts its log away.
 */
async function openSoon(
  Database: Sqlite,
  path: string,
): Promise<{ database: DatabaseSync; problem?: string }> {
  const until = performance.now() + OPEN_MS;
  for (;;) {
    try {
      return openOrRebuild(Database, path);
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
    }
    await sleep(AGAIN_MS);
  }
}

async function inMemory(): Promise<DatabaseSync> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const database = new Database(":memory:");
  configure(database);
  createTables(database);
  return database;
}

/** An index that lasts as long as the run. */
export async function openMemoryIndex(problem?: string): Promise<OpenedIndex> {
  const database = await inMemory();
  return problem === undefined ? { database } : { database, problem };
}

/**
 * Opens the index in `cacheFolder`: folder 0700, file 0600, both ours. Never rejects for what it finds there:
 * a file that cannot be trusted or read is made anew, or, where that is impossible, one in memory is used.
 */
export async function openIndexFile(cacheFolder: string): Promise<OpenedIndex> {
  const path = indexPath(cacheFolder);
  try {
    prepareFolder(cacheFolder);
    const { DatabaseSync: Database } = await import("node:sqlite");
    return { ...(await openSoon(Database, path)), path };
  } catch (error) {
    const reason = error instanceof UnusableError ? error.message : `${path}: ${messageOf(error)}`;
    return openMemoryIndex(`is not used: ${reason}`);
  }
}

/** Removes the index of a cache folder, to be made anew. */
export function discardIndexFile(cacheFolder: string): void {
  const path = indexPath(cacheFolder);
  withRebuildLock(path, () => removeFiles(path));
}
