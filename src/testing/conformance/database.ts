import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { jsonVariants, spread } from "./mutate.ts";

const MAGIC = "SQLite format 3\u0000";
const MOST_VARIANTS = 120;
/** Values that no column of a session's tables holds: of other types, and texts that are no JSON. */
const REPLACEMENTS: SQLInputValue[] = [
  null,
  42,
  "",
  "no JSON",
  '{"type": "broken',
  new Uint8Array([0, 255]),
  -1,
];

/** Whether the bytes are a SQLite database. */
export function isDatabase(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, MAGIC.length).toString("latin1") === MAGIC;
}

/** A changed copy of a database. */
export interface ChangedDatabase {
  what: string;
  bytes: Buffer;
}

type Change = { what: string; sql: string; params: SQLInputValue[] };

const quoted = (name: unknown): string => `"${String(name).replaceAll('"', '""')}"`;

/** Copies a database with its write-ahead log. */
export async function copyDatabase(path: string, copy: string): Promise<void> {
  await copyFile(path, copy);
  const log = `${path}-wal`;
  if ((await stat(log).catch(() => undefined)) !== undefined) await copyFile(log, `${copy}-wal`);
}

/** Runs `use` on a copy of a database, its write-ahead log included, and gives the bytes the copy then has. */
async function changed(path: string, use: (database: DatabaseSync) => void): Promise<Buffer> {
  const { DatabaseSync } = await import("node:sqlite");
  const folder = await mkdtemp(join(tmpdir(), "casr-check-database-"));
  try {
    const copy = join(folder, "copy.db");
    await copyDatabase(path, copy);
    const database = new DatabaseSync(copy);
    try {
      use(database);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      database.close();
    }
    return await readFile(copy);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Puts a changed copy in the place of a database; its log belongs to the old one. */
export async function putDatabase(path: string, bytes: Uint8Array): Promise<void> {
  for (const rest of ["-wal", "-shm"]) await rm(path + rest, { force: true });
  await writeFile(path, bytes);
}

/** The database as a later version of its agent may leave it: with a table nobody knows. */
export function withUnknownTable(path: string): Promise<Buffer> {
  return changed(path, (database) => {
    database.exec("CREATE TABLE casr_conformance_unknown (id TEXT PRIMARY KEY, data TEXT)");
    database.exec(`INSERT INTO casr_conformance_unknown VALUES ('1', '{"type":"unknown"}')`);
  });
}

/** A sound database with none of the tables. */
export function withoutTables(path: string): Promise<Buffer> {
  return changed(path, (database) => {
    database.exec("PRAGMA foreign_keys = OFF");
    const kinds = database
      .prepare("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
      .all();
    for (const type of ["trigger", "view", "index", "table"])
      for (const { name } of kinds.filter((kind) => kind["type"] === type))
        database.exec(`DROP ${type} ${quoted(name)}`);
  });
}

/** Every column of every table with rows in turn, and the values inside of cells that are JSON. */
function changesOf(database: DatabaseSync): Change[] {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  return tables.flatMap(({ name }) => {
    const table = quoted(name);
    const rows = database.prepare(`SELECT * FROM ${table} LIMIT 8`).all();
    return Object.keys(rows[0] ?? {}).flatMap((column): Change[] => {
      const cells = rows.map((row) => row[column]).filter((cell) => typeof cell === "string");
      const inside = cells
        .slice(0, 3)
        .flatMap((cell) => [...jsonVariants(undefined, cell)].map((variant) => ({ cell, ...variant })));
      return [
        ...REPLACEMENTS.map((value) => ({
          what: `${String(name)}.${column} as ${JSON.stringify(value)}`,
          sql: `UPDATE OR IGNORE ${table} SET ${quoted(column)} = ?`,
          params: [value],
        })),
        ...inside.map(({ cell, content, what }) => ({
          what: `${String(name)}.${column}: ${what}`,
          sql: `UPDATE OR IGNORE ${table} SET ${quoted(column)} = ? WHERE ${quoted(column)} = ?`,
          params: [content, cell],
        })),
      ];
    });
  });
}

/** The database with one column or one value in a cell after another replaced, the same ones each time. */
export async function* databaseVariants(path: string): AsyncGenerator<ChangedDatabase> {
  let changes: Change[] = [];
  await changed(path, (database) => {
    changes = changesOf(database);
  });
  for (const { what, sql, params } of spread(changes, MOST_VARIANTS)) {
    let refused = false;
    const bytes = await changed(path, (database) => {
      database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF");
      try {
        database.prepare(sql).run(...params);
      } catch {
        // A constraint of the table: its agent cannot have left such a value either.
        refused = true;
      }
    });
    if (!refused) yield { what, bytes };
  }
}
