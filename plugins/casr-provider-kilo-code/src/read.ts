import { createHash } from "node:crypto";
import type { Reader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { openStore } from "./database.ts";
import { detect, discover, identify, locate, summarize } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { headerOf } from "./header.ts";
import { historyOf } from "./history.ts";
import { LegacyStore, sessionFileAt } from "./legacy.ts";
import { messagesOf } from "./messages.ts";
import type { SessionRow } from "./native.ts";
import { folderOf } from "./paths.ts";
import type { Store } from "./store.ts";
import { glanceAt, taskMessages } from "./task-messages.ts";
import { isTask, openTask, taskHeader } from "./tasks.ts";

async function open(ref: SessionRef, world: World): Promise<Store> {
  const file = ref.path.endsWith(".json") ? sessionFileAt(ref.path) : undefined;
  return file === undefined
    ? openStore(ref.files?.[0] ?? folderOf(ref.path), world)
    : new LegacyStore(file, world);
}

async function sessionIn(store: Store, ref: SessionRef): Promise<SessionRow> {
  const session = await store.session(ref.id);
  if (session === undefined) throw unreadable(`${store.path} holds no session ${ref.id}`, ref.path);
  return session;
}

/** A task of the older extension: the whole conversation is one JSON document. */
async function readTask(ref: SessionRef, world: World): Promise<SessionReading> {
  const document = await openTask(ref.path, world);
  const { standing, usable } = await glanceAt(document, world);
  const torn = document.complete ? 0 : 1;
  const total = document.count("")! + torn;
  if (usable === 0) throw unreadable(`${ref.path} holds no message`, ref.path);
  if (usable < total - torn)
    world.warn({
      code: "bad-record",
      message: "records that are no JSON objects were left out",
      path: ref.path,
    });
  return {
    header: await taskHeader(ref, world),
    records: { total, malformed: total - usable },
    messages: ({ history }) => taskMessages(document, standing, history, ref.path, world),
  };
}

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  if (isTask(ref)) return readTask(ref, world);
  const store = await open(ref, world);
  try {
    const session = await sessionIn(store, ref);
    const history = await historyOf(store, session, world);
    const records = await store.count(session.id);
    if (history.entries.length === 0 && records.malformed > 0)
      throw unreadable(`no message of session ${ref.id} in ${store.path} can be read`, ref.path);
    const model = history.entries.findLast((entry) => entry.model !== undefined && !entry.summary)?.model;
    const children = await store.children(session.id);
    return {
      header: headerOf(ref, session, { children, model }, world),
      records,
      messages: ({ history: wanted }) => messagesOf(() => open(ref, world), session, history, wanted, world),
    };
  } finally {
    store.close();
  }
}

const PIECE_BYTES = 1024 * 1024;

/** Over the bytes of the history, which may be more than can be held at once. */
async function taskDigest(path: string, world: World): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; ; start += PIECE_BYTES) {
    world.signal.throwIfAborted();
    const bytes = await world.files.read(path, { start, end: start + PIECE_BYTES });
    if (bytes === undefined || bytes.length === 0) return hash.digest("hex");
    hash.update(bytes);
  }
}

/** Over all that is stored of the session but its own row, which an agent changes by looking at it. */
async function digest(ref: SessionRef, world: World): Promise<string> {
  if (isTask(ref)) return taskDigest(ref.path, world);
  const store = await open(ref, world);
  try {
    // A digest of digests: the texts together may be longer than a string can be.
    let sum = world.toolkit.sha256(ref.id);
    for await (const text of store.texts(ref.id))
      sum = world.toolkit.sha256(sum + world.toolkit.sha256(text));
    return sum;
  } finally {
    store.close();
  }
}

export const reader: Reader = { detect, discover, locate, identify, summarize, digest, read };
