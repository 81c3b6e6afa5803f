import type { JsonObject, World } from "casr-cli/provider";
import { isObject, numberOf, objectOf, parseJson, stringOf } from "./json.ts";
import type { Fork, Part, SessionRow } from "./native.ts";
import { baseName, dataFolders, folderOf, join, SESSION_ID } from "./paths.ts";
import { sessionFileRow } from "./rows.ts";
import type { MessageHead, RecordCount, Store } from "./store.ts";

/**
 * The store of versions up to 1.1: one JSON file a session, message and part. Since mid 2025 all projects share
 * `storage/` (seen with 1.1.65); before, each had `project/<name>/storage/session/` with `info`, `message`, `part`.
 */
interface Layout {
  /** Folder with `message/` and `part/`. */
  root: string;
  /** Parts lie below the session's id, not only below the message's. */
  nested: boolean;
}

/** A file with a session of the older store. */
export interface SessionFile {
  path: string;
  id: string;
  layout: Layout;
}

async function folders(path: string, world: World): Promise<string[]> {
  const entries = await world.files.list(path);
  return entries.filter((entry) => entry.kind === "directory").map((entry) => join(path, entry.name));
}

async function jsonNames(path: string, world: World): Promise<string[]> {
  const entries = await world.files.list(path);
  return entries
    .filter((entry) => entry.kind === "file" && entry.name.endsWith(".json"))
    .map((entry) => entry.name.slice(0, -".json".length));
}

/** Every session file of the older store, in no order. */
export async function* sessionFiles(fork: Fork, world: World): AsyncIterable<SessionFile> {
  for (const data of dataFolders(fork, world)) {
    const storage = join(data, "storage");
    for (const folder of await folders(join(storage, "session"), world))
      yield* filesIn(folder, { root: storage, nested: false }, world);
    for (const project of await folders(join(data, "project"), world)) {
      const root = join(project, "storage", "session");
      yield* filesIn(join(root, "info"), { root, nested: true }, world);
    }
  }
}

async function* filesIn(folder: string, layout: Layout, world: World): AsyncIterable<SessionFile> {
  for (const id of await jsonNames(folder, world))
    if (SESSION_ID.test(id)) yield { path: join(folder, `${id}.json`), id, layout };
}

/** The session file at `path`, by where it lies; undefined for other files. */
export function sessionFileAt(path: string): SessionFile | undefined {
  const name = baseName(path);
  const id = name.endsWith(".json") ? name.slice(0, -".json".length) : "";
  if (!SESSION_ID.test(id)) return undefined;
  const folder = folderOf(path);
  const above = folderOf(folder);
  if (baseName(folder) === "info" && baseName(above) === "session")
    return { path, id, layout: { root: above, nested: true } };
  if (baseName(above) !== "session") return undefined;
  return { path, id, layout: { root: folderOf(above), nested: false } };
}

/** One session of the older store. */
export class LegacyStore implements Store {
  readonly path: string;
  readonly #file: SessionFile;
  readonly #world: World;
  #malformed = 0;

  constructor(file: SessionFile, world: World) {
    this.path = file.path;
    this.#file = file;
    this.#world = world;
  }

  async session(id: string): Promise<SessionRow | undefined> {
    if (id !== this.#file.id) return undefined;
    const value = await this.#read(this.#file.path);
    return value === undefined ? undefined : sessionFileRow(id, value);
  }

  async children(id: string): Promise<string[]> {
    const found: string[] = [];
    for (const other of await jsonNames(folderOf(this.#file.path), this.#world)) {
      if (!SESSION_ID.test(other) || other === id) continue;
      const value = await this.#read(join(folderOf(this.#file.path), `${other}.json`));
      if (stringOf(value, "parentID") === id) found.push(other);
    }
    return found;
  }

  /** In the order of the agent of that time: by id, which holds the time. */
  async heads(sessionId: string): Promise<MessageHead[]> {
    const heads: MessageHead[] = [];
    for (const id of await jsonNames(join(this.#file.layout.root, "message", sessionId), this.#world)) {
      const value = await this.#read(this.#messagePath(sessionId, id));
      if (value !== undefined) heads.push({ id, time: numberOf(objectOf(value, "time"), "created") ?? 0 });
      else this.#malformed += 1;
    }
    return heads.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  }

  #messagePath(sessionId: string, id: string): string {
    return join(this.#file.layout.root, "message", sessionId, `${id}.json`);
  }

  message(sessionId: string, id: string): Promise<JsonObject | undefined> {
    return this.#read(this.#messagePath(sessionId, id));
  }

  async parts(sessionId: string, messageId: string): Promise<Part[]> {
    const { root, nested } = this.#file.layout;
    const folder = nested ? join(root, "part", sessionId, messageId) : join(root, "part", messageId);
    const parts: Part[] = [];
    for (const id of (await jsonNames(folder, this.#world)).sort()) {
      const data = await this.#read(join(folder, `${id}.json`));
      if (data !== undefined) parts.push({ id, type: stringOf(data, "type") ?? "", data });
    }
    if (parts.length > 0) return parts;
    // The oldest files hold the parts in the message itself.
    const inline = (await this.message(sessionId, messageId))?.["parts"];
    return Array.isArray(inline)
      ? inline.flatMap((data, index) =>
          isObject(data)
            ? [{ id: stringOf(data, "id") ?? String(index), type: stringOf(data, "type") ?? "", data }]
            : [],
        )
      : [];
  }

  async #read(path: string): Promise<JsonObject | undefined> {
    // A part holds one output, which may be longer than what `readText` takes.
    const bytes = await this.#world.files.read(path);
    const value = bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes));
    if (isObject(value)) return value;
    const message = bytes === undefined ? "is missing" : "is not a JSON object and was left out";
    this.#world.warn({ code: "bad-record", message: `${path} ${message}`, path });
    return undefined;
  }

  async count(sessionId: string): Promise<RecordCount> {
    this.#malformed = 0;
    const total = (await this.heads(sessionId)).length + this.#malformed;
    return { total, malformed: this.#malformed };
  }

  async *texts(sessionId: string): AsyncIterable<string> {
    for (const { id } of await this.heads(sessionId)) {
      yield `${id} ${JSON.stringify(await this.message(sessionId, id))}`;
      for (const part of await this.parts(sessionId, id)) yield `${part.id} ${JSON.stringify(part.data)}`;
    }
  }

  close(): void {
    // Nothing is kept open.
  }
}
