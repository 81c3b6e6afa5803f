import type { Database, JsonObject, SqlValue, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject, parseJson, stringOf } from "./json.ts";
import type { Part, SessionRow } from "./native.ts";
import { sessionRow } from "./rows.ts";
import type { MessageHead, RecordCount, Store } from "./store.ts";

const TABLES = ["session", "message", "part"];

/** The columns of `session` that are read, as far as the database has them. `summary_diffs` can be huge. */
const COLUMNS = [
  "id",
  "parent_id",
  "project_id",
  "directory",
  "title",
  "version",
  "agent",
  "model",
  "metadata",
  "revert",
  "tokens_input",
  "tokens_output",
  "tokens_reasoning",
  "tokens_cache_read",
  "tokens_cache_write",
  "time_created",
  "time_updated",
  "time_archived",
];

/** Those of them that a listing needs. */
const LISTED = new Set([
  "id",
  "parent_id",
  "directory",
  "title",
  "model",
  "metadata",
  "time_created",
  "time_updated",
  "time_archived",
]);

/**
 * casr's mark of a session that it wrote into a layout without `metadata`: in its first message. Only ids that
 * end as casr's do are looked at.
 */
const FIRST_MESSAGE = `CASE WHEN s.id LIKE '%casr' THEN (
  SELECT data FROM message WHERE session_id = s.id ORDER BY time_created, id LIMIT 1
) END AS first_message`;

/** The columns a table has; empty when there is no such table. */
export function columnsOf(database: Database, table: string): Map<string, { needed: boolean }> {
  const rows = database.all(`SELECT name, "notnull", dflt_value, pk FROM pragma_table_info(?)`, table);
  return new Map(
    rows.map((row) => [
      String(row["name"]),
      { needed: row["notnull"] === 1 && row["dflt_value"] === null && row["pk"] === 0 },
    ]),
  );
}

/** Whether an open database is this agent's: it has the tables of sessions, messages and parts. */
export function isStore(database: Database): boolean {
  const columns = columnsOf(database, "message");
  return (
    columns.has("session_id") &&
    columns.has("data") &&
    TABLES.every((name) => columnsOf(database, name).size > 0)
  );
}

/** The store in a database, open until it is closed. */
export class DatabaseStore implements Store {
  readonly path: string;
  readonly #database: Database;
  readonly #world: World;
  readonly #columns: string;
  readonly #listed: string;

  private constructor(path: string, database: Database, world: World) {
    this.path = path;
    this.#database = database;
    this.#world = world;
    const there = columnsOf(database, "session");
    const columns = COLUMNS.filter((column) => there.has(column));
    const selection = (names: string[]): string =>
      [...names.map((name) => `s.${name}`), FIRST_MESSAGE].join(", ");
    this.#columns = selection(columns);
    this.#listed = selection(columns.filter((column) => LISTED.has(column)));
  }

  /** Undefined when the file is missing or a database of something else. */
  static async open(path: string, world: World): Promise<DatabaseStore | undefined> {
    const database = await world.openDatabase(path);
    if (database === undefined) return undefined;
    try {
      if (isStore(database)) return new DatabaseStore(path, database, world);
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
    return undefined;
  }

  /** The main sessions, the one used last first; what a listing needs of them. */
  *mainSessions(): Iterable<SessionRow> {
    const sql = `SELECT ${this.#listed} FROM session s WHERE s.parent_id IS NULL ORDER BY s.time_updated DESC, s.id`;
    for (const row of this.#database.iterate(sql)) {
      const session = sessionRow(row);
      if (session !== undefined) yield session;
    }
  }

  /** Sessions whose id begins with `word`, whatever the case of its letters; subagents too; what a listing needs of them. */
  *sessionsLike(word: string): Iterable<SessionRow> {
    const pattern = `${word.replace(/[\\%_]/g, "\\$&")}%`;
    const sql = `SELECT ${this.#listed} FROM session s WHERE s.id LIKE ? ESCAPE '\\' ORDER BY s.time_updated DESC, s.id`;
    for (const row of this.#database.iterate(sql, pattern)) {
      const session = sessionRow(row);
      if (session !== undefined) yield session;
    }
  }

  /** How many main sessions there are. */
  countSessions(): number {
    return this.#number("SELECT count(*) AS n FROM session WHERE parent_id IS NULL");
  }

  #number(sql: string, ...params: SqlValue[]): number {
    return Number(this.#database.all(sql, ...params)[0]?.["n"] ?? 0);
  }

  async session(id: string): Promise<SessionRow | undefined> {
    const [row] = this.#database.all(`SELECT ${this.#columns} FROM session s WHERE s.id = ?`, id);
    return row === undefined ? undefined : sessionRow(row);
  }

  async children(id: string): Promise<string[]> {
    const rows = this.#database.all(
      "SELECT id FROM session WHERE parent_id = ? ORDER BY time_created, id",
      id,
    );
    return rows.flatMap((row) => (typeof row["id"] === "string" ? [row["id"]] : []));
  }

  async heads(sessionId: string): Promise<MessageHead[]> {
    const sql = "SELECT id, time_created FROM message WHERE session_id = ? ORDER BY time_created, id";
    const heads: MessageHead[] = [];
    for (const row of this.#database.iterate(sql, sessionId)) {
      if (typeof row["id"] === "string")
        heads.push({ id: row["id"], time: Number(row["time_created"]) || 0 });
    }
    return heads;
  }

  async message(_sessionId: string, id: string): Promise<JsonObject | undefined> {
    const [row] = this.#database.all("SELECT data FROM message WHERE id = ?", id);
    return this.#object(row?.["data"], `message ${id}`);
  }

  async parts(_sessionId: string, messageId: string): Promise<Part[]> {
    const parts: Part[] = [];
    const sql = "SELECT id, data FROM part WHERE message_id = ? ORDER BY id";
    for (const row of this.#database.iterate(sql, messageId)) {
      const id = String(row["id"]);
      const data = this.#object(row["data"], `part ${id}`);
      if (data !== undefined) parts.push({ id, type: stringOf(data, "type") ?? "", data });
    }
    return parts;
  }

  /** The JSON of a row; a warning when it is none. */
  #object(value: SqlValue | undefined, what: string): JsonObject | undefined {
    const parsed = typeof value === "string" ? parseJson(value) : undefined;
    if (isObject(parsed)) return parsed;
    const message = `${what} is not a JSON object and was left out`;
    this.#world.warn({ code: "bad-record", message, path: this.path });
    return undefined;
  }

  async count(sessionId: string): Promise<RecordCount> {
    const count = (table: string, where = ""): number =>
      this.#number(`SELECT count(*) AS n FROM ${table} WHERE session_id = ?${where}`, sessionId);
    const damaged = " AND NOT coalesce(json_valid(data), 0)";
    return {
      total: count("message") + count("part"),
      malformed: count("message", damaged) + count("part", damaged),
    };
  }

  async *texts(sessionId: string): AsyncIterable<string> {
    for (const { id, time } of await this.heads(sessionId)) {
      const [row] = this.#database.all("SELECT data FROM message WHERE id = ?", id);
      yield `${id} ${time} ${String(row?.["data"])}`;
      const sql = "SELECT id, data FROM part WHERE message_id = ? ORDER BY id";
      for (const part of this.#database.iterate(sql, id))
        yield `${String(part["id"])} ${String(part["data"])}`;
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** The store in a database that must be there; `source-unreadable` when it is not. */
export async function openStore(path: string, world: World): Promise<DatabaseStore> {
  const store = await DatabaseStore.open(path, world);
  if (store === undefined) throw unreadable(`${path} is no database with sessions`, path);
  return store;
}
