import type { RecordEntry, RecordIndex } from "./records.ts";

/** The active branch, as positions in the index's entries. */
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

/** Entries that count: the last one of each uuid, sidechains only in a file that holds nothing else. */
function liveEntries(entries: RecordEntry[]): { byUuid: Map<string, number>; live: Uint8Array } {
  const subagent = !entries.some(
    (entry) => !entry.sidechain && (entry.kind === "user" || entry.kind === "assistant"),
  );
  const byUuid = new Map<string, number>();
  entries.forEach((entry, position) => {
    if (subagent || !entry.sidechain) byUuid.set(entry.uuid, position);
  });
  const live = new Uint8Array(entries.length);
  for (const position of byUuid.values()) live[position] = 1;
  return { byUuid, live };
}

/** A parent that is not in the file is taken to be the record before, as Claude Code 2.1.329 does. */
function linkParents(entries: RecordEntry[], byUuid: Map<string, number>, live: Uint8Array): Parents {
  const parents = new Int32Array(entries.length).fill(-1);
  let previous = -1;
  entries.forEach((entry, position) => {
    if (live[position] === 0) return;
    if (entry.parent !== undefined) parents[position] = byUuid.get(entry.parent) ?? previous;
    previous = position;
  });
  return parents;
}

/** The records a compaction kept, in order; undefined when one of them or the anchor is missing. */
function keptRecords(
  boundary: RecordEntry,
  byUuid: Map<string, number>,
  parents: Parents,
): number[] | undefined {
  const { preserved } = boundary;
  if (preserved === undefined || !byUuid.has(preserved.anchor)) return undefined;
  if (preserved.uuids !== undefined) {
    const kept = preserved.uuids.map((uuid) => byUuid.get(uuid) ?? -1);
    return kept.includes(-1) ? undefined : kept;
  }
  const head = preserved.head === undefined ? undefined : byUuid.get(preserved.head);
  let position = preserved.tail === undefined ? -1 : (byUuid.get(preserved.tail) ?? -1);
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
  entries: RecordEntry[],
  byUuid: Map<string, number>,
  live: Uint8Array,
  parents: Parents,
): { parents: Parents; cut: Uint8Array } {
  const cut = new Uint8Array(entries.length);
  const isBoundary = (entry: RecordEntry, position: number): boolean =>
    entry.kind === "boundary" && live[position] === 1;
  const newest = entries.findLastIndex(isBoundary);
  const keeping = entries.findLastIndex(
    (entry, position) => isBoundary(entry, position) && entry.preserved !== undefined,
  );
  if (keeping === -1) return { parents, cut };
  const kept = keeping === newest ? keptRecords(entries[keeping]!, byUuid, parents) : [];
  if (kept === undefined) return { parents, cut };
  const keptSet = new Set(kept);
  for (let position = 0; position < newest; position += 1) if (!keptSet.has(position)) cut[position] = 1;
  const tail = kept.at(-1) ?? -1;
  const anchor = tail === -1 ? -1 : byUuid.get(entries[keeping]!.preserved!.anchor)!;
  const relinked = parents.slice();
  entries.forEach((_, position) => {
    if (keptSet.has(position) || parents[position] === -1) return;
    if (parents[position] === anchor || cut[parents[position]!] === 1) relinked[position] = tail;
  });
  kept.forEach((position, order) => {
    relinked[position] = order === 0 ? anchor : kept[order - 1]!;
  });
  return { parents: relinked, cut };
}

/** From `leaf` up to a root or to a boundary, which comes first in the result. */
function walk(entries: RecordEntry[], parents: Parents, leaf: number): number[] {
  const path: number[] = [];
  const seen = new Uint8Array(entries.length);
  for (let position = leaf; position !== -1 && seen[position] === 0; position = parents[position]!) {
    seen[position] = 1;
    path.push(position);
    if (entries[position]!.kind === "boundary") break;
  }
  return path.reverse();
}

/**
 * The branch Claude Code 2.1.329 resumes: the newest record's, unless the newest `last-prompt` names
 * a record that is not above it.
 */
function chooseLeaf(
  index: RecordIndex,
  byUuid: Map<string, number>,
  live: Uint8Array,
  cut: Uint8Array,
  parents: Parents,
): number {
  const newest = index.entries.findLastIndex((_, position) => live[position] === 1 && cut[position] === 0);
  const named = index.chosenLeaf === undefined ? undefined : byUuid.get(index.chosenLeaf);
  if (named === undefined || cut[named] === 1) return newest;
  const seen = new Uint8Array(index.entries.length);
  for (let position = newest; position !== -1 && seen[position] === 0; position = parents[position]!) {
    if (position === named) return newest;
    seen[position] = 1;
  }
  return named;
}

/** Finds the active branch. */
export function findBranch(index: RecordIndex): Branch {
  const { entries } = index;
  const { byUuid, live } = liveEntries(entries);
  const original = linkParents(entries, byUuid, live);
  const { parents, cut } = relink(entries, byUuid, live, original);
  const leaf = chooseLeaf(index, byUuid, live, cut, parents);
  const context = leaf === -1 ? [] : walk(entries, parents, leaf);
  const taken = new Uint8Array(entries.length);
  for (const position of context) taken[position] = 1;
  let before: number[] = [];
  let boundary = context[0];
  while (boundary !== undefined && entries[boundary]!.kind === "boundary") {
    const entry = entries[boundary]!;
    const tail =
      (entry.logicalParent === undefined ? undefined : byUuid.get(entry.logicalParent)) ??
      previousLive(live, boundary);
    const part = tail === -1 ? [] : walk(entries, original, tail);
    const fresh = part.filter((position) => taken[position] === 0);
    const next = part[0];
    boundary = next !== undefined && taken[next] === 0 ? next : undefined;
    for (const position of fresh) taken[position] = 1;
    before = [...fresh, ...before];
  }
  return { context, before, live, cut };
}

function previousLive(live: Uint8Array, position: number): number {
  for (let candidate = position - 1; candidate >= 0; candidate -= 1)
    if (live[candidate] === 1) return candidate;
  return -1;
}
