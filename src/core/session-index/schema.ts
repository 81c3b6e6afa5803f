import type { DatabaseSync } from "node:sqlite";

/** The version of the tables; another one is made anew. */
export const SCHEMA_VERSION = 1;
/** "casr" in the header of the file: another program's database is not touched. */
const APPLICATION_ID = 0x63617372;

/*
 * stores    what one provider's `discover` gave, in one place: a home folder, and the values of the variables it
 *           asked for. `code` names the code that gave it. `generation` counts the changes: who wants to store
 *           what it built on an older one stores nothing.
 * places    what was looked at, with the stamp of that moment; `asked` 1 is a realpath, its answer in `real`.
 *           `guard` is the path of the folder in which something must change before a missing place can exist.
 *           `discovery` 1: discover looked at it.
 * uses      which places the summary (purpose 1) or the counts (2) of a session depend on.
 * sessions  a ref and what is known of it. `summary` and `counts` are null while they are not known.
 *
 * Full-text search over messages gets two tables of its own here: `messages` (session, position, role, text),
 * kept by the same pass over a session that counts it, and dropped with `counts`; and an FTS5 table over its
 * text, with `messages` as its external content. Only SCHEMA_VERSION and `forgetCounts` in rows.ts know of it then.
 */
const TABLES = `
CREATE TABLE stores (
  id INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  code TEXT NOT NULL,
  home TEXT NOT NULL,
  env TEXT NOT NULL,
  context TEXT NOT NULL,
  warnings TEXT,
  generation INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (provider, code, home, env)
) STRICT;
CREATE TABLE places (
  id INTEGER PRIMARY KEY,
  store INTEGER NOT NULL REFERENCES stores ON DELETE CASCADE,
  path TEXT NOT NULL,
  asked INTEGER NOT NULL,
  kind TEXT NOT NULL,
  size REAL NOT NULL,
  mtime REAL NOT NULL,
  ctime REAL NOT NULL,
  inode REAL NOT NULL,
  settled INTEGER NOT NULL,
  real TEXT,
  guard TEXT,
  discovery INTEGER NOT NULL,
  UNIQUE (store, path, asked)
) STRICT;
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  store INTEGER NOT NULL REFERENCES stores ON DELETE CASCADE,
  session_id TEXT NOT NULL,
  modified_at REAL NOT NULL,
  ref TEXT NOT NULL,
  active_at REAL,
  hidden TEXT,
  workspace TEXT,
  summary TEXT,
  summary_warnings TEXT,
  summary_context TEXT,
  counts TEXT,
  counts_warnings TEXT,
  counts_context TEXT,
  growth TEXT
) STRICT;
CREATE INDEX sessions_of_store ON sessions (store);
CREATE INDEX sessions_by_id ON sessions (session_id COLLATE NOCASE);
CREATE TABLE uses (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  purpose INTEGER NOT NULL,
  place INTEGER NOT NULL REFERENCES places ON DELETE CASCADE,
  PRIMARY KEY (session, purpose, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_of_place ON uses (place);
`;

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Makes the tables in an empty database; whoever else is at it waits. */
export function createTables(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  // Another process may have been quicker.
  if (pragma(database, "user_version") === 0) {
    database.exec(TABLES);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  database.exec("COMMIT");
}

/** What a database is to us. Throws when the file is none, or is damaged where that shows at once. */
export function stateOf(database: DatabaseSync): "empty" | "ours" | "older" | "newer" | "foreign" {
  const version = Number(pragma(database, "user_version"));
  const application = pragma(database, "application_id");
  const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get() as {
    tables: number;
  };
  if (tables === 0 && version === 0) return "empty";
  if (application !== APPLICATION_ID) return "foreign";
  if (version === SCHEMA_VERSION) return "ours";
  return version < SCHEMA_VERSION ? "older" : "newer";
}
