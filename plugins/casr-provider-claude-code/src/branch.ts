import type { RecordIndex } from "./records.ts";
import { NONE, type Boundary, type RecordTable } from "./table.ts";

/** The active branch, as positions in the index's table. */
export interface Branch {
  /** What is sent on resume, in order; starts behind the newest compaction. */
  context: number[];
  /** What stood before, oldest first; nothing that is in `context`. */
  before: number[];
  /** 1 for every record that counts: the last of its uuid, no sidechain. */
  live: Uint8Array;
  /** 1 for records that a compaction left behind for good. */
  cut: Uint8Array;
}

/** Parents by position; -1 for a root. */
type Parents = Int32Array;

/** The newest record of each uuid, by the uuid's number. */
type ByUuid = Int32Array;

/** Records that count: the last one of each uuid, sidechains only in a file that holds nothing else. */
function liveRecords(records: RecordTable): { byUuid: ByUuid; live: Uint8Array } {
  let subagent = true;
  for (let position = 0; position < records.length && subagent; position += 1) {
    const kind = records.kind(position);
    if (!records.isSidechain(position) && (kind === "user" || kind === "assistant")) subagent = false;
  }
  const byUuid = new Int32Array(records.ids).fill(NONE);
  for (let position = 0; position < records.length; position += 1) {
    if (subagent || !records.isSidechain(position)) byUuid[records.uuid(position)] = position;
  }
  const live = new Uint8Array(records.length);
  for (const position of byUuid) if (position !== NONE) live[position] = 1;
  return { byUuid, live };
}

/** The newest record of a uuid; `NONE` when there is none. */
function recordOf(uuid: string | undefined, records: RecordTable, byUuid: ByUuid): number {
  const number = records.numberOf(uuid);
  return number === NONE ? NONE : byUuid[number]!;
}

/** A parent that is not in the file is taken to be the record before, as Claude Code 2.1.329 does. */
function linkParents(records: RecordTable, byUuid: ByUuid, live: Uint8Array): Parents {
  const parents = new Int32Array(records.length).fill(NONE);
  let previous = NONE;
  for (let position = 0; position < records.length; position += 1) {
    if (live[position] === 0) continue;
    const parent = records.parent(position);
    if (parent !== NONE) parents[position] = byUuid[parent] === NONE ? previous : byUuid[parent]!;
    previous = position;
  }
  return parents;
}

/** The records a compaction kept, in order; undefined when one of them or the anchor is missing. */
function keptRecords(
  { preserved }: Boundary,
  records: RecordTable,
  byUuid: ByUuid,
  parents: Parents,
): number[] | undefined {
  const find = (uuid: string | undefined): number => recordOf(uuid, records, byUuid);
  if (preserved === undefined || find(preserved.anchor) === NONE) return undefined;
  if (preserved.uuids !== undefined) {
    const kept = preserved.uuids.map(find);
    return kept.includes(NONE) ? undefined : kept;
  }
  const head = find(preserved.head);
  let position = find(preserved.tail);
  const kept: number[] = [];
  const seen = new Uint8Array(parents.length);
  while (position !== -1 && seen[position] === 0) {
    seen[position] = 1;
    kept.push(position);
    if (position === head) return kept.reverse();
    position = parents[position]!;
  }
  return undefined;
}

/**
 * Puts kept messages behind the summary. Once a session has such a compaction, records before the newest
 * boundary can no longer be reached. Returns the parents to walk for the context and what is cut off.
 */
function relink(
  records: RecordTable,
  byUuid: ByUuid,
  live: Uint8Array,
  parents: Parents,
): { parents: Parents; cut: Uint8Array } {
  const cut = new Uint8Array(records.length);
  let newest = NONE;
  let keeping = NONE;
  for (let position = 0; position < records.length; position += 1) {
    if (live[position] === 0 || records.kind(position) !== "boundary") continue;
    newest = position;
    if (records.boundary(position).preserved !== undefined) keeping = position;
  }
  if (keeping === NONE) return { parents, cut };
  const boundary = records.boundary(keeping);
  const kept = keeping === newest ? keptRecords(boundary, records, byUuid, parents) : [];
  if (kept === undefined) return { parents, cut };
  const keptSet = new Set(kept);
  for (let position = 0; position < newest; position += 1) if (!keptSet.has(position)) cut[position] = 1;
  const tail = kept.at(-1) ?? NONE;
  const anchor = tail === NONE ? NONE : recordOf(boundary.preserved!.anchor, records, byUuid);
  const relinked = parents.slice();
  for (let position = 0; position < records.length; position += 1) {
    if (keptSet.has(position) || parents[position] === NONE) continue;
    if (parents[position] === anchor || cut[parents[position]!] === 1) relinked[position] = tail;
  }
  kept.forEach((position, order) => {
    relinked[position] = order === 0 ? anchor : kept[order - 1]!;
  });
  return { parents: relinked, cut };
}

/** From `leaf` up to a root or to a boundary, which comes first in the result. */
function walk(records: RecordTable, parents: Parents, leaf: number): number[] {
  const path: number[] = [];
  const seen = new Uint8Array(records.length);
  for (let position = leaf; position !== -1 && seen[position] === 0; position = parents[position]!) {
    seen[position] = 1;
    path.push(position);
    if (records.kind(position) === "boundary") break;
  }
  return path.reverse();
}

/**
 * The branch Claude Code 2.1.329 resumes: the newest record's, unless the newest `last-prompt` names
 * a record that is not above it.
 */
function chooseLeaf(
  index: RecordIndex,
  byUuid: ByUuid,
  live: Uint8Array,
  cut: Uint8Array,
  parents: Parents,
): number {
  const newest = live.findLastIndex((isLive, position) => isLive === 1 && cut[position] === 0);
  const named = recordOf(index.chosenLeaf, index.records, byUuid);
  if (named === NONE || cut[named] === 1) return newest;
  const seen = new Uint8Array(index.records.length);
  for (let position = newest; position !== -1 && seen[position] === 0; position = parents[position]!) {
    if (position === named) return newest;
    seen[position] = 1;
  }
  return named;
}

/** Finds the active branch. */
export function findBranch(index: RecordIndex): Branch {
  const { records } = index;
  const { byUuid, live } = liveRecords(records);
  const original = linkParents(records, byUuid, live);
  const { parents, cut } = relink(records, byUuid, live, original);
  const leaf = chooseLeaf(index, byUuid, live, cut, parents);
  const context = leaf === NONE ? [] : walk(records, parents, leaf);
  const taken = new Uint8Array(records.length);
  for (const position of context) taken[position] = 1;
  /** What stood before each compaction, the newest first. */
  const stretches: number[][] = [];
  let boundary = context[0];
  while (boundary !== undefined && records.kind(boundary) === "boundary") {
    const logical = recordOf(records.boundary(boundary).logicalParent, records, byUuid);
    const tail = logical === NONE ? previousLive(live, boundary) : logical;
    const part = tail === NONE ? [] : walk(records, original, tail);
    const fresh = part.filter((position) => taken[position] === 0);
    const next = part[0];
    boundary = next !== undefined && taken[next] === 0 ? next : undefined;
    for (const position of fresh) taken[position] = 1;
    stretches.push(fresh);
  }
  return { context, before: stretches.reverse().flat(), live, cut };
}

function previousLive(live: Uint8Array, position: number): number {
  for (let candidate = position - 1; candidate >= 0; candidate -= 1)
    if (live[candidate] === 1) return candidate;
  return -1;
}
