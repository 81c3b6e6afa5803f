import type { JsonObject, RecordPlace, World } from "casr-cli/provider";
import { numberAt, objectAt, objectsIn, stringAt } from "./json.ts";
import { STATE_ENTRIES } from "./native.ts";

/** An entry of the tree. */
export interface Entry extends RecordPlace {
  kind: "message" | "compaction" | "edit" | "state";
  /** Of an edit: the entry that is sent in another form from there on, by id. */
  target?: string;
  /** Its parent, by id; undefined for a root. */
  parent?: string;
  /** A record nobody knows that names no place in the tree, as every entry of Pi does: it is not where Pi goes on. */
  isLoose?: true;
}

/** What is known of the entries before a prompt; times in epoch ms. */
export interface KnownFacts {
  /** Lines, and those of them that are damaged. */
  total: number;
  malformed: number;
  name?: string;
  firstPrompt?: string;
  model?: string;
  firstTime?: number;
  lastTime?: number;
}

/** Where an index begins that does not begin with the first line: at a prompt. */
export interface IndexStart {
  /** Bytes. */
  offset: number;
  /** The number of its line, from 1. */
  line: number;
  /** How many messages stand before it. */
  messages: number;
  head: JsonObject;
  facts: KnownFacts;
  /** Ends of the ids that the entries before have or name. */
  ids: ReadonlySet<string>;
  /** Calls before it that have no result. */
  open: ReadonlySet<string>;
}

/** What one pass over the lines of a session tells; small, whatever the file's size. */
export interface EntryIndex {
  path: string;
  entries: Entry[];
  /** The last entry of each id, which is the one Pi takes. */
  byId: Map<string, number>;
  /** What each compaction keeps before itself: an entry's id, or its place in a file without ids. */
  kept: Map<number, string | number>;
  /** Files of version 1 have no ids: each entry follows the one before it. */
  isLinear: boolean;
  head?: JsonObject;
  /** The name given last; empty once it was taken away. */
  name?: string;
  firstPrompt?: string;
  model?: string;
  /** Epoch ms. */
  firstTime?: number;
  lastTime?: number;
  records: { total: number; malformed: number };
  /** What is known before each prompt, by position. */
  prompts: Map<number, KnownFacts>;
  /** Where the index begins; undefined for the first line. */
  start?: IndexStart;
  /** A call before the beginning has its result here. */
  answersBefore?: true;
}

const CONVERSATION = new Set(["message", "custom_message", "branch_summary"]);

/** The first text of a message that a person typed. */
export function promptOf(entry: JsonObject): string | undefined {
  const message = objectAt(entry, "message");
  if (message?.["role"] !== "user" || objectAt(entry, "casr")?.["origin"] !== undefined) return undefined;
  const { content } = message;
  const texts =
    typeof content === "string"
      ? [content]
      : objectsIn(content).flatMap((block) =>
          block["type"] === "text" ? [stringAt(block, "text") ?? ""] : [],
        );
  return texts.find((text) => text.trim() !== "");
}

/** The time of an entry: that of its message, else its own. */
export function timeOf(entry: JsonObject, world: World): number | undefined {
  const { parseTimestamp } = world.toolkit;
  return parseTimestamp(objectAt(entry, "message")?.["timestamp"]) ?? parseTimestamp(entry["timestamp"]);
}

