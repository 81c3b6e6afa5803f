import type { JsonObject, JsonValue, ReadingMark, Usage } from "casr-cli/provider";
import type { Folded, Item } from "./fold.ts";
import type { Beginning, JournalIndex } from "./journal.ts";
import { isJsonObject, numberAt, objectAt, stringAt } from "./json.ts";
import { MADE_ANEW } from "./native.ts";

/** Whether an item of the full history becomes a message. */
function isYielded(item: Item): boolean {
  if (item.kind === "summary")
    return item.record.facts.kind === "compaction" && item.record.facts.speaks === true;
  if (item.kind !== "message") return true;
  const { speaks, variant } = item.facts;
  return speaks && (variant === undefined || !MADE_ANEW.has(variant));
}

/**
 * Where a journal can be read on from: its last turn. None where a step back was taken: what is injected for a prompt
 * can come back with it. `before` counts the messages in front of what was read.
 */
export function markOf(
  index: JournalIndex,
  { full, turn }: Folded,
  title: string | undefined,
  before = 0,
): ReadingMark | undefined {
  const start = turn === undefined ? undefined : index.starts.get(turn.record.entry);
  if (turn === undefined || start === undefined || index.edges.length > 0) return undefined;
  const { record, at } = turn;
  const { name, service } = index.models[record.model] ?? {};
  const state: JsonObject = {
    line: record.line,
    lines: record.entry - 1,
    malformed: start.malformed,
    usage: { ...start.usage } as JsonObject,
    ...(name === undefined ? {} : { model: name }),
    ...(service === undefined ? {} : { service }),
    ...(index.firstTime === undefined ? {} : { firstTime: index.firstTime }),
    ...(title === undefined ? {} : { title }),
  };
  return { messages: before + full.slice(0, at).filter(isYielded).length, offset: record.offset, state };
}

/** What a mark says of all that stands before it; undefined where it is none of this reader's. */
export function beginningAt({
  offset,
  state,
}: {
  offset: number;
  state: JsonValue;
}): { beginning: Beginning; title?: string } | undefined {
  if (!isJsonObject(state)) return undefined;
  const line = numberAt(state, "line");
  const lines = numberAt(state, "lines");
  const malformed = numberAt(state, "malformed");
  if (line === undefined || lines === undefined || malformed === undefined) return undefined;
  const name = stringAt(state, "model");
  const service = stringAt(state, "service");
  const firstTime = numberAt(state, "firstTime");
  const title = stringAt(state, "title");
  const beginning: Beginning = {
    offset,
    line,
    lines,
    malformed,
    usage: (objectAt(state, "usage") ?? {}) as Usage,
    model: {
      ...(name === undefined ? {} : { name }),
      ...(service === undefined ? {} : { service }),
    },
    ...(firstTime === undefined ? {} : { firstTime }),
  };
  return { beginning, ...(title === undefined ? {} : { title }) };
}

/** Whether the end of a journal leaves what stands before it as it was: nothing compacted, cleared or taken back. */
export function onlyGrows({ records, edges }: JournalIndex): boolean {
  return (
    edges.length === 0 &&
    records.every(({ facts: { kind } }) => kind !== "compaction" && kind !== "clear" && kind !== "undo")
  );
}
