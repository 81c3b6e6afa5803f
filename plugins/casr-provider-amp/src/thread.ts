import type { JsonObject, World } from "casr-cli/provider";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import { blocksOf, summaryOf } from "./native.ts";
import { outlineOf, valueAt, type Outline } from "./outline.ts";
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
  outline: Outline;
  /** Members of the document but `messages`. */
  members: JsonObject;
  facts: Facts;
  records: { total: number; malformed: number };
}

/** Members that are long and say nothing a reader needs. */
const SKIPPED = new Set(["usageLedger", "~debug", "meta"]);
const LONGEST_MEMBER = 8 * 1024 * 1024;

/** Opens a thread file. Throws `source-unreadable` when it holds no message. */
export async function openThread(path: string, world: World): Promise<Thread> {
  const outline = await outlineOf(path, world);
  if (outline === undefined) throw unreadable(path, "it holds no JSON object");
  const { members, malformed } = await membersOf(path, outline, world);
  const thread: Thread = {
    path,
    outline,
    members,
    facts: { answered: new Set(), summaryAt: -1, children: [] },
    records: { total: outline.messages.length + outline.members.size, malformed },
  };
  let usable = 0;
  for await (const { message, position } of messagesIn(thread, world, true)) {
    usable += 1;
    look(message, position, thread.facts, world);
  }
  if (outline.torn) {
    thread.records.malformed += 1;
    world.warn({ code: "torn-file", message: "the file ends in the middle; what is whole was read", path });
  }
  if (usable === 0 && (outline.torn || thread.records.malformed > 0))
    throw unreadable(path, "none of its messages can be read");
  return thread;
}

async function membersOf(
  path: string,
  outline: Outline,
  world: World,
): Promise<{ members: JsonObject; malformed: number }> {
  const members: JsonObject = {};
  let malformed = 0;
  for (const [key, span] of outline.members) {
    if (SKIPPED.has(key) || span.end - span.start > LONGEST_MEMBER) continue;
    const value = await valueAt(path, span, world);
    if (value !== undefined) members[key] = value;
    else {
      malformed += 1;
      world.warn({ code: "bad-member", message: `the member ${key.slice(0, 60)} is not JSON`, path });
    }
  }
  return { members, malformed };
}

/** The messages in order. With `counting`, damaged ones are told of and counted. */
export async function* messagesIn(
  thread: Thread,
  world: World,
  counting = false,
): AsyncIterable<{ message: JsonObject; position: number }> {
  const { path, outline, records } = thread;
  for (const [position, span] of outline.messages.entries()) {
    world.signal.throwIfAborted();
    const message = await valueAt(path, span, world);
    if (isObject(message)) yield { message, position };
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
