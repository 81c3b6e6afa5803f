import type { JsonObject, JsonValue, ReadingMark, RecordPlace, World } from "casr-cli/provider";
import { isJsonObject, numberAt, objectsIn, objectAt, stringAt } from "./json.ts";
import { Conversation } from "./messages.ts";
import { promptOf, type RecordIndex } from "./records.ts";

/** A prompt that answers no call: whatever was open before it is closed by it. */
function startsTurn(record: JsonObject): boolean {
  if (promptOf(record) === undefined) return false;
  const content = objectAt(record, "message")?.["content"];
  return !objectsIn(content).some((block) => block["type"] === "tool_result");
}

/** Follows the records of a session and keeps the place of the last prompt, with what is known before it. */
export class MarkKeeper {
  readonly #conversation: Conversation;
  #messages: number;
  #entries = 0;
  #mark: (ReadingMark & { entry: number }) | undefined;

  /** `messages` are those before the first record that is seen. */
  constructor(path: string, messages: number, world: World) {
    // What is wrong with a record is told when its messages are asked for.
    this.#conversation = new Conversation(path, { toolkit: world.toolkit, warn: () => {} });
    this.#messages = messages;
  }

  /** Takes the next message or compaction. `index` is what was known before it. */
  see(record: JsonObject, kind: "message" | "compaction", place: RecordPlace, index: RecordIndex): void {
    if (kind === "message" && startsTurn(record)) {
      const state = stateOf(index, place);
      this.#mark = { messages: this.#messages, offset: place.offset, state, entry: this.#entries };
    }
    this.#entries += 1;
    this.#messages += kind === "compaction" ? 1 : this.#conversation.push(record, place.line).length;
  }

  /** The mark; none when a compaction behind it has changed what stands before. */
  markOf(index: RecordIndex): ReadingMark | undefined {
    if (this.#mark === undefined) return undefined;
    const { entry, ...mark } = this.#mark;
    if (index.compaction === undefined) return mark;
    const { position, keepFrom } = index.compaction;
    if (position >= entry) return undefined;
    // Older summaries among what the last one keeps are not given again.
    const dropped = index.entries.slice(keepFrom, position).filter(({ kind }) => kind === "compaction");
    return { ...mark, messages: mark.messages - dropped.length };
  }
}

/** What is known of all before a record; `total` does not count it. */
function stateOf(index: RecordIndex, { line }: RecordPlace): JsonValue {
  const { startPlace, firstPrompt, model, firstTime, lastTime, records } = index;
  return {
    line,
    total: records.total - 1,
    malformed: records.malformed,
    ...(startPlace === undefined
      ? {}
      : { start: { offset: startPlace.offset, length: startPlace.length, line: startPlace.line } }),
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
    ...(model === undefined ? {} : { model }),
    ...(firstTime === undefined ? {} : { firstTime }),
    ...(lastTime === undefined ? {} : { lastTime }),
  };
}

/** The index of a session up to a mark, and the number of the line at it; undefined for a mark that is none of ours. */
export function indexAt(path: string, state: JsonValue): { index: RecordIndex; line: number } | undefined {
  if (!isJsonObject(state)) return undefined;
  const [line, total, malformed] = ["line", "total", "malformed"].map((key) => numberAt(state, key));
  if (line === undefined || total === undefined || malformed === undefined) return undefined;
  const index: RecordIndex = { path, entries: [], records: { total, malformed } };
  const start = objectAt(state, "start");
  const [offset, length, at] = ["offset", "length", "line"].map((key) => numberAt(start, key));
  if (offset !== undefined && length !== undefined && at !== undefined)
    index.startPlace = { offset, length, line: at };
  for (const key of ["firstPrompt", "model"] as const) {
    const value = stringAt(state, key);
    if (value !== undefined) index[key] = value;
  }
  for (const key of ["firstTime", "lastTime"] as const) {
    const value = numberAt(state, key);
    if (value !== undefined) index[key] = value;
  }
  return { index, line };
}
