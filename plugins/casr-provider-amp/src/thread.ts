import type { JsonDocument, JsonObject, JsonValue, World } from "casr-cli/provider";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import { blocksOf, summaryOf } from "./native.ts";
import { unreadable } from "./faults.ts";

/** What one run through a thread's messages tells; small, whatever the messages hold. */
export interface Facts {
  /** Calls that have a run somewhere. */
  answered: Set<string>;
  /** Position of the last summary: what is before it is not sent. */
  summaryAt: number;
  firstPrompt?: string | undefined;
  /** The model of the last answer. */
  model?: string;
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  /** Threads of subagents that calls started. */
  children: string[];
}

/** A thread that was looked through once. */
export interface Thread {
  path: string;
  document: JsonDocument;
  /** Members of the document but `messages`. */
  members: JsonObject;
  facts: Facts;
  records: { total: number; malformed: number };
}

/** The messages of a thread file. */
export const MESSAGES = "messages";

/** Members that are long and say nothing a reader needs. */
const SKIPPED = new Set(["usageLedger", "~debug", "meta"]);
const LONGEST_MEMBER = 8 * 1024 * 1024;

/** Opens a thread file. Throws `source-unreadable` when it holds no message. */
export async function openThread(path: string, world: World): Promise<Thread> {
  const document = await world.files.json(path, { lists: [MESSAGES] });
  if (document?.root !== "object") throw unreadable(path, "it holds no JSON object");
  const count = document.count(MESSAGES) ?? 0;
  const thread: Thread = {
    path,
    document,
    members: await membersOf(document, LONGEST_MEMBER),
    facts: { answered: new Set(), summaryAt: -1, children: [] },
    records: { total: count + document.names.length, malformed: 0 },
  };
  let usable = 0;
  for await (const { message, position } of messagesIn(thread, world, true)) {
    usable += 1;
    look(message, position, thread.facts, world);
  }
  if (!document.complete) thread.records.malformed += 1;
  if (usable === 0 && thread.records.malformed > 0)
    throw unreadable(path, "none of its messages can be read");
  return thread;
}

/** The members of a document that are no longer than `maxBytes` each. */
export async function membersOf(document: JsonDocument, maxBytes: number): Promise<JsonObject> {
  const members: [string, JsonValue][] = [];
  for (const name of document.names) {
    const value = SKIPPED.has(name) ? undefined : await document.member(name, maxBytes);
    if (value !== undefined) members.push([name, value]);
  }
  return Object.fromEntries(members);
}

/** The messages in order. With `counting`, damaged ones are told of and counted. */
export async function* messagesIn(
  thread: Thread,
  world: World,
  counting = false,
): AsyncIterable<{ message: JsonObject; position: number }> {
  const { path, document, records } = thread;
  for await (const { position, value } of document.items(MESSAGES)) {
    world.signal.throwIfAborted();
    if (isObject(value)) yield { message: value, position };
    else if (counting) {
      records.malformed += 1;
      world.warn({ code: "bad-message", message: `message ${position + 1} is not a JSON object`, path });
    }
  }
}

function look(message: JsonObject, position: number, facts: Facts, world: World): void {
  if (summaryOf(message) !== undefined) facts.summaryAt = position;
  const time = timeOf(message, world);
  if (time !== undefined) {
    facts.startedAt ??= time;
    facts.endedAt = Math.max(facts.endedAt ?? time, time);
  }
  const model = stringOf(objectOf(message, "usage"), "model");
  if (model !== undefined) facts.model = model;
  for (const block of blocksOf(message)) {
    const text = stringOf(block, "text");
    if (
      message["role"] === "user" &&
      facts.firstPrompt === undefined &&
      block["type"] === "text" &&
      text?.trim()
    )
      facts.firstPrompt = text;
    if (block["type"] !== "tool_result") continue;
    const run = objectOf(block, "run");
    const id = stringOf(block, "toolUseID");
    if (run === undefined || id === undefined) continue;
    facts.answered.add(id);
    const child = stringOf(run["progress"], "threadID");
    if (child !== undefined) facts.children.push(child);
  }
}

/** When a message was sent or finished, epoch ms; older answers carry no time. */
export function timeOf(message: JsonObject, world: World): number | undefined {
  const { parseTimestamp } = world.toolkit;
  const sent = numberOf(objectOf(message, "meta"), "sentAt") ?? numberOf(objectOf(message, "casr"), "at");
  if (sent !== undefined) return parseTimestamp(sent);
  const stamped = parseTimestamp(stringOf(objectOf(message, "usage"), "timestamp"));
  if (stamped !== undefined) return stamped;
  for (const block of blocksOf(message)) {
    const time = numberOf(block, "startTime");
    if (time !== undefined) return parseTimestamp(time);
  }
  return undefined;
}
