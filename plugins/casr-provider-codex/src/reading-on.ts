import type { JsonObject, JsonValue, ReadingMark, Toolkit, World } from "casr-cli/provider";
import type { Segment } from "./chain.ts";
import { arrayOf, isObject, numberOf, objectOf, stringOf } from "./json.ts";
import type { MessagesStart } from "./messages.ts";
import type { Scan } from "./scan.ts";
import { isTurn, type ScanStart, type Turn } from "./turn.ts";

/** What would be kept of a session with more calls than this before its mark is not worth it. */
const MOST_IDS = 20_000;
/** Hex digits that are kept of each id's digest: two ids that agree in them only cost a whole reading. */
const ID_DIGITS = 6;
/** More of the first prompt is in no title. */
const PREVIEW_CHARS = 2000;

const shortDigest = (id: string, toolkit: Pick<Toolkit, "sha256">): string =>
  toolkit.sha256(id).slice(0, ID_DIGITS);

/** Ids of all calls and outputs of the lines before `record`, and of calls told to have failed. */
function idsBefore({ replay, failed }: Scan, turn: Turn): Set<string> {
  const ids = new Set<string>([...failed].slice(0, turn.failed));
  for (const slot of [...replay.all, ...replay.history]) {
    if (slot.record >= turn.record) continue;
    if (slot.call !== undefined) ids.add(slot.call.id);
    if (slot.output !== undefined) ids.add(slot.output.id);
  }
  return ids;
}

/**
 * The mark at the last prompt of a scanned session; `start` is what the second pass knew when it came to it.
 * Undefined where too much would have to be kept.
 */
export function markAt(
  scan: Scan,
  turn: Turn,
  start: MessagesStart,
  toolkit: Pick<Toolkit, "sha256">,
): ReadingMark | undefined {
  const ids = new Set(scan.idsBefore);
  for (const id of idsBefore(scan, turn)) ids.add(shortDigest(id, toolkit));
  if (ids.size > MOST_IDS) return undefined;
  const { facts } = turn;
  const { messages, model, precise } = start;
  const state: JsonObject = {
    record: turn.record,
    ...turn.records,
    ids: [...ids].join(""),
    precise,
    children: [...scan.children].slice(0, turn.children),
    ...(model === undefined ? {} : { model }),
    facts: {
      ...facts,
      ...(facts.preview === undefined ? {} : { preview: facts.preview.slice(0, PREVIEW_CHARS) }),
    },
  };
  return { messages, offset: turn.offset, state };
}

/** What a mark says of all that stands before it; undefined where it is none of this reader's. */
export function startAt({ offset, messages, state }: ReadingMark): (ScanStart & MessagesStart) | undefined {
  if (!isObject(state)) return undefined;
  const record = numberOf(state, "record");
  const total = numberOf(state, "total");
  const malformed = numberOf(state, "malformed");
  const ids = stringOf(state, "ids");
  const known = objectOf(state, "facts");
  if (record === undefined || total === undefined || malformed === undefined) return undefined;
  if (ids === undefined || known === undefined) return undefined;
  const model = stringOf(state, "model");
  const usage = objectOf(known, "usage");
  const facts: Turn["facts"] = {
    previewIsTyped: known["previewIsTyped"] === true,
    ...(usage === undefined ? {} : { usage }),
  };
  for (const key of ["preview", "model", "cwd", "firstTime"] as const) {
    const value = stringOf(known, key);
    if (value !== undefined) facts[key] = value;
  }
  return {
    offset,
    record,
    records: { total, malformed },
    idsBefore: new Set(ids.match(new RegExp(`.{${ID_DIGITS}}`, "g"))),
    children: arrayOf(state, "children").filter((id: JsonValue) => typeof id === "string"),
    facts,
    messages,
    precise: state["precise"] === true,
    ...(model === undefined ? {} : { model }),
  };
}

/** Whether marks can stand in a session: it is one file that is read as it stands and only grows. */
export function canGrow(segments: Segment[]): boolean {
  const [only, ...more] = segments;
  return more.length === 0 && only?.path.endsWith(".jsonl") === true;
}

/**
 * Whether what was read from a mark on leaves what stands before it as it was: it begins with the prompt that the
 * mark was set at, nothing is compacted or rolled back, and no id of a call before it comes again.
 */
export function onlyGrows(scan: Scan, start: ScanStart, world: World): boolean {
  const first = scan.replay.all[0];
  if (first?.record !== start.record || !isTurn(first) || scan.isRevised) return false;
  const isKnown = (id: string): boolean => start.idsBefore.has(shortDigest(id, world.toolkit));
  return (
    ![...scan.failed].some(isKnown) &&
    !scan.replay.all.some(
      ({ call, output }) =>
        (call !== undefined && isKnown(call.id)) || (output !== undefined && isKnown(output.id)),
    )
  );
}
