import type { Database, JsonObject, SqlValue, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject, parseJson, stringOf } from "./json.ts";
import { pathOfUri } from "./paths.ts";
import { fieldsOf, type Field } from "./wire.ts";

const HASH_BYTES = 32;
/** Fields of the root, a `ConversationStateStructure`. */
const MESSAGES = 1;
const WORKSPACE_URI = 9;
const LEGACY_MESSAGE = 4;

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function textOf(value: SqlValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

/** Where a message is: by the id of its blob, or by its place in the table where no root lists it. */
export type MessagePlace = { id: string } | { rowid: number };

/** One `store.db` of `cursor-agent`: content-addressed blobs and a root that lists the messages in order. */
export class AgentStore {
  readonly path: string;
  readonly #database: Database;
  #meta: JsonObject | undefined;
  #root: Field[] | undefined;

  private constructor(path: string, database: Database) {
    this.path = path;
    this.#database = database;
  }

  /** Undefined when there is no such file or it is a database of something else. */
  static async open(path: string, world: World): Promise<AgentStore | undefined> {
    const database = await world.openDatabase(path);
    if (database === undefined) return undefined;
    try {
      const tables = database.all("SELECT name FROM sqlite_schema WHERE type = 'table'");
      const names = new Set(tables.map((row) => row["name"]));
      if (names.has("blobs") && names.has("meta")) return new AgentStore(path, database);
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
    return undefined;
  }

  close(): void {
    this.#database.close();
  }

  /** The record with key `0`: JSON as hexadecimal digits, in some versions as it is. */
  meta(): JsonObject {
    if (this.#meta === undefined) {
      const [row] = this.#database.all("SELECT value FROM meta WHERE key = '0'");
      const text = textOf(row?.["value"]) ?? "";
      const plain = /^[0-9a-f]+$/iu.test(text) ? Buffer.from(text, "hex").toString("utf8") : text;
      const parsed = parseJson(plain);
      this.#meta = isObject(parsed) ? parsed : {};
    }
    return this.#meta;
  }

  /** The bytes of a blob. */
  blob(id: string): Uint8Array | undefined {
    const [row] = this.#database.all("SELECT data FROM blobs WHERE id = ?", id);
    const data = row?.["data"];
    if (data instanceof Uint8Array) return data;
    return typeof data === "string" ? Buffer.from(data) : undefined;
  }

  rootId(): string | undefined {
    const id = stringOf(this.meta(), "latestRootBlobId");
    return id === "" ? undefined : id;
  }

  #rootFields(): Field[] {
    if (this.#root === undefined) {
      const id = this.rootId();
      const bytes = id === undefined ? undefined : this.blob(id);
      this.#root = (bytes === undefined ? undefined : fieldsOf(bytes)) ?? [];
    }
    return this.#root;
  }

  /** The folder the root names. */
  workspace(): string | undefined {
    for (const { number, bytes } of this.#rootFields()) {
      if (number !== WORKSPACE_URI || bytes === undefined) continue;
      const path = pathOfUri(new TextDecoder().decode(bytes));
      if (path !== undefined) return path;
    }
    return undefined;
  }

  /**
   * The messages in the order the model gets them. Where the root lists none (some writers name only turns)
   * or is gone, all messages in the order they were stored.
   */
  places(world: World): MessagePlace[] {
    const listed = this.#rootFields().flatMap(({ number, bytes }): MessagePlace[] =>
      number === MESSAGES && bytes?.length === HASH_BYTES ? [{ id: hexOf(bytes) }] : [],
    );
    if (listed.length > 0 || this.rootId() === undefined) return listed;
    const bytes = this.blob(this.rootId()!);
    if (bytes === undefined) {
      const message = "the newest state of the conversation is missing: all stored messages are read";
      world.warn({ code: "missing-root", message, path: this.path });
    } else if (fieldsOf(bytes) === undefined) {
      const encrypted = typeof this.meta()["blobEncryptionKey"] === "string";
      const why = encrypted ? "is encrypted or damaged" : "is damaged";
      throw unreadable(`The newest state of the conversation in ${this.path} ${why}`, this.path);
    }
    const rows = this.#database.iterate(
      "SELECT rowid AS place FROM blobs WHERE substr(data, 1, 8) = CAST('{\"role\":' AS BLOB) OR substr(data, 1, 6) = CAST('{\"id\":' AS BLOB) ORDER BY rowid",
    );
    const places: MessagePlace[] = [];
    for (const row of rows) places.push({ rowid: Number(row["place"]) });
    return places;
  }

  /** The message at a place; undefined when it is missing or no message. */
  message(place: MessagePlace): JsonObject | undefined {
    const [row] =
      "id" in place
        ? this.#database.all("SELECT data FROM blobs WHERE id = ?", place.id)
        : this.#database.all("SELECT data FROM blobs WHERE rowid = ?", place.rowid);
    const data = row?.["data"];
    if (data === undefined || data === null) return undefined;
    const direct = parseJson(textOf(data) ?? "");
    if (isObject(direct)) return typeof direct["role"] === "string" ? direct : undefined;
    // Older versions wrapped the message in a protobuf.
    if (!(data instanceof Uint8Array)) return undefined;
    for (const { number, bytes } of fieldsOf(data) ?? []) {
      const nested =
        number === LEGACY_MESSAGE && bytes ? parseJson(new TextDecoder().decode(bytes)) : undefined;
      if (isObject(nested) && typeof nested["role"] === "string") return nested;
    }
    return undefined;
  }
}
