import type {
  History,
  JsonObject,
  Message,
  Reader,
  SessionHeader,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { copyHead, copyMessages, membersOfCopy } from "./copy-read.ts";
import { detect, discover, identify, locate, summarize } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { describe, link, relatives } from "./header.ts";
import { isThreadId, SLUG } from "./native.ts";
import { Conversation } from "./messages.ts";
import { messagesIn, openThread, type Facts, type Thread } from "./thread.ts";

/** Looks through the thread once; messages are parsed one by one when they are asked for. */
async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  if (ref.path.endsWith(".jsonl")) return readCopy(ref, world);
  const thread = await openThread(ref.path, world);
  return {
    header: headerOf(ref, thread, world),
    messages: ({ history }) => messagesOf(thread, history, world),
    records: thread.records,
  };
}

/** A copy for Amp's import has no turns that are no longer sent: both histories are the same. */
async function readCopy(ref: SessionRef, world: World): Promise<SessionReading> {
  const head = await copyHead(ref.path, world);
  if (head === undefined) throw unreadable(ref.path, "it is no copy casr made for Amp's import");
  const facts: Facts = { answered: new Set(), summaryAt: -1, children: [] };
  const records = { total: 0, malformed: 0 };
  for await (const message of copyMessages(ref.path, world, records)) {
    facts.startedAt ??= message.timestamp;
    facts.endedAt = message.timestamp ?? facts.endedAt;
    if (message.origin === "person") facts.firstPrompt ??= textIn(message);
  }
  return {
    header: headerOf(ref, { members: membersOfCopy(head), facts }, world),
    messages: () => copyMessages(ref.path, world),
    records,
  };
}

function textIn(message: Message): string | undefined {
  const first = message.content.find((block) => block.type === "text");
  return first?.type === "text" ? first.text : undefined;
}

async function* messagesOf(thread: Thread, history: History, world: World): AsyncIterable<Message> {
  const { summaryAt, answered } = thread.facts;
  const version = describe(thread.members, world).agentVersion;
  const conversation = new Conversation(thread.path, { answered, version }, world);
  for await (const { message, position } of messagesIn(thread, world)) {
    const inContext = position >= summaryAt;
    if (inContext || history === "full") yield* conversation.push(message, inContext);
  }
}

/** Members that have a place of their own in a header. */
const PLACED = new Set(["id", "title", "created", "env", "casr", "mainThreadID", "relationships"]);

function headerOf(ref: SessionRef, thread: Pick<Thread, "members" | "facts">, world: World): SessionHeader {
  const { members, facts } = thread;
  const described = describe(members, world);
  const { archived: _archived, title: name, ...known } = described;
  const title = name ?? world.toolkit.titleFrom(facts.firstPrompt ?? "");
  const model = facts.model ?? described.model;
  const startedAt = described.startedAt ?? facts.startedAt;
  const subagents = [...new Set(facts.children)].filter(isThreadId).map((id) => link(id, "subagent"));
  const children = [...subagents, ...relatives(members, "parent")];
  const metadata: JsonObject = {};
  for (const [key, value] of Object.entries(members)) if (!PLACED.has(key)) metadata[key] = value;
  return {
    ...known,
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(facts.endedAt === undefined ? {} : { endedAt: facts.endedAt }),
    ...(model === undefined ? {} : { model }),
    ...(children.length === 0 ? {} : { children }),
    metadata,
    sourcePath: ref.path,
  };
}

/** Reads the threads Amp kept on disk until April 2026, and what `amp threads export` prints. */
export const reader: Reader = { detect, discover, locate, identify, summarize, read };
