import type { JsonObject, RecordPlace, World } from "casr-cli/provider";
import { objectAt, objectsIn, stringAt } from "./json.ts";
import { isReminder, STATE_RECORDS } from "./native.ts";

/** A record of the conversation. */
export interface RecordEntry extends RecordPlace {
  kind: "message" | "compaction";
}

/** What one pass over the lines of a session tells; small, whatever the file's size. */
export interface RecordIndex {
  path: string;
  /** Messages and compactions in file order, which is the order Droid takes. */
  entries: RecordEntry[];
  /** The compaction that counts, the last one, and the first entry that stays behind its summary. */
  compaction?: { position: number; keepFrom: number };
  start?: JsonObject;
  /** Where that record stands. */
  startPlace?: RecordPlace;
  firstPrompt?: string;
  model?: string;
  /** Epoch ms. */
  firstTime?: number;
  lastTime?: number;
  records: { total: number; malformed: number };
}

/** The first text of a message that a person typed. */
export function promptOf(record: JsonObject): string | undefined {
  const message = objectAt(record, "message");
  if (message?.["role"] !== "user" || message["visibility"] === "llm_only") return undefined;
  if (
    stringAt(record, "id")?.startsWith("context-") === true ||
    objectAt(record, "casr")?.["origin"] !== undefined
  )
    return undefined;
  const { content } = message;
  const texts =
    typeof content === "string"
      ? [content]
      : objectsIn(content).flatMap((block) =>
          block["type"] === "text" ? [stringAt(block, "text") ?? ""] : [],
        );
  return texts.find((text) => text.trim() !== "" && !isReminder(text));
}

/** Sees every message and compaction that counts, with what was known before it. */
export interface Watcher {
  see(record: JsonObject, kind: RecordEntry["kind"], place: RecordPlace, index: RecordIndex): void;
}

/** Where to begin, with what is known of all before. */
export interface From {
  index: RecordIndex;
  offset: number;
  line: number;
}

/** Goes over a session's lines once, from the beginning or `from` a place. */
export async function indexRecords(
  path: string,
  world: World,
  watcher: Watcher,
  from?: From,
): Promise<RecordIndex> {
  const index: RecordIndex = from?.index ?? { path, entries: [], records: { total: 0, malformed: 0 } };
  const range = from === undefined ? {} : { start: from.offset, firstNumber: from.line };
  const unknown = new Set<string>();
  /** Positions of messages by id; the anchor of a compaction may be any of them. */
  const positions = new Map<string, number>();
  for await (const line of world.files.lines(path, range)) {
    world.signal.throwIfAborted();
    if (line.bytes.length === 0) continue;
    const record = world.toolkit.parseJsonLine(line, path);
    if (record === undefined) {
      if (line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
      index.records.total += 1;
      index.records.malformed += 1;
      continue;
    }
    index.records.total += 1;
    const place = { offset: line.offset, length: line.bytes.length, line: line.number };
    const type = stringAt(record, "type") ?? "";
    if (type === "message") {
      const id = stringAt(record, "id");
      if (id !== undefined) positions.set(id, index.entries.length);
      watcher.see(record, "message", place, index);
      index.entries.push({ kind: "message", ...place });
      addFacts(index, record, world);
    } else if (type === "compaction_state" && (stringAt(record, "summaryText") ?? "") !== "") {
      const position = index.entries.length;
      watcher.see(record, "compaction", place, index);
      index.compaction = { position, keepFrom: keptFrom(record, position, positions) };
      index.entries.push({ kind: "compaction", ...place });
    } else if (type === "session_start") {
      if (index.start === undefined) {
        index.start = record;
        index.startPlace = place;
      }
    } else if (
      !STATE_RECORDS.has(type) &&
      type !== "compaction_state" &&
      !unknown.has(type) &&
      unknown.size < 100
    ) {
      unknown.add(type);
      const message = `records of type ${JSON.stringify(type.slice(0, 60))} are not known and left out`;
      world.warn({ code: "unknown-record", message, path, line: line.number });
    }
  }
  return index;
}

/** What stays behind a summary: all after its anchor; everything when the anchor is not there; else nothing before it. */
function keptFrom(record: JsonObject, position: number, positions: Map<string, number>): number {
  const anchor = stringAt(objectAt(record, "anchorMessage"), "id");
  if (anchor === undefined) return position + 1;
  const found = positions.get(anchor);
  return found === undefined ? 0 : found + 1;
}

function addFacts(index: RecordIndex, record: JsonObject, world: World): void {
  const time = world.toolkit.parseTimestamp(record["timestamp"]);
  if (time !== undefined) {
    index.firstTime ??= time;
    index.lastTime = time;
  }
  const model = modelName(stringAt(objectAt(record, "message"), "modelId"));
  if (model !== undefined) index.model = model;
  if (index.firstPrompt !== undefined) return;
  const prompt = promptOf(record)?.slice(0, 2000);
  if (prompt !== undefined) index.firstPrompt = prompt;
}

/** A model's name without the mark of the person's own models. */
export function modelName(id: string | undefined): string | undefined {
  const name = id?.replace(/^custom:/, "");
  return name === "" ? undefined : name;
}
