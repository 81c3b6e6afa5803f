import type { JsonObject, Line, Usage, World } from "casr-cli/provider";
import { messageTokens } from "./estimate.ts";
import { numberAt, objectAt, objectsIn, stringAt, timeOf } from "./json.ts";
import { partKind, storedCall, summaryOf } from "./parts.ts";
import type { Place } from "./source.ts";
import { edgeOf, type Edge } from "./tree.ts";

/** What is known of a stored message without its text. */
export interface MessageFacts {
  kind: "message";
  role: string;
  id?: string;
  /** It holds something to yield. */
  speaks: boolean;
  /** A person's prompt: what is taken back is counted in these. */
  isPrompt: boolean;
  /** It outlives a compaction; with its size in tokens. */
  keptTokens?: number;
  isSummary: boolean;
  /** It is sent as one with its neighbours of the same kind. */
  isJoined: boolean;
  /** It was injected, as what, and for which prompt. */
  variant?: string;
  owner?: string;
}

/** One event of the model's answer. */
export interface EventFacts {
  kind: "begin" | "end" | "part" | "call" | "result";
  /** The step it belongs to; of a result: its call. */
  of: string;
  /** Of a call. */
  callId?: string;
  /** Of a part: it holds something that counts. */
  speaks?: boolean;
  /** The step did not come to its end. */
  isBroken?: boolean;
}

/** A compaction, an undo or a clearing. */
export interface TurnFacts {
  kind: "compaction" | "undo" | "clear";
  /** Of a compaction: it has a summary. */
  speaks?: boolean;
  /** Of an undo: prompts taken back; of an older compaction: messages that the summary replaces. */
  count?: number;
  /** How many of the person's messages were kept, in compactions that keep them. */
  keeps?: number;
}

export type Facts = MessageFacts | EventFacts | TurnFacts;

/** A record that the conversation is made of. `entry` is its line among those that are not blank, from 1. */
export interface JournalRecord extends Place {
  entry: number;
  facts: Facts;
  /** What answered from here on: places in `JournalIndex.models`. */
  model: number;
}

/** A model, and the service that it was asked through. */
export interface ModelFacts {
  name?: string;
  service?: string;
}

/** What was known of a journal when a prompt began. */
export interface PromptStart {
  malformed: number;
  usage: Usage;
}

/** What one pass over a journal tells; small, whatever the file's size. */
export interface JournalIndex {
  path: string;
  records: JournalRecord[];
  edges: Edge[];
  /** Lines of undos that an edge stands for too. */
  pairedUndos: Set<number>;
  models: ModelFacts[];
  /** By the line of a prompt among those that are not blank. */
  starts: Map<number, PromptStart>;
  lines: number;
  firstTime?: number;
  lastTime?: number;
  usage: Usage;
  counts: { total: number; malformed: number };
}

/** Where an index is begun: what stands before that, in figures. */
export interface Beginning {
  /** Bytes. */
  offset: number;
  /** The number of the first line, from 1. */
  line: number;
  /** Lines before it that are not blank. */
  lines: number;
  malformed: number;
  model: ModelFacts;
  usage: Usage;
  firstTime?: number;
}

