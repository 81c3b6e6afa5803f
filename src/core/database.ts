import { rmSync } from "node:fs";
import { copyFile, mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Database, SqlValue } from "../provider/world.ts";
import { CasrError, messageOf } from "./errors.ts";

const BUSY_TIMEOUT_MS = 3000;
/** A larger database is read where it is, as every SQLite program does. */
const MAX_COPY_BYTES = 64 * 1024 * 1024;

function unreadable(path: string, error: unknown): CasrError {
  const message = messageOf(error);
  const locked = /locked|busy/i.test(message);
  return new CasrError("source-unreadable", `Cannot read the database ${path}: ${message}`, {
    context: { path },
    suggestions: [
      locked
        ? "Close the agent that uses it and try again."
        : `Check it: sqlite3 '${path}' 'pragma integrity_check'`,
    ],
    cause: error,
  });
}

/** Integers that a number can hold exactly become numbers. */
function narrowed(row: Record<string, unknown>): Record<string, SqlValue> {
  const result: Record<string, SqlValue> = {};
  for (const [column, value] of Object.entries(row)) {
    const small =
      typeof value === "bigint" && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
    result[column] = small ? Number(value) : (value as SqlValue);
  }
  return result;
}

function wrap(database: DatabaseSync, path: string): Database {
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  const prepare = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  };
  return {
    all: (sql, ...params) =>
      attempt(() =>
        prepare(sql)
          .all(...(params as SQLInputValue[]))
          .map(narrowed),
      ),
    *iterate(sql, ...params) {
      const rows = attempt(() => prepare(sql).iterate(...(params as SQLInputValue[])));
      for (;;) {
        const next = attempt(() => rows.next());
        if (next.done === true) return;
        yield narrowed(next.value);
      }
    },
    close: () => database.close(),
  };
}

/** Whether a write-ahead log with content lies beside the database: some of its rows are only there then. */
async function hasPendingLog(path: string): Promise<boolean> {
  try {
    return (await stat(`${path}-wal`)).size > 0;
  } catch {
    return false;
  }
}

/**
 * Where to read a database without leaving a trace. Even a read-only connection makes or changes -shm and
 * -wal files beside a database in WAL mode, and nothing of the user's may change by reading. One that
 * nobody is writing to is opened as one that cannot change; of one with a pending log a copy is read, if
 * it is not too large for that.
 */
async function quietly(path: string): Promise<URL> {
  const url = pathToFileURL(path);
  if (!(await hasPendingLog(path))) {
    url.searchParams.set("immutable", "1");
    return url;
  }
  if ((await stat(path)).size > MAX_COPY_BYTES) return url;
  return pathToFileURL(await copyOf(path));
}

/** The copies of this run, by the path of the original: a list opens one database many times. */
const copies = new Map<string, { state: string; copy: Promise<string> }>();

/** Where a copy of the database and its log is, as they are now. It is gone when the process ends. */
async function copyOf(path: string): Promise<string> {
  const files = await Promise.all([path, `${path}-wal`].map((file) => stat(file)));
  const state = files.map(({ size, mtimeMs, ino }) => `${size} ${mtimeMs} ${ino}`).join(" ");
  const known = copies.get(path);
  if (known?.state === state) return known.copy;
  const copy = makeCopy(path);
  copies.set(path, { state, copy });
  // A failure is no copy to come back to.
  copy.catch(() => copies.delete(path));
  return copy;
}

const folders: string[] = [];

async function makeCopy(path: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "casr-read-"));
  if (folders.push(folder) === 1) {
    process.once("exit", () => {
      for (const one of folders) rmSync(one, { recursive: true, force: true });
    });
  }
  const copy = join(folder, "copy.sqlite");
  await copyFile(path, copy);
  await copyFile(`${path}-wal`, `${copy}-wal`);
  return copy;
}

/**
 * Opens a SQLite database read-only, waiting up to three seconds for other writers.
 * Undefined when there is no such file; `source-unreadable` when it is locked, corrupt or forbidden.
 */
export async function openDatabase(path: string): Promise<Database | undefined> {
  try {
    await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
  const { DatabaseSync: Sqlite } = await import("node:sqlite");
  try {
    const database = new Sqlite(await quietly(path), { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    // A file that is no database is only noticed when it is first read.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return wrap(database, path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
