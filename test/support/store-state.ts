import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha256 } from "../../src/core/toolkit.ts";

const MAGIC = "SQLite format 3\0";

/** The databases below a folder, by path relative to it. */
export function databasesIn(folder: string): string[] {
  return filesIn(folder).filter(
    (path) => readFileSync(join(folder, path)).toString("latin1", 0, 16) === MAGIC,
  );
}

/** Every file below a folder, by path relative to it; casr's own state left out. */
export function filesIn(folder: string, prefix = ""): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (path === ".state" || path === ".cache") return [];
    return entry.isDirectory() ? filesIn(folder, `${path}/`) : [path];
  });
}

/**
 * What a folder holds, in the smallest pieces that belong to one session or another: rows of databases, lines of
 * JSONL, elements of JSON lists, else whole files. Of a database also its tables, version and journal mode.
 */
export function piecesIn(folder: string): string[] {
  const databases = new Set(databasesIn(folder));
  return filesIn(folder).flatMap((path) => {
    if (databases.has(path.replace(/-(?:wal|shm)$/, "")) && !databases.has(path)) return [];
    const pieces = databases.has(path)
      ? rowsOf(join(folder, path))
      : piecesOf(path, readFileSync(join(folder, path)));
    return pieces.map((piece) => `${path}: ${piece}`);
  });
}

function piecesOf(path: string, bytes: Buffer): string[] {
  if (path.endsWith(".jsonl")) return bytes.toString("utf8").split("\n").map(sha256);
  if (path.endsWith(".json")) {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (Array.isArray(value)) return value.map((element) => JSON.stringify(element));
  }
  return [sha256(bytes)];
}

/** Read from a copy: even a reader leaves files beside a database with a write-ahead log. */
function rowsOf(path: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "casr-test-rows-"));
  try {
    const copy = join(folder, "copy.db");
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const database = new DatabaseSync(copy);
    try {
      const all = (sql: string): Record<string, unknown>[] => database.prepare(sql).all();
      const schema = all("SELECT type, name, sql FROM sqlite_master ORDER BY name");
      const tables = schema.filter(({ type, name }) => type === "table" && name !== "sqlite_sequence");
      return [
        `schema ${JSON.stringify(schema)}`,
        ...["user_version", "application_id", "journal_mode", "page_size", "auto_vacuum", "encoding"].map(
          (name) => JSON.stringify(all(`PRAGMA ${name}`)),
        ),
        ...tables.flatMap(({ name }) =>
          all(`SELECT * FROM "${String(name)}"`).map((row) => `${String(name)} ${rowText(row)}`),
        ),
      ];
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rowText(row: Record<string, unknown>): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
}