/** Records of 2.1.0 that the conversation is not made of; told by their first bytes, and not parsed. */
const PASSED_OVER =
  /^\{"type":"(?:llm\.tools_snapshot|profile\.|turn\.|token_counting\.|permission\.|prompt\.)/;

/** The same for a copy of each message that is kept for its screens: the type comes last. */
const COPY_HEAD = '{"message":{';
const COPY_TAIL = '"type":"agent.message.appended"';

const CONTEXT = "context.";

/** Types without a dot, and those of these families, hold settings, figures and copies. */
const KNOWN =
  /^(?:metadata$|forked$|(?:agent|config|cron|file_history|full_compaction|goal|human|interaction|interruptionReminder|llm|mcp|micro_compaction|permission|plan|plan_mode|plugin|profile|prompt|runtime|shell|skill|step|subagent|swarm|swarm_mode|task|background|todo|token_counting|tools|tool|tower|turn|usage|userTool|user_tool|notify|cache|date|session)[._])/;

function isPassedOver(line: Line): boolean {
  const head = Buffer.from(line.bytes.subarray(0, 48)).toString("latin1");
  if (PASSED_OVER.test(head)) return true;
  if (!head.startsWith(COPY_HEAD)) return false;
  return Buffer.from(line.bytes.subarray(-160)).toString("latin1").includes(COPY_TAIL);
}

/** Goes over the lines of a journal once, from `beginning` on. */
export async function indexJournal(path: string, world: World, beginning?: Beginning): Promise<JournalIndex> {
  const index: JournalIndex = {
    path,
    records: [],
    edges: [],
    pairedUndos: new Set(),
    models: [beginning?.model ?? {}],
    starts: new Map(),
    lines: beginning?.lines ?? 0,
    ...(beginning?.firstTime === undefined ? {} : { firstTime: beginning.firstTime }),
    usage: { ...beginning?.usage },
    counts: { total: beginning?.lines ?? 0, malformed: beginning?.malformed ?? 0 },
  };
  const unknown = new Set<string>();
  const from = beginning === undefined ? {} : { start: beginning.offset, firstNumber: beginning.line };
  for await (const line of world.files.lines(path, from)) {
    world.signal.throwIfAborted();
    if (line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
    index.lines += 1;
    index.counts.total += 1;
    if (isPassedOver(line)) continue;
    const record = world.toolkit.parseJsonLine(line, path);
    const type = stringAt(record, "type");
    if (record === undefined) index.counts.malformed += 1;
    if (record === undefined) continue;
    addTime(index, record);
    if (type?.startsWith(CONTEXT) === true) {
      const facts = factsOf(type.slice(CONTEXT.length), record);
      if (facts !== undefined) {
        const place = { offset: line.offset, length: line.bytes.length, line: line.number };
        if (facts.kind === "message" && facts.isPrompt)
          index.starts.set(index.lines, { malformed: index.counts.malformed, usage: { ...index.usage } });
        index.records.push({ ...place, entry: index.lines, facts, model: index.models.length - 1 });
      }
      continue;
    }
    addFacts(index, type, record);
    const known = type !== undefined && KNOWN.test(type);
    const shown = type ?? "";
    if (!known && !unknown.has(shown) && unknown.size < 100) {
      unknown.add(shown);
      const message = `records of type ${JSON.stringify(shown.slice(0, 60))} are not known and left out`;
      world.warn({ code: "unknown-record", message, path, line: line.number });
    }
  }
  return index;
}

function addTime(index: JournalIndex, record: JsonObject): void {
  const time = timeOf(record);
  if (time === undefined) return;
  index.firstTime ??= time;
  index.lastTime = time;
}

function addFacts(index: JournalIndex, type: string | undefined, record: JsonObject): void {
  if (type === "agent.switched") {
    const edge = edgeOf(record, index.lines);
    if (edge === undefined) return;
    index.edges.push(edge);
    const paired = numberAt(record, "legacyUndoLine");
    if (paired !== undefined) index.pairedUndos.add(paired);
  } else if (type === "llm.request") {
    const name = stringAt(record, "model");
    const service = stringAt(record, "provider");
    const last = index.models.at(-1);
    if (name !== last?.name || service !== last?.service)
      index.models.push({
        ...(name === undefined ? {} : { name }),
        ...(service === undefined ? {} : { service }),
      });
  } else if (type === "usage.record") addUsage(index.usage, usageOf(objectAt(record, "usage")));
}

/** Figures of `usage.record` and `step.end`. */
export function usageOf(usage: JsonObject | undefined): Usage {
  const found: Usage = {};
  const add = (key: keyof Usage, value: number | undefined): void => {
    if (value !== undefined && Number.isSafeInteger(value) && value >= 0) found[key] = value;
  };
  add("inputTokens", numberAt(usage, "inputOther"));
  add("outputTokens", numberAt(usage, "output"));
  add("cacheReadTokens", numberAt(usage, "inputCacheRead"));
  add("cacheWriteTokens", numberAt(usage, "inputCacheCreation"));
  return found;
}

function addUsage(sum: Usage, more: Usage): void {
  for (const key of Object.keys(more) as (keyof Usage)[]) sum[key] = (sum[key] ?? 0) + more[key]!;
}

function factsOf(type: string, record: JsonObject): Facts | undefined {
  switch (type) {
    case "append_message":
      return messageFacts(objectAt(record, "message"));
    case "append_loop_event":
      return eventFacts(objectAt(record, "event"));
    case "clear":
      return { kind: "clear" };
    case "undo": {
      const count = numberAt(record, "count") ?? 0;
      return Number.isSafeInteger(count) && count > 0 ? { kind: "undo", count } : undefined;
    }
    case "apply_compaction": {
      const count = numberAt(record, "compactedCount") ?? numberAt(record, "count") ?? 0;
      const keeps = record["legacyTail"] === true ? undefined : numberAt(record, "keptUserMessageCount");
      const isTold = summaryOf(record) !== "";
      return { kind: "compaction", count, speaks: isTold, ...(keeps === undefined ? {} : { keeps }) };
    }
    default:
      return undefined;
  }
}

/** Whether a person asked for it: typed, or a skill or command called by its slash (`isUndoAnchorOrigin`). */
function isAsked(origin: JsonObject | undefined): boolean {
  if (origin === undefined || origin["kind"] === "user") return true;
  return (
    (origin["kind"] === "skill_activation" || origin["kind"] === "plugin_command") &&
    origin["trigger"] === "user-slash"
  );
}

function messageFacts(message: JsonObject | undefined): MessageFacts | undefined {
  const role = stringAt(message, "role");
  if (message === undefined || role === undefined) return undefined;
  const origin = objectAt(message, "origin");
  const { content } = message;
  const id = stringAt(message, "id");
  const isInjected = origin?.["kind"] === "injection";
  const owner = stringAt(origin, "ownerPromptId");
  const isOwn = role === "user" && isAsked(origin);
  return {
    kind: "message",
    role,
    ...(id === undefined ? {} : { id }),
    speaks: speaks(role, message),
    isPrompt: isOwn && origin?.["inTurn"] !== true,
    isSummary: origin?.["kind"] === "compaction_summary",
    isJoined: role === "user" && origin?.["kind"] === "user",
    ...(isOwn ? { keptTokens: messageTokens(content) } : {}),
    ...(isInjected ? { variant: stringAt(origin, "variant") ?? "" } : {}),
    ...(isInjected && owner !== undefined ? { owner } : {}),
  };
}

/** Whether a stored message has something to yield. */
function speaks(role: string, message: JsonObject): boolean {
  if (role === "tool") return (stringAt(message, "toolCallId") ?? "") !== "";
  const { content } = message;
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
  const kinds = new Set(parts.map(partKind));
  if (role !== "assistant") return kinds.has("text") || kinds.has("media");
  const hasCalls = objectsIn(message["toolCalls"]).some((call) => storedCall(call) !== undefined);
  return hasCalls || kinds.has("text") || kinds.has("think");
}

function eventFacts(event: JsonObject | undefined): EventFacts | undefined {
  const step = stringAt(event, "stepUuid") ?? stringAt(event, "uuid") ?? "";
  switch (event?.["type"]) {
    case "step.begin":
      return { kind: "begin", of: stringAt(event, "uuid") ?? "" };
    case "step.end": {
      const reason = event["finishReason"];
      return { kind: "end", of: step, isBroken: reason === "interrupted" || reason === "error" };
    }
    case "content.part":
      return { kind: "part", of: step, speaks: /^(?:text|think)$/.test(partKind(event["part"])) };
    case "tool.call": {
      const callId = stringAt(event, "toolCallId");
      const isCall = callId !== undefined && callId !== "" && stringAt(event, "name");
      return isCall ? { kind: "call", of: step, callId } : undefined;
    }
    case "tool.result":
      return { kind: "result", of: stringAt(event, "toolCallId") ?? "" };
    default:
      return undefined;
  }
}
