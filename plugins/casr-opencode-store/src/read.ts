import type { Reader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { openStore } from "./database.ts";
import { detect, discover, identify, locate, summarize } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { headerOf } from "./header.ts";
import { historyOf } from "./history.ts";
import { LegacyStore, sessionFileAt } from "./legacy.ts";
import { messagesOf } from "./messages.ts";
import type { Fork, SessionRow } from "./native.ts";
import { folderOf } from "./paths.ts";
import type { Store } from "./store.ts";

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

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
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

/** Over all that is stored of the session but its own row, which an agent changes by looking at it. */
async function digest(ref: SessionRef, world: World): Promise<string> {
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

/** Reads the sessions of one of the agents that share this store. */
export function createReader(fork: Fork) {
  return {
    detect: (world) => detect(fork, world),
    discover: (world) => discover(fork, world),
    locate: (word, world) => locate(word, fork, world),
    identify: (path, world) => identify(path, fork, world),
    summarize: (ref, world) => summarize(ref, fork, world),
    digest,
    read,
  } satisfies Reader;
}
