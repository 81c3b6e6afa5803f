import type { JsonObject, Line, RecordPlace, Usage, World } from "casr-cli/provider";
import { factsOf, type Facts } from "./facts.ts";
import { numberAt, objectAt, stringAt, timeOf } from "./json.ts";
import { edgeOf, type Edge } from "./tree.ts";

/** A record that the conversation is made of. `entry` is its line among those that are not blank, from 1. */
export interface JournalRecord extends RecordPlace {
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
