import type { Database, JsonObject, World } from "casr-cli/provider";
import { codexHome, stateDatabase, titlesFile } from "./paths.ts";
import { parseJson, stringOf } from "./json.ts";

/** What Codex's state database knows of a thread. */
export interface ThreadRow {
  /** Name given to a paginated thread. */
  name?: string;
  subagent: boolean;
}

interface Cached<T> {
  key: string;
  value: T;
}

/** Kept as long as the world is, and as long as the files have not changed. */
const indexCache = new WeakMap<World, Cached<Map<string, string>>>();
const threadCache = new WeakMap<World, Cached<Map<string, ThreadRow>>>();

async function stamp(paths: string[], world: World): Promise<string> {
  const stats = await Promise.all(paths.map((path) => world.files.stat(path)));
  return stats
    .map((stat, index) => `${paths[index]} ${stat?.size} ${stat?.mtimeMs} ${stat?.inode}`)
    .join("\n");
}

/** Titles by session id from `session_index.jsonl`; the last line for an id wins. */
async function indexedTitles(world: World): Promise<Map<string, string>> {
  const path = titlesFile(codexHome(world));
  const key = await stamp([path], world);
  const cached = indexCache.get(world);
  if (cached?.key === key) return cached.value;
  const titles = new Map<string, string>();
  if ((await world.files.stat(path))?.kind === "file") {
    for await (const line of world.files.lines(path)) {
      const value = parseJson(line.text());
      const id = stringOf(value, "id");
      const name = stringOf(value, "thread_name");
      if (id !== undefined && name !== undefined && name.trim() !== "") titles.set(id.toLowerCase(), name);
    }
  }
  indexCache.set(world, { key, value: titles });
  return titles;
}

function readThreads(database: Database): Map<string, ThreadRow> {
  const threads = new Map<string, ThreadRow>();
  const columns = new Set(database.all("PRAGMA table_info(threads)").map((row) => row["name"]));
  if (!columns.has("id")) return threads;
  const wanted = ["id", "name", "source", "thread_source"].filter((name) => columns.has(name));
  for (const row of database.iterate(`SELECT ${wanted.join(", ")} FROM threads`)) {
    const { id, name, source, thread_source: from } = row;
    if (typeof id !== "string") continue;
    const subagent =
      from === "subagent" || (typeof source === "string" && /^\{\s*"sub_?agent"/i.test(source));
    threads.set(id.toLowerCase(), {
      ...(typeof name === "string" && name.trim() !== "" ? { name } : {}),
      subagent,
    });
  }
  return threads;
}

/** Rows of the state database by session id; empty without a readable one. */
export async function threadRows(world: World): Promise<Map<string, ThreadRow>> {
  const path = await stateDatabase(world);
  if (path === undefined) return new Map();
  const key = await stamp([path, `${path}-wal`], world);
  const cached = threadCache.get(world);
  if (cached?.key === key) return cached.value;
  let threads = new Map<string, ThreadRow>();
  try {
    const database = await world.openDatabase(path);
    if (database !== undefined) {
      try {
        threads = readThreads(database);
      } finally {
        database.close();
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    world.warn({ code: "database-unreadable", message: `names of sessions are missing: ${reason}`, path });
  }
  threadCache.set(world, { key, value: threads });
  return threads;
}

/** What Codex's two places for names say of the session `id`, for `SessionRef.listed`. */
export async function listedNames(id: string, world: World): Promise<JsonObject> {
  const key = id.toLowerCase();
  const indexed = (await indexedTitles(world)).get(key);
  const thread = (await threadRows(world)).get(key)?.name;
  return { ...(indexed === undefined ? {} : { indexed }), ...(thread === undefined ? {} : { thread }) };
}

/** The name a person or Codex gave a session; `paginated`: then the database goes first. */
export function nativeName(listed: JsonObject | undefined, paginated: boolean): string | undefined {
  const indexed = stringOf(listed ?? {}, "indexed");
  const thread = stringOf(listed ?? {}, "thread");
  return paginated ? (thread ?? indexed) : (indexed ?? thread);
}