/** Goes over a session's lines once, or over those from `start` on. */
export async function indexEntries(path: string, world: World, start?: IndexStart): Promise<EntryIndex> {
  const { total, malformed, ...facts } = start?.facts ?? { total: 0, malformed: 0 };
  const index: EntryIndex = {
    path,
    entries: [],
    byId: new Map(),
    kept: new Map(),
    isLinear: false,
    records: { total, malformed },
    prompts: new Map(),
    ...(start === undefined ? {} : { start, head: start.head }),
    ...facts,
  };
  const from = start === undefined ? {} : { start: start.offset, firstNumber: start.line };
  const unknown = new Set<string>();
  /** Entries of a file without ids count from its first line. */
  const places = new Map<number, number>();
  let ids = 0;
  for await (const line of world.files.lines(path, from)) {
    world.signal.throwIfAborted();
    if (line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
    const record = world.toolkit.parseJsonLine(line, path);
    index.records.total += 1;
    if (record === undefined) {
      index.records.malformed += 1;
      continue;
    }
    const type = stringAt(record, "type") ?? "";
    if (type === "session") {
      index.head ??= record;
      continue;
    }
    const known =
      CONVERSATION.has(type) || type === "compaction" || type === "context_edit" || STATE_ENTRIES.has(type);
    if (!known && !unknown.has(type) && unknown.size < 100) {
      unknown.add(type);
      const message = `entries of type ${JSON.stringify(type.slice(0, 60))} are not known and left out`;
      world.warn({ code: "unknown-record", message, path, line: line.number });
    }
    const position = index.entries.length;
    const id = stringAt(record, "id");
    if (id !== undefined) {
      ids += 1;
      index.byId.set(id, position);
    }
    places.set(index.records.total - index.records.malformed - 1, position);
    const parent = stringAt(record, "parentId");
    index.entries.push({
      kind: kindOf(type),
      ...(type === "context_edit" ? { target: stringAt(record, "targetId") ?? "" } : {}),
      ...(parent === undefined || parent === "" ? {} : { parent }),
      ...(known || record["parentId"] !== undefined ? {} : { isLoose: true }),
      offset: line.offset,
      length: line.bytes.length,
      line: line.number,
    });
    if (type === "compaction") {
      const kept = stringAt(record, "firstKeptEntryId") ?? numberAt(record, "firstKeptEntryIndex");
      if (kept !== undefined) index.kept.set(position, kept);
    }
    if (promptOf(record) !== undefined) index.prompts.set(position, factsBefore(index));
    if (start?.open.has(answeredCall(record) ?? "") === true) index.answersBefore = true;
    addFacts(index, record, type, world);
  }
  // A mark is set only where a file has ids.
  index.isLinear = (ids === 0 && start === undefined) || (numberAt(index.head, "version") ?? 1) < 2;
  for (const [position, kept] of index.kept)
    if (typeof kept === "number") {
      const place = places.get(kept);
      if (place === undefined) index.kept.delete(position);
      else index.kept.set(position, place);
    }
  return index;
}

/** What is known before the line that was read last. */
function factsBefore(index: EntryIndex): KnownFacts {
  const { records, name, firstPrompt, model, firstTime, lastTime } = index;
  return {
    total: records.total - 1,
    malformed: records.malformed,
    ...(name === undefined ? {} : { name }),
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
    ...(model === undefined ? {} : { model }),
    ...(firstTime === undefined ? {} : { firstTime }),
    ...(lastTime === undefined ? {} : { lastTime }),
  };
}

/** The call that an entry is the result of. */
function answeredCall(record: JsonObject): string | undefined {
  const message = objectAt(record, "message");
  return message?.["role"] === "toolResult" ? stringAt(message, "toolCallId") : undefined;
}

function kindOf(type: string): Entry["kind"] {
  if (CONVERSATION.has(type)) return "message";
  if (type === "compaction") return "compaction";
  return type === "context_edit" ? "edit" : "state";
}

function addFacts(index: EntryIndex, record: JsonObject, type: string, world: World): void {
  const time = timeOf(record, world);
  if (time !== undefined) {
    index.firstTime ??= time;
    index.lastTime = time;
  }
  if (type === "session_info") index.name = (stringAt(record, "name") ?? "").trim().slice(0, 2000);
  const model = modelOf(record);
  if (model !== undefined) index.model = model;
  const prompt = index.firstPrompt === undefined ? promptOf(record)?.slice(0, 2000) : undefined;
  if (prompt !== undefined) index.firstPrompt = prompt;
}

/** The model an entry names. */
export function modelOf(record: JsonObject): string | undefined {
  const message = objectAt(record, "message");
  const model =
    record["type"] === "model_change"
      ? stringAt(record, "modelId")
      : message?.["role"] === "assistant"
        ? stringAt(message, "model")
        : undefined;
  return model === "" || model === NO_MODEL ? undefined : model;
}

/** Stands where casr knows no model. */
export const NO_MODEL = "unknown";

/** Positions from the root to the last entry of the tree, which is where Pi goes on. */
export function branchOf(index: EntryIndex): number[] {
  const { entries, byId } = index;
  if (index.isLinear) return entries.map((_, position) => position);
  const path: number[] = [];
  const seen = new Set<number>();
  let current: number | undefined = entries.findLastIndex(({ isLoose }) => isLoose !== true);
  while (current !== undefined && current >= 0 && !seen.has(current)) {
    seen.add(current);
    path.push(current);
    const { parent }: Entry = entries[current]!;
    const found: number | undefined = parent === undefined ? undefined : byId.get(parent);
    // A damaged line may have been the parent: what stands before it then is all there is to go on with.
    const isLost: boolean = parent !== undefined && found === undefined && index.records.malformed > 0;
    current = isLost ? (current as number) - 1 : found;
  }
  return path.reverse();
}
