import { basename, dirname, join } from "node:path";
import type {
  JsonObject,
  Message,
  ReadingMark,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { withArchives } from "./archive.ts";
import { Conversation } from "./conversation.ts";
import { workspaceOf } from "./discover.ts";
import { lineageOf } from "./head.ts";
import { isObject, stringOf } from "./json.ts";
import { load, loadOn, type Loaded } from "./load.ts";
import { parentIdOf, usableId } from "./paths.ts";
import type { Entry } from "./fold.ts";
import { madeOf } from "./made.ts";
import { growsOn, knownAt, markAt, turnOf, type Known } from "./reading-on.ts";

/** Indexes the session's file; messages are parsed one by one when they are asked for. */
export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  return readingOf(ref, await load(ref.path, world), world);
}

/** The CLI only ever adds to a file of lines; what takes something back is a record of its own. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const known = knownAt(mark, world);
  if (known === undefined) return undefined;
  const loaded = await loadOn(ref.path, known, world);
  return growsOn(loaded.folded, known) ? readingOf(ref, loaded, world, known) : undefined;
}

async function readingOf(
  ref: SessionRef,
  loaded: Loaded,
  world: World,
  known?: Known,
): Promise<SessionReading> {
  let mark: ReadingMark | undefined;
  const noteMark = (at: ReadingMark | undefined): void => {
    mark ??= at;
  };
  return {
    header: await headerOf(ref, loaded, world),
    messages: ({ history }) =>
      history === "full"
        ? wholeHistory(loaded, world, noteMark, known)
        : messagesOf(loaded, loaded.folded.entries, world, known),
    records: loaded.folded.records,
    get mark() {
      return mark;
    },
  };
}

/** The messages that the model gets. */
async function* messagesOf(
  loaded: Loaded,
  entries: readonly Entry[],
  world: World,
  known?: Known,
): AsyncIterable<Message> {
  const conversation = new Conversation(loaded.path, loaded.folded.servers, world, known?.messages);
  for await (const { entry, message } of loaded.fetch(entries)) {
    world.signal.throwIfAborted();
    yield* conversation.push(entry, message, true);
  }
}

/** These and what was compressed. `noteMark` is told where to read on from, right before the message there. */
async function* wholeHistory(
  loaded: Loaded,
  world: World,
  noteMark: (mark: ReadingMark | undefined) => void,
  known?: Known,
): AsyncIterable<Message> {
  const { folded, path } = loaded;
  const conversation = new Conversation(path, folded.servers, world, known?.messages);
  const { entries, past } = await withArchives(loaded, world);
  const silent = world.toolkit.quiet(world);
  let turn = turnOf(loaded);
  for await (const { entry, message } of loaded.fetch(entries)) {
    world.signal.throwIfAborted();
    if (turn !== undefined && entry === turn) {
      noteMark(markAt(turn, entries.slice(0, entries.indexOf(entry)), folded, world, known));
      turn = undefined;
    }
    if (turn !== undefined) entry.made ??= madeOf(entry, message, path, silent);
    yield* conversation.push(entry, message, !past.has(entry));
  }
}

async function headerOf(ref: SessionRef, loaded: Loaded, world: World): Promise<SessionHeader> {
  const { folded } = loaded;
  const { parseTimestamp, titleFrom } = world.toolkit;
  const {
    sessionId: _id,
    projectHash,
    startTime: _start,
    lastUpdated,
    summary,
    casr: _mark,
    kind,
    ...metadata
  } = folded.metadata;
  const nativeName = typeof summary === "string" && summary !== "" ? summary : undefined;
  const title = nativeName ?? titleFrom(folded.firstPrompt ?? "");
  const hash = typeof projectHash === "string" ? { projectHash } : {};
  const hint = folded.contextWorkspace === undefined ? {} : { contextWorkspace: folded.contextWorkspace };
  const workspace = await workspaceOf(ref.path, { ...hash, ...hint }, world);
  const startedAt = parseTimestamp(folded.startTime);
  const endedAt = parseTimestamp(lastUpdated);
  const lineage = lineageOf(folded.mark, world);
  const parentId = parentIdOf(ref.path);
  const children = await childrenOf(ref, loaded, world);
  return {
    id: usableId(stringOf(folded.metadata, "sessionId") ?? ref.id, ref.path),
    provider: "gemini",
    ...(title === undefined ? {} : { title }),
    ...(nativeName === undefined ? {} : { nativeName }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(folded.model === undefined ? {} : { model: folded.model }),
    ...(parentId === undefined ? {} : { parent: link(parentId, "subagent") }),
    ...(children.length === 0 ? {} : { children }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: {
      ...(metadata as JsonObject),
      ...(kind === undefined ? {} : { kind }),
      ...(isObject(hash) ? hash : {}),
    },
    sourcePath: ref.path,
  };
}

/** Subagent sessions: those that calls name, and the files in the folder named after the session. */
async function childrenOf(ref: SessionRef, loaded: Loaded, world: World): Promise<SessionLink[]> {
  const ids = new Set(loaded.folded.agents);
  const id = stringOf(loaded.folded.metadata, "sessionId");
  if (id !== undefined && /^[A-Za-z0-9_-]+$/u.test(id)) {
    for (const file of await world.files.list(join(dirname(ref.path), id))) {
      if (file.kind === "file" && file.name.endsWith(".jsonl")) ids.add(basename(file.name, ".jsonl"));
    }
  }
  return [...ids].map((child) => link(child, "subagent"));
}

function link(id: string, relation: SessionLink["relation"]): SessionLink {
  return { id, provider: "gemini", relation };
}
