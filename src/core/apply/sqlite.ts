import { createReadStream } from "node:fs";
import { access, constants, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";
import { CasrError, isCasrError, messageOf } from "../errors.ts";
import type { SqlStatement } from "../../provider/writer.ts";
import type { CheckedStep } from "./check.ts";
import { interrupted, planFault, targetExists, writeFailed, writing } from "./failure.ts";
import { lookAt } from "./files.ts";
import type { SqliteRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";
import { decodeStatements, encodeStatements } from "./sql-values.ts";

type SqliteChange = Extract<CheckedStep, { kind: "sqlite" }>;

/** How long another program may hold the database, ms. */
const BUSY_TIMEOUT = 5000;
const DELETION = /^(?:DELETE\b|WITH\b.*\bDELETE\b)/isu;

/** Throws `write-failed` when the database is not there: casr makes none of which it does not know the tables. */
export async function planSqlite(step: SqliteChange): Promise<SqliteRecord> {
  const found = await lookAt(step.path);
  if (found === undefined || !found.isFile()) {
    throw writeFailed(
      `The agent's database ${step.path} does not exist.`,
      "Start the agent once, so that it makes its database, then run the command again.",
      step.path,
    );
  }
  await assertWritable(step.path);
  const { path, root } = step;
  return { kind: "sqlite", path, root, state: "planned", undo: encodeStatements(step.undo) };
}

/**
 * Runs the statements in one transaction. Its undo may run after a crash without anybody knowing
 * whether the commit came through; so it is tried out first, under the same lock: what it would
 * delete now is not ours, and the step is refused with `target-exists`.
 */
export async function commitSqlite(
  transaction: Transaction,
  step: SqliteChange,
  record: SqliteRecord,
): Promise<void> {
  const { at } = transaction;
  await at("before opening a database");
  await assertPlace(record);
  const database = await openExisting(step.path);
  try {
    run(step.path, () => database.exec("BEGIN IMMEDIATE"));
    try {
      await at("after beginning in a database");
      if (wouldDelete(database, step)) throw targetExists(step.given);
      await runEach(database, step, transaction.signal);
      await at("before committing in a database");
      record.state = "committing";
      await transaction.save();
      run(step.path, () => database.exec("COMMIT"));
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      record.state = "planned";
      throw error;
    }
  } finally {
    database.close();
  }
  record.state = "committed";
  await at("after committing in a database");
}

/** Runs the undo statements, unless the change was surely not committed. Running them again changes nothing. */
export async function undoSqlite(record: SqliteRecord, at: Transaction["at"], left: string[]): Promise<void> {
  if (record.state !== "planned") await at("before undoing in a database");
  await assertPlace(record);
  const found = await lookAt(record.path);
  if (found === undefined || !found.isFile()) return;
  if (record.state === "planned") return clearRests(record.path, left);
  const database = await openExisting(record.path);
  try {
    run(record.path, () => database.exec("BEGIN IMMEDIATE"));
    runAll(database, record.path, decodeStatements(record.undo));
    await at("before committing an undo in a database");
    run(record.path, () => database.exec("COMMIT"));
  } finally {
    // Closing rolls back what is not committed.
    database.close();
  }
  await clearRests(record.path, left);
  await at("after undoing in a database");
}

/**
 * A process killed before its commit leaves SQLite's own files beside the database. The next change
 * of it clears them; a transaction that is rolled back does so as well and leaves the database as it is.
 * Where that is not possible now (a full disk) they stay: no row depends on them.
 */
async function clearRests(path: string, left: string[]): Promise<void> {
  const rests = await Promise.all(["-journal", "-wal"].map((suffix) => lookAt(path + suffix)));
  if (rests.every((rest) => rest === undefined)) return;
  try {
    await changeNothing(path);
  } catch (error) {
    left.push(`SQLite's own files beside ${path}, which go when it is used next (${messageOf(error)})`);
  }
}

async function changeNothing(path: string): Promise<void> {
  const database = await openExisting(path, 0);
  try {
    database.exec("BEGIN IMMEDIATE");
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    database.exec(`PRAGMA user_version = ${version}`);
    database.exec("ROLLBACK");
  } catch (error) {
    // Somebody works with the database: then these files are in use and none of our business.
    if (!isBusy(error)) throw error;
  } finally {
    database.close();
  }
}

/**
 * Throws unless the database can be written. SQLite itself would open it read-only, and with a
 * write-ahead log leave read-only files beside it that keep its agent from writing afterwards.
 */
async function assertWritable(path: string): Promise<void> {
  const both = constants.R_OK | constants.W_OK;
  for (const needed of [path, dirname(path)]) await writing("write to", needed, () => access(needed, both));
  for (const besides of [`${path}-wal`, `${path}-shm`]) {
    if ((await lookAt(besides)) !== undefined)
      await writing("write to", besides, () => access(besides, both));
  }
}

/** Opens a database for writing; SQLite is told not to make one. */
async function openExisting(path: string, timeout = BUSY_TIMEOUT): Promise<DatabaseSync> {
  await assertWritable(path);
  const { DatabaseSync } = await import("node:sqlite");
  const url = pathToFileURL(path);
  url.search = "mode=rw";
  return run(path, () => new DatabaseSync(url, { timeout }));
}

function wouldDelete(database: DatabaseSync, step: SqliteChange): boolean {
  database.exec("SAVEPOINT casr");
  try {
    const deletions = step.undo.filter(({ sql }) => DELETION.test(sql.trimStart()));
    return deletions.some((statement) => runOne(database, step.path, statement) > 0);
  } finally {
    database.exec("ROLLBACK TO casr");
    database.exec("RELEASE casr");
  }
}

/** Runs the statements of a step as they come. */
async function runEach(database: DatabaseSync, step: SqliteChange, signal: AbortSignal): Promise<void> {
  for await (const statement of step.statements()) {
    if (signal.aborted) throw interrupted();
    runOne(database, step.path, statement);
  }
}

function runAll(database: DatabaseSync, path: string, statements: SqlStatement[]): void {
  for (const statement of statements) runOne(database, path, statement);
}

/** Runs one statement; how many rows it changed. */
function runOne(database: DatabaseSync, path: string, statement: SqlStatement): number {
  const { sql, params } = statement;
  return run(path, () => {
    const prepared = database.prepare(sql);
    // SQLite prepares the first of several statements and passes over the others in silence.
    if (sql.slice(prepared.sourceSQL.length).trim() !== "")
      throw planFault("one SQL text holds several statements");
    return Number(prepared.run(...params).changes);
  });
}

/**
 * A step on a database that does not exist, as the creation of that file: its tables and rows are made in a
 * temporary place and become the content, so that the creation is staged, committed and undone like any other.
 */
export async function asCreation(step: CheckedStep, signal: AbortSignal): Promise<CheckedStep> {
  if (step.kind !== "sqlite" || step.schema === undefined) return step;
  if ((await lookAt(step.path)) !== undefined) return step;
  const { path, root, given } = step;
  const content = (): AsyncIterable<Uint8Array> => newDatabase(step, signal);
  return { kind: "create-file", path, root, given, content, modifiedAt: undefined, keepExisting: false };
}

/** The bytes of a database with the tables and rows of `step`. */
async function* newDatabase(step: SqliteChange, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const { DatabaseSync } = await import("node:sqlite");
  const folder = await mkdtemp(join(tmpdir(), "casr-write-"));
  try {
    const file = join(folder, "new.sqlite");
    const database = new DatabaseSync(file);
    try {
      run(step.path, () => database.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN"));
      for (const sql of step.schema ?? []) run(step.path, () => database.exec(sql));
      await runEach(database, step, signal);
      run(step.path, () => database.exec("COMMIT"));
    } finally {
      database.close();
    }
    for await (const chunk of createReadStream(file, { signal })) yield chunk as Uint8Array;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PRIMARY = 0xff;
const REASONS: Record<number, [reason: string, suggestion: string]> = {
  5: ["another program holds it", "Close the agent, then run the command again."],
  6: ["another program holds it", "Close the agent, then run the command again."],
  8: ["it is read-only", "Check the owner and permissions of the database and its folder."],
  10: ["the disk reported an error", "Check the disk."],
  11: ["it is damaged", "Let the agent repair it, or restore it from a copy."],
  13: ["no space is left on the disk", "Free some space on that disk, then run the command again."],
  14: ["it cannot be opened", "Check the owner and permissions of the database and its folder."],
  19: [
    "its contents contradict the new rows",
    "Run the command again; if it stays, report it to the plugin's author.",
  ],
  26: ["it is not a SQLite database", "Check which file that is."],
};

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === "number" && [5, 6].includes(code & PRIMARY);
}

/** Runs `act`; SQLite's errors become casr's. */
function run<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isCasrError(error)) throw error;
    const code = (error as { errcode?: unknown }).errcode;
    const known = typeof code === "number" ? REASONS[code & PRIMARY] : undefined;
    if (known === undefined) throw planFault(`the database ${path} refuses it (${messageOf(error)})`, error);
    throw new CasrError(
      "write-failed",
      `Could not write to the database ${path}: ${known[0]} (${messageOf(error)}).`,
      {
        suggestions: [known[1]],
        context: { path, sqlite_code: code as number },
        cause: error,
      },
    );
  }
}
