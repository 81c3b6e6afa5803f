import type { JsonObject, World } from "casr-cli/provider";
import { Conversation } from "./conversation.ts";
import { SessionFacts } from "./facts.ts";
import { objectOf, stringOf } from "./json.ts";
import { isBlank, recordsOfLine } from "./lines.ts";
import { madeOf, type Made } from "./made.ts";
import { ASIDE, isPlaceholder, isVoid, partsIn, RECORD_TYPES } from "./native.ts";

/** What a record means for the conversation. `other` records only hold the chain together. */
export type RecordKind = "user" | "assistant" | "result" | "compression" | "command" | "other";

/** One record of the chain, as the index knows it. Small: files have many. */
export interface RecordEntry {
  offset: number;
  length: number;
  line: number;
  /** Its place among the records of its line; 0 in a sound line. */
  fragment: number;
  kind: RecordKind;
  uuid: string;
  parent?: string;
  /** Assistant: how many parts it has, and whether one of them voids the turn. */
  parts: number;
  void: boolean;
  /** Assistant: nothing but the placeholder of a failing service. */
  placeholder: boolean;
  /** Digest of the only text of a prompt, or of the command whose answer was the CLI's own. */
  said?: string;
  /** What comes of it; known for prompts, answers and results. */
  made?: Made;
  /** Of a prompt: the records on the lines before its own. */
  prompt?: { total: number; malformed: number };
}

/** Where an index is begun, with what is known of all that stands before. */
export interface Beginning {
  offset: number;
  /** The number of the first line, from 1. */
  line: number;
  total: number;
  malformed: number;
  facts: SessionFacts;
}

/** Everything one pass over a file tells. */
export interface RecordIndex {
  entries: RecordEntry[];
  facts: SessionFacts;
  total: number;
  malformed: number;
}

/**
 * Reads a session file once, from `beginning` on, and remembers where its records are. Damaged lines are warned
 * about and counted.
 */
export async function indexRecords(path: string, world: World, beginning?: Beginning): Promise<RecordIndex> {
  const { total = 0, malformed = 0, facts = new SessionFacts(world.toolkit) } = beginning ?? {};
  const index: RecordIndex = { entries: [], facts, total, malformed };
  const unknown = new Set<string>();
  // What is wrong with a part is told when the messages are asked for.
  const silent = world.toolkit.quiet(world);
  const range = beginning === undefined ? {} : { start: beginning.offset, firstNumber: beginning.line };
  for await (const line of world.files.lines(path, range)) {
    if (isBlank(line)) continue;
    const { records, damaged } = recordsOfLine(line, path, world);
    const before = { total: index.total, malformed: index.malformed };
    index.total += Math.max(records.length, 1);
    if (damaged) index.malformed += 1;
    records.forEach((record, fragment) => {
      const entry = entryOf(record, world);
      if (typeof entry === "object") {
        index.facts.add(record);
        const { offset, number } = line;
        const placed: RecordEntry = { ...entry, offset, length: line.bytes.length, line: number, fragment };
        note(placed, record, path, silent, before);
        index.entries.push(placed);
      } else if (entry !== undefined && !unknown.has(entry)) {
        unknown.add(entry);
        const message = `${entry} was left out`;
        world.warn({ code: "unknown-record", message, path, line: line.number });
      }
    });
  }
  return index;
}

/** Notes what comes of a record, and whether a turn begins with it. `before` counts the records on earlier lines. */
function note(
  entry: RecordEntry,
  record: JsonObject,
  path: string,
  silent: World,
  before: { total: number; malformed: number },
): void {
  if (entry.kind === "other" || entry.kind === "command" || entry.kind === "compression") return;
  entry.made = madeOf(Conversation.alone(path, silent).turn(entry, record, true));
  const isPrompt =
    entry.kind === "user" &&
    entry.fragment === 0 &&
    record["subtype"] === undefined &&
    entry.made.messages > 0 &&
    entry.made.answers.length === 0;
  if (isPrompt) entry.prompt = before;
}

type Described = Pick<RecordEntry, "kind" | "uuid" | "parent" | "parts" | "void" | "placeholder" | "said">;

/** What the index keeps of a record; a description of one Qwen Code skips, undefined where that is as usual. */
function entryOf(record: JsonObject, world: World): Described | string | undefined {
  const uuid = stringOf(record, "uuid");
  const { parentUuid, type, subtype } = record;
  if (typeof subtype === "string" && ASIDE.has(subtype)) return undefined;
  // casr's own notes, and whatever else has no identity.
  if (uuid === undefined || uuid === "")
    return record["casr"] === undefined ? "a record without uuid" : undefined;
  if (typeof type !== "string" || !RECORD_TYPES.has(type))
    return `a record of type ${JSON.stringify(type ?? null).slice(0, 60)}`;
  if (parentUuid !== null && typeof parentUuid !== "string") return "a record without parentUuid";
  const kind = kindOf(record, type);
  const parts = kind === "assistant" ? partsIn(record["message"]) : [];
  const said = saidBy(record, kind);
  return {
    kind,
    uuid,
    ...(parentUuid === null || parentUuid === "" ? {} : { parent: parentUuid }),
    parts: parts.length,
    void: parts.some(isVoid),
    placeholder: isPlaceholder(parts),
    ...(said === undefined ? {} : { said: world.toolkit.sha256(said).slice(0, 16) }),
  };
}

function kindOf(record: JsonObject, type: string): RecordKind {
  const { subtype } = record;
  if (type === "system") {
    const payload = objectOf(record, "systemPayload");
    if (subtype === "chat_compression")
      return Array.isArray(payload?.["compressedHistory"]) ? "compression" : "other";
    return subtype === "slash_command" ? "command" : "other";
  }
  // What was said aloud stays in the transcript; the model of the chat never hears of it.
  if (subtype === "realtime_message" || objectOf(record, "message") === undefined) return "other";
  // The role decides what the model takes it for: a result's record is a user's.
  if (type === "assistant") return "assistant";
  return type === "tool_result" ? "result" : "user";
}

/**
 * The text by which a prompt is recognised that the CLI answered itself: it stands in the prompt's only part
 * and, when all of the answer is the CLI's own, in the result of the command (0.24.4, `SessionApiHistoryAccumulator`).
 */
function saidBy(record: JsonObject, kind: RecordKind): string | undefined {
  if (kind === "user" && record["subtype"] === undefined) {
    const [part, ...more] = partsIn(record["message"]);
    if (part === undefined || more.length > 0 || Object.keys(part).length !== 1) return undefined;
    return stringOf(part, "text");
  }
  if (kind !== "command") return undefined;
  const payload = objectOf(record, "systemPayload");
  const items = payload?.["outputHistoryItems"];
  if (payload?.["phase"] !== "result" || payload["sentToModel"] === true || !Array.isArray(items))
    return undefined;
  const own = items.length > 0 && items.every((item) => stringOf(item, "type") === "assistant");
  return own ? stringOf(payload, "rawCommand") : undefined;
}
