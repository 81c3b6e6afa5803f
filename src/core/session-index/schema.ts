import type { DatabaseSync } from "node:sqlite";

/** The version of the tables; another one is made anew. */
export const SCHEMA_VERSION = 2;
/** "casr" in the header of the file: another program's database is not touched. */
const APPLICATION_ID = 0x63617372;

/*
 * stores    what one provider's `discover` gave, in one place: a home folder, and the values of the variables it
 *           asked for. `code` names the code that gave it. `generation` counts the changes: who wants to store
 *           what it built on an older one stores nothing.
 * places    what was looked at for one store, with the stamps of that moment, packed (places.ts): every run compares
 *           all of it, and writes all of it where something has changed.
 * uses      which places the summary (purpose 1) or the counts (2) of a session depend on.
 * sessions  what every run reads of every session: `facts` (JSON), and in `holds` the bits of what is known of it.
 * texts     the rest of a session: its ref, and what is known of it. `summary` and `counts` are null while they are not.
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
  store INTEGER PRIMARY KEY REFERENCES stores ON DELETE CASCADE,
  paths TEXT NOT NULL,
  stamps BLOB NOT NULL
) STRICT;
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  store INTEGER NOT NULL REFERENCES stores ON DELETE CASCADE,
  session_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  holds INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_store ON sessions (store);
CREATE INDEX sessions_by_id ON sessions (session_id COLLATE NOCASE);
CREATE TABLE texts (
  session INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  ref TEXT NOT NULL,
  summary TEXT,
  summary_warnings TEXT,
  counts TEXT,
  counts_warnings TEXT,
  growth TEXT
) STRICT;
CREATE TABLE uses (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
  purpose INTEGER NOT NULL,
  store INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (session, purpose, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_of_place ON uses (store, place);
`;

const STATE = `
SELECT user_version AS version, application_id AS application, (SELECT count(*) FROM sqlite_schema) AS tables
FROM pragma_user_version, pragma_application_id`;

interface State {
  version: number;
  application: number;
  tables: number;
}

/** One statement, so that all of it is of one moment: another process may be making the tables. */
const readState = (database: DatabaseSync): State => database.prepare(STATE).get() as unknown as State;

const isEmpty = ({ version, tables }: State): boolean => version === 0 && tables === 0;

/** Makes the tables in an empty database; whoever else is at it waits. */
export function createTables(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  // Another process may have been quicker.
  if (isEmpty(readState(database))) {
    database.exec(TABLES);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  database.exec("COMMIT");
}

/** What a database is to us. Throws when the file is none, or is damaged where that shows at once. */
export function stateOf(database: DatabaseSync): "empty" | "ours" | "older" | "newer" | "foreign" {
  const state = readState(database);
  if (isEmpty(state)) return "empty";
  if (state.application !== APPLICATION_ID) return "foreign";
  if (state.version === SCHEMA_VERSION) return "ours";
  return state.version < SCHEMA_VERSION ? "older" : "newer";
}
