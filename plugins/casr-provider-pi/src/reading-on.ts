import type { JsonObject, ReadingMark } from "casr-cli/provider";
import { branchOf, type Entry, type EntryIndex, type IndexStart, type KnownFacts } from "./entries.ts";
import { isJsonObject, numberAt, objectAt, stringAt } from "./json.ts";
import type { MessagesStart } from "./messages.ts";

/** What would be kept of a session with more entries than this before its mark is not worth it. */
const MOST_IDS = 20_000;
/** A longer first line is not kept. */
const MOST_HEAD_CHARS = 4000;
/** So much is kept of the end of an id: two ids that agree in it only cost a whole reading. */
const ID_CHARS = 6;

const shortened = (id: string): string => id.slice(-ID_CHARS);

/** The last prompt of the branch that Pi goes on with, by position; undefined where something behind it is no addition. */
export function lastPrompt(index: EntryIndex): number | undefined {
  if (index.isLinear || index.head === undefined) return undefined;
  const position = branchOf(index).findLast((at) => index.prompts.has(at));
  if (position === undefined || index.entries.slice(position).some(isRevision)) return undefined;
  return position;
}

function isRevision({ kind }: Entry): boolean {
  return kind === "compaction" || kind === "edit";
}

/** Ends of all ids that the entries before a position have or name. */
function idsBefore(index: EntryIndex, position: number): Set<string> {
  const ids = new Set(index.start?.ids);
  for (const [id, at] of index.byId) if (at < position) ids.add(shortened(id));
  for (const { parent, target } of index.entries.slice(0, position + 1)) {
    if (parent !== undefined) ids.add(shortened(parent));
    if (target !== undefined) ids.add(shortened(target));
  }
  for (const kept of index.kept.values()) if (typeof kept === "string") ids.add(shortened(kept));
  return ids;
}

/**
 * The mark at the prompt at `position`; `messages` is what was given before it, `open` the calls without a result.
 * Undefined where too much would have to be kept, or where the entries before name the prompt.
 */
export function markAt(
  index: EntryIndex,
  position: number,
  { messages, open: openSince }: MessagesStart,
): ReadingMark | undefined {
  const { head, entries, byId } = index;
  const { offset, line } = entries[position]!;
  const ids = idsBefore(index, position);
  const open = [...new Set([...(index.start?.open ?? []), ...openSince])];
  const own = [...byId].filter(([, at]) => at === position);
  if (own.some(([id]) => ids.has(shortened(id)))) return undefined;
  if (ids.size > MOST_IDS || open.length > MOST_IDS || [...ids, ...open].some((id) => id.includes("\n")))
    return undefined;
  if (head === undefined || JSON.stringify(head).length > MOST_HEAD_CHARS) return undefined;
  const state = {
    line,
    ids: [...ids].join("\n"),
    open: open.join("\n"),
    head,
    ...index.prompts.get(position)!,
  };
  return { messages, offset, state };
}

const listIn = (state: JsonObject, key: string): string[] =>
  (stringAt(state, key) ?? "").split("\n").filter((id) => id !== "");

/** What a mark says of all that stands before it; undefined where it is none of this reader's. */
export function startAt({ offset, messages, state }: ReadingMark): IndexStart | undefined {
  if (!isJsonObject(state)) return undefined;
  const [line, total, malformed] = ["line", "total", "malformed"].map((key) => numberAt(state, key));
  const head = objectAt(state, "head");
  if (line === undefined || total === undefined || malformed === undefined || head === undefined)
    return undefined;
  const facts: KnownFacts = { total, malformed };
  for (const key of ["name", "firstPrompt", "model"] as const) {
    const value = stringAt(state, key);
    if (value !== undefined) facts[key] = value;
  }
  for (const key of ["firstTime", "lastTime"] as const) {
    const value = numberAt(state, key);
    if (value !== undefined) facts[key] = value;
  }
  return {
    offset,
    line,
    messages,
    head,
    facts,
    ids: new Set(listIn(state, "ids")),
    open: new Set(listIn(state, "open")),
  };
}

/**
 * Whether what was read from a mark on only goes on from the prompt there: nothing compacted, edited or told of what
 * stands before, and the branch that Pi goes on with leads back to the prompt.
 */
export function onlyGrows(index: EntryIndex, start: IndexStart): boolean {
  const { entries, byId, prompts, records } = index;
  if (entries[0]?.offset !== start.offset || !prompts.has(0)) return false;
  if (index.answersBefore === true || entries.some(isRevision)) return false;
  // A damaged line makes Pi's reader guess at parents that are not there, those of entries before too.
  if (records.malformed > 0 && start.facts.malformed === 0) return false;
  if ([...byId.keys()].some((id) => start.ids.has(shortened(id)))) return false;
  const [first, ...branch] = branchOf(index);
  return first === 0 && branch.every((position) => byId.has(entries[position]!.parent ?? ""));
}
