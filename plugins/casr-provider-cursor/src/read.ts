import type {
  History,
  Message,
  Reader,
  SessionHeader,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { agentFacts } from "./agent-discover.ts";
import { AgentMessages } from "./agent-read.ts";
import { AgentStore } from "./agent-store.ts";
import { detect, discover, identify, layoutOf, locate, summarize } from "./discover.ts";
import { editorDigest, editorMessages, openEditor, openSession } from "./editor-session.ts";
import { unreadable } from "./faults.ts";
import { isObject, objectOf, stringOf } from "./json.ts";
import { defined, lineageOf } from "./mark.ts";
import { modelName, SLUG, USABLE_ID } from "./native.ts";
import { summarizeTranscript, transcriptMessages, transcriptRecords } from "./transcript.ts";

async function openAgent(ref: SessionRef, world: World): Promise<AgentStore> {
  const store = await AgentStore.open(ref.path, world);
  if (store === undefined) throw unreadable(`${ref.path} is no chat of cursor-agent`, ref.path);
  return store;
}

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const layout = layoutOf(ref.path);
  if (layout === "agent") return readAgent(ref, world);
  return layout === "transcript" ? readTranscript(ref, world) : readEditor(ref, world);
}

const link = (id: string, relation: "subagent") => ({ id, provider: SLUG, relation });

async function readEditor(ref: SessionRef, world: World): Promise<SessionReading> {
  const store = await openEditor(ref, world);
  try {
    const session = openSession(store, ref.id);
    const summary = await summarize(ref, world);
    const { data } = session;
    const children = [data["subagentComposerIds"], data["subComposerIds"]].flatMap((ids) =>
      Array.isArray(ids) ? ids.filter((id) => typeof id === "string" && USABLE_ID.test(id)) : [],
    ) as string[];
    const parent = stringOf(objectOf(data, "subagentInfo"), "parentComposerId");
    const header = defined<SessionHeader>({
      id: ref.id,
      provider: SLUG,
      title: summary.title,
      nativeName: summary.nativeName,
      workspace: summary.workspace,
      git: summary.gitBranch === undefined ? undefined : { branch: summary.gitBranch },
      startedAt: summary.startedAt,
      endedAt: summary.lastActiveAt,
      model: modelName(objectOf(data, "modelConfig")?.["modelName"]) ?? summary.model,
      agentVersion: undefined,
      usage: undefined,
      parent: parent === undefined ? undefined : link(parent, "subagent"),
      children: children.length === 0 ? undefined : [...new Set(children)].map((id) => link(id, "subagent")),
      lineage: lineageOf(data["casr"], world) ?? summary.lineage,
      metadata: Object.fromEntries(
        ["_v", "unifiedMode", "status", "isAgentic"].flatMap((name) =>
          data[name] === undefined || isObject(data[name]) ? [] : [[name, data[name]]],
        ),
      ),
      sourcePath: ref.path,
    });
    const messages = ({ history }: { history: History }): AsyncIterable<Message> =>
      editorMessages(ref, session, history, world);
    return { header, records: session.records, messages };
  } finally {
    store.close();
  }
}

async function readAgent(ref: SessionRef, world: World): Promise<SessionReading> {
  const store = await openAgent(ref, world);
  try {
    const places = store.places(world);
    let malformed = 0;
    for (const place of places) if (store.message(place) === undefined) malformed += 1;
    if (malformed > 0) {
      const message = `${malformed} of ${places.length} messages are missing or damaged`;
      world.warn({ code: "bad-record", message, path: ref.path });
    }
    if (places.length === malformed) throw unreadable(`no message of ${ref.path} can be read`, ref.path);
    const facts = await agentFacts(store, world);
    const header = defined<SessionHeader>({
      id: ref.id,
      provider: SLUG,
      title: facts.title,
      nativeName: facts.nativeName,
      workspace: facts.workspace,
      git: undefined,
      startedAt: facts.startedAt,
      endedAt: facts.updatedAt,
      model: facts.model,
      agentVersion: undefined,
      usage: undefined,
      parent: facts.parentId === undefined ? undefined : link(facts.parentId, "subagent"),
      children: undefined,
      lineage: lineageOf(facts.mark, world),
      metadata: facts.mode === undefined ? {} : { mode: facts.mode },
      sourcePath: ref.path,
    });
    const records = { total: places.length, malformed };
    return { header, records, messages: () => agentMessages(ref, world) };
  } finally {
    store.close();
  }
}

/** What the root lists is what the model gets; older text is in no form that could be told from it. */
async function* agentMessages(ref: SessionRef, world: World): AsyncIterable<Message> {
  const store = await openAgent(ref, world);
  try {
    const messages = new AgentMessages(ref.path, world);
    for (const place of store.places(world.toolkit.quiet(world))) {
      world.signal.throwIfAborted();
      const record = store.message(place);
      if (record !== undefined) yield* messages.of(record);
    }
  } finally {
    store.close();
  }
}

async function readTranscript(ref: SessionRef, world: World): Promise<SessionReading> {
  const records = await transcriptRecords(ref.path, world);
  if (records.total === records.malformed) throw unreadable(`${ref.path} is no transcript`, ref.path);
  const { title } = await summarizeTranscript(ref, world);
  const message = "a transcript lacks the tools' answers: they are in the stores of Cursor alone";
  world.warn({ code: "incomplete-session", message, path: ref.path });
  return {
    header: {
      id: ref.id,
      provider: SLUG,
      ...(title === undefined ? {} : { title }),
      metadata: {},
      sourcePath: ref.path,
    },
    records,
    messages: () => transcriptMessages(ref.path, world),
  };
}

async function digest(ref: SessionRef, world: World): Promise<string> {
  const layout = layoutOf(ref.path);
  const { sha256 } = world.toolkit;
  if (layout === "editor") {
    const store = await openEditor(ref, world);
    try {
      return editorDigest(store, ref.id, world);
    } finally {
      store.close();
    }
  }
  if (layout === "agent") {
    const store = await openAgent(ref, world);
    try {
      // The root is named by the digest of all it leads to.
      const places = store.places(world).map((place) => ("id" in place ? place.id : `row ${place.rowid}`));
      return sha256([ref.id, ...places].join("\n"));
    } finally {
      store.close();
    }
  }
  let sum = sha256(ref.id);
  for await (const line of world.files.lines(ref.path)) sum = sha256(sum + sha256(line.bytes));
  return sum;
}

/** Reads the sessions of the editor (0.4x to 3.16) and of `cursor-agent` (2025-11 to 2026-09). */
export const reader: Reader = { detect, discover, locate, identify, summarize, digest, read };
