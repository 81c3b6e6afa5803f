import type { Database, JsonObject, JsonValue, SqlValue, World } from "casr-cli/provider";
import { isObject, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { folderOf } from "./paths.ts";

const HEADER_COLUMNS = ["workspaceId", "createdAt", "lastUpdatedAt", "isArchived", "isSubagent", "value"];

/** What an index of the editor says of a session, without looking at the session itself. */
export interface Head {
  id: string;
  value: JsonObject;
  createdAt?: number;
  updatedAt?: number;
  workspaceId?: string;
  archived: boolean;
  subagent: boolean;
}

function textOf(value: SqlValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

function timeOf(value: SqlValue | JsonValue | undefined): number | undefined {
  const number = typeof value === "string" ? Date.parse(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number > 0 ? Math.trunc(number) : undefined;
}

/** The first key after all that begin with `prefix`, for look-ups by range in the index. */
function after(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

function defined(head: { [K in keyof Head]: Head[K] | undefined }): Head {
  return Object.fromEntries(
    Object.entries(head).filter(([, value]) => value !== undefined),
  ) as unknown as Head;
}

/** A head from the JSON an index holds. */
export function headOf(value: JsonObject, row: Record<string, SqlValue> = {}): Head | undefined {
  const id = textOf(row["composerId"]) ?? stringOf(value, "composerId");
  if (id === undefined || id === "") return undefined;
  const workspace = textOf(row["workspaceId"]) ?? stringOf(objectOf(value, "workspaceIdentifier"), "id");
  const subagent = row["isSubagent"] === 1 || value["isSubagent"] === true || isObject(value["subagentInfo"]);
  return defined({
    id,
    value,
    createdAt: timeOf(row["createdAt"]) ?? timeOf(value["createdAt"]),
    updatedAt: timeOf(row["lastUpdatedAt"]) ?? timeOf(value["lastUpdatedAt"]),
    workspaceId: workspace,
    archived: row["isArchived"] === 1 || value["isArchived"] === true,
    subagent,
  });
}

/**
 * The editor's `state.vscdb`, open until it is closed. It can have gigabytes: rows are looked up by key or by a
 * range of keys, which the index of the table answers.
 */
export class EditorStore {
  readonly path: string;
  readonly database: Database;
  readonly #tables: Map<string, Set<string>>;

  private constructor(path: string, database: Database, tables: Map<string, Set<string>>) {
    this.path = path;
    this.database = database;
    this.#tables = tables;
  }

  /** Undefined when the file is missing or a database of something else. */
  static async open(path: string, world: World): Promise<EditorStore | undefined> {
    const database = await world.openDatabase(path);
    if (database === undefined) return undefined;
    try {
      const rows = database.all(
        "SELECT m.name AS name, c.name AS column FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'",
      );
      const tables = new Map<string, Set<string>>();
      for (const row of rows) {
        const name = String(row["name"]);
        tables.set(name, (tables.get(name) ?? new Set()).add(String(row["column"])));
      }
      const known = ["cursorDiskKV", "ItemTable"].some((name) => {
        const columns = tables.get(name);
        return columns?.has("key") === true && columns.has("value");
      });
      if (known) return new EditorStore(path, database, tables);
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
    return undefined;
  }

  close(): void {
    this.database.close();
  }

  has(table: "composerHeaders" | "cursorDiskKV" | "ItemTable"): boolean {
    return this.#tables.has(table);
  }

  columns(table: string): ReadonlySet<string> {
    return this.#tables.get(table) ?? new Set();
  }

  /** The folder of a workspace's own database; the editor's data folder is not told by it. */
  get folder(): string {
    return folderOf(this.path);
  }

  #value(table: "cursorDiskKV" | "ItemTable", key: string): string | undefined {
    if (!this.has(table)) return undefined;
    return textOf(this.database.all(`SELECT value FROM ${table} WHERE key = ?`, key)[0]?.["value"]);
  }

  /** The JSON at a key of `ItemTable`. */
  item(key: string): JsonValue | undefined {
    const text = this.#value("ItemTable", key);
    return text === undefined ? undefined : parseJson(text);
  }

  /** The text at a key of `cursorDiskKV`. */
  text(key: string): string | undefined {
    return this.#value("cursorDiskKV", key);
  }

  /** The JSON object at a key of `cursorDiskKV`: `null` when it is there and none, undefined when it is not there. */
  object(key: string): JsonObject | null | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const parsed = parseJson(text);
    return isObject(parsed) ? parsed : null;
  }

  /** Heads from the table of 3.12 and later whose id begins with `prefix` (all for ""). */
  *#tableHeads(prefix: string): Iterable<Head> {
    const there = this.columns("composerHeaders");
    if (!there.has("composerId")) return;
    const columns = ["composerId", ...HEADER_COLUMNS.filter((name) => there.has(name))];
    const range = prefix === "" ? "" : " WHERE composerId >= ? AND composerId < ?";
    const params = prefix === "" ? [] : [prefix, after(prefix)];
    const sql = `SELECT ${columns.join(", ")} FROM composerHeaders${range}`;
    for (const row of this.database.iterate(sql, ...params)) {
      const parsed = parseJson(textOf(row["value"]) ?? "");
      const head = headOf(isObject(parsed) ? parsed : {}, row);
      if (head !== undefined) yield head;
    }
  }

  /**
   * The heads of all sessions: from the table, else from the list kept before 3.12, and for sessions in neither
   * (the list was written late) from the sessions themselves.
   */
  *heads(prefix = ""): Iterable<Head> {
    const seen = new Set<string>();
    const fresh = (head: Head | undefined): head is Head => {
      if (head === undefined || seen.has(head.id) || !head.id.startsWith(prefix)) return false;
      seen.add(head.id);
      return true;
    };
    for (const head of this.#tableHeads(prefix)) if (fresh(head)) yield head;
    for (const value of objectsOf(this.item("composer.composerHeaders"), "allComposers")) {
      const head = headOf(value);
      if (fresh(head)) yield head;
    }
    if (!this.has("cursorDiskKV")) return;
    const range = `composerData:${prefix}`;
    const sql = "SELECT key FROM cursorDiskKV WHERE key >= ? AND key < ?";
    const unknown: string[] = [];
    for (const row of this.database.iterate(sql, range, after(range))) {
      const id = textOf(row["key"])?.slice("composerData:".length);
      if (id !== undefined && !seen.has(id)) unknown.push(id);
    }
    for (const id of unknown) {
      const data = this.object(`composerData:${id}`);
      const head = isObject(data) ? headOf({ ...headFields(data), composerId: id }) : undefined;
      if (fresh(head)) yield head;
    }
  }

  /** What the index says of one session, else what the session says of itself. */
  head(id: string): Head | undefined {
    for (const head of this.heads(id)) if (head.id === id) return head;
    return undefined;
  }

  /** Whether the session has at least one message: drafts have none. */
  hasMessages(id: string): boolean {
    if (!this.has("cursorDiskKV")) return false;
    const range = `bubbleId:${id}:`;
    const sql = "SELECT 1 FROM cursorDiskKV WHERE key >= ? AND key < ? LIMIT 1";
    if (this.database.all(sql, range, after(range)).length > 0) return true;
    const data = this.object(`composerData:${id}`);
    if (!isObject(data)) return false;
    return objectsOf(data, "conversation").length > 0 || objectsOf(data, "tabs").length > 0;
  }
}

/** The parts of a session's own record that an index would hold. */
function headFields(data: JsonObject): JsonObject {
  const fields = [
    "name",
    "createdAt",
    "lastUpdatedAt",
    "isArchived",
    "isSubagent",
    "subagentInfo",
    "isDraft",
  ];
  const more = ["workspaceIdentifier", "trackedGitRepos", "casr", "modelConfig"];
  return Object.fromEntries(
    [...fields, ...more].flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])),
  );
}
