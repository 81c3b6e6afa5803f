import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { DatabaseStore } from "./database.ts";
import { isUnreadable } from "./faults.ts";
import { summaryOf } from "./header.ts";
import { LegacyStore, sessionFileAt, sessionFiles, type SessionFile } from "./legacy.ts";
import type { Fork, SessionRow } from "./native.ts";
import { listedOf, listedRow } from "./rows.ts";
import { baseName, databases, dataFolders, folderOf, mayBeOurs, SESSION_ID, sessionPath } from "./paths.ts";

/** Runs `look` on each database; one that cannot be read becomes a warning and hides no other. */
async function* eachDatabase(
  fork: Fork,
  world: World,
  look: (store: DatabaseStore, size: number) => Iterable<SessionRef>,
): AsyncIterable<SessionRef> {
  for (const path of await databases(fork, world)) {
    world.signal.throwIfAborted();
    let store: DatabaseStore | undefined;
    try {
      const size = (await world.files.stat(path))?.size ?? 0;
      store = await DatabaseStore.open(path, world);
      if (store !== undefined) yield* look(store, size);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      world.warn({ code: "unreadable-database", message: (error as Error).message, path });
    } finally {
      store?.close();
    }
  }
}

function databaseRef(database: string, size: number, row: SessionRow, fork: Fork): SessionRef {
  return {
    provider: fork.slug,
    id: row.id,
    path: sessionPath(database, row.id),
    files: [database],
    sizeBytes: size,
    modifiedAt: row.updated ?? row.created ?? 0,
    listed: listedOf(row),
  };
}

/** The session in a file of the older store, which is not opened. */
async function fileRef(file: SessionFile, fork: Fork, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(file.path);
  if (stat?.kind !== "file") return undefined;
  return {
    provider: fork.slug,
    id: file.id,
    path: file.path,
    sizeBytes: stat.size,
    modifiedAt: stat.mtimeMs,
  };
}

/** Proof of the agent on this machine. */
export async function detect(fork: Fork, world: World): Promise<Detection> {
  const roots = dataFolders(fork, world);
  const evidence: string[] = [];
  for await (const _ of eachDatabase(fork, world, (store) => {
    const count = store.countSessions();
    evidence.push(`${store.path} holds ${count} session${count === 1 ? "" : "s"}`);
    return [];
  }));
  let files = 0;
  let first: string | undefined;
  for await (const file of sessionFiles(fork, world)) {
    files += 1;
    first ??= folderOf(folderOf(file.path));
  }
  if (first !== undefined)
    evidence.push(`${first} holds ${files} session file${files === 1 ? "" : "s"} of an older version`);
  return { found: evidence.length > 0, evidence, roots };
}

/**
 * The main sessions: those of the databases, the one used last first, then those only older files hold. Such a
 * file is not opened here: whether it is a subagent's tells `summarize`.
 */
export async function* discover(fork: Fork, world: World): AsyncIterable<SessionRef> {
  const seen = new Set<string>();
  const fresh = (ref: SessionRef): boolean => !seen.has(ref.id) && seen.add(ref.id).size > 0;
  const fromDatabases = eachDatabase(fork, world, function* (store, size) {
    for (const row of store.mainSessions()) yield databaseRef(store.path, size, row, fork);
  });
  for await (const ref of fromDatabases) if (fresh(ref)) yield ref;
  const old: SessionRef[] = [];
  for await (const file of sessionFiles(fork, world)) {
    if (seen.has(file.id)) continue;
    const ref = await fileRef(file, fork, world);
    if (ref !== undefined && fresh(ref)) old.push(ref);
  }
  yield* old.sort((a, b) => b.modifiedAt - a.modifiedAt);
}

/** Sessions whose id equals or begins with `word`, subagents too: whoever asks for an id gets it. */
export async function* locate(word: string, fork: Fork, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  const seen = new Set<string>();
  const fromDatabases = eachDatabase(fork, world, function* (store, size) {
    for (const row of store.sessionsLike(word)) yield databaseRef(store.path, size, row, fork);
  });
  for await (const ref of fromDatabases) {
    if (seen.has(ref.id)) continue;
    seen.add(ref.id);
    yield ref;
  }
  for await (const file of sessionFiles(fork, world)) {
    if (!file.id.toLowerCase().startsWith(wanted) || seen.has(file.id)) continue;
    seen.add(file.id);
    const ref = await fileRef(file, fork, world);
    if (ref !== undefined) yield ref;
  }
}

/**
 * The session at `<database>/<session id>` or in a file of the older store. A database alone means the session
 * that was used last. Undefined when it is nothing of this agent's.
 */
export async function identify(path: string, fork: Fork, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (!mayBeOurs(path, fork, world)) return undefined;
  if (stat?.kind === "file" && path.endsWith(".json")) {
    const file = sessionFileAt(path);
    const row = file === undefined ? undefined : await new LegacyStore(file, world).session(file.id);
    return row === undefined ? undefined : fileRef(file!, fork, world);
  }
  const inside = stat === undefined && SESSION_ID.test(baseName(path));
  const database = inside ? folderOf(path) : path;
  const size = inside ? await world.files.stat(database) : stat;
  if (size?.kind !== "file" || !(await isDatabase(database, world))) return undefined;
  const store = await DatabaseStore.open(database, world);
  if (store === undefined) return undefined;
  try {
    const row = inside ? await store.session(baseName(path)) : newest(store, world);
    return row === undefined ? undefined : databaseRef(database, size.size, row, fork);
  } finally {
    store.close();
  }
}

function newest(store: DatabaseStore, world: World): SessionRow | undefined {
  const [first, second] = store.mainSessions();
  if (second !== undefined) {
    const message = `${store.path} holds ${store.countSessions()} sessions: the one used last was taken`;
    world.warn({ code: "several-sessions", message, path: store.path });
  }
  return first;
}

/** Whether a file begins as SQLite's do; the others are not even opened. */
async function isDatabase(path: string, world: World): Promise<boolean> {
  const head = await world.files.read(path, { start: 0, end: 16 });
  return head !== undefined && Buffer.from(head).toString("latin1") === "SQLite format 3\u0000";
}

/** What a listing shows: from the row alone, or from the session's own file of the older store. */
export async function summarize(ref: SessionRef, fork: Fork, world: World): Promise<SessionSummary> {
  if (ref.listed !== undefined) return summaryOf(ref, listedRow(ref.id, ref.listed), world);
  const file = sessionFileAt(ref.path);
  if (file !== undefined) {
    const row = await new LegacyStore(file, world).session(ref.id);
    return row === undefined ? { ref } : summaryOf(ref, row, world);
  }
  const listed = (await identify(ref.path, fork, world))?.listed;
  return listed === undefined ? { ref } : summaryOf(ref, listedRow(ref.id, listed), world);
}
