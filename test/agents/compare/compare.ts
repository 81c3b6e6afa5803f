import type { WireItem } from "../../../src/probe/index.ts";
import { compareCalls, type CallMatch } from "./compare-calls.ts";
import { compareImages } from "./compare-images.ts";
import { compareResults } from "./compare-results.ts";
import {
  KINDS,
  type CompareInput,
  type Comparison,
  type Kind,
  type Positions,
  type Score,
  type Side,
  type Tally,
} from "./comparison.ts";
import { findReorderings } from "../../../src/probe/compare/order.ts";
import { TextFinder } from "../../../src/probe/compare/texts.ts";
import { firstDifference, quote, withoutReminders } from "../../../src/probe/compare/words.ts";

/** Compares what reached the target's model with what the source's own agent sends to its model. */
export function compare(input: CompareInput): Comparison {
  const { source, target } = input;
  const scores = Object.fromEntries(KINDS.map((kind) => [kind, { wanted: 0, found: 0 }])) as Record<
    Kind,
    Score
  >;
  const result: Comparison = {
    scores,
    differences: {},
    invented: [],
    extra: [],
    broken: newBreaks(source, target),
    notes: [],
  };
  const tally: Tally = {
    count(kind, ok, difference) {
      scores[kind].wanted++;
      if (ok) scores[kind].found++;
      else result.differences[kind] ??= difference();
    },
    invent(what, texts) {
      const known = texts.length > 0 && texts.every((text) => input.inSource?.(text.trim()));
      (known ? result.extra : result.invented).push(what);
    },
    note: (what) => {
      if (!result.notes.includes(what)) result.notes.push(what);
    },
  };
  const positions: Positions = new Map();
  compareTexts("user", input, tally, positions);
  compareTexts("assistant", input, tally, positions);
  compareReasoning(source.items, target.items, tally);
  const matches: CallMatch[] = compareCalls(input, tally, positions);
  compareResults(input, matches, tally, positions);
  compareImages(input, matches, tally, positions);
  compareDocuments(source.items, target.items, tally);
  const reordered = findReorderings(source.items, positions);
  const placed = positions.size;
  scores.order = { wanted: placed, found: placed - reordered.length };
  if (reordered[0] !== undefined) result.differences.order = reordered[0];
  return result;
}

function compareTexts(
  role: "user" | "assistant",
  input: CompareInput,
  tally: Tally,
  positions: Positions,
): void {
  const texts = input.target.items.flatMap((item, index) =>
    item.kind === role ? [{ item: index, text: item.text }] : [],
  );
  const finder = new TextFinder(texts);
  input.source.items.forEach((item, index) => {
    if (item.kind !== role || item.text.trim() === "") return;
    const match = finder.take(item.text) ?? finder.take(withoutReminders(item.text));
    tally.count(
      role,
      match !== undefined,
      () => `source item ${index}: ${quote(item.text)} ${nearest(item.text, texts)}`,
    );
    if (match !== undefined) positions.set(index, match);
  });
  const thoughts = input.source.items.flatMap((item) =>
    item.kind === "reasoning" && item.text.trim() !== "" ? [item.text.trim()] : [],
  );
  for (const { item, text } of finder.leftovers()) {
    if (thoughts.some((thought) => text.includes(thought))) tally.note("reasoning reaches the model as text");
    else if (input.mayCarry?.(text)) tally.note(`carries along ${quote(text, 40)}`);
    else tally.invent(`${role} text, target item ${item}: ${quote(text)}`, [text]);
  }
}

/** Reasoning may be replayed as such or rendered as text. */
function compareReasoning(source: readonly WireItem[], target: readonly WireItem[], tally: Tally): void {
  const texts = target.flatMap((item) =>
    item.kind === "reasoning" || item.kind === "assistant" || item.kind === "user" ? [item.text] : [],
  );
  for (const item of source) {
    if (item.kind !== "reasoning" || item.text.trim() === "") continue;
    const wanted = item.text.trim();
    tally.count(
      "reasoning",
      texts.some((text) => text.includes(wanted)),
      () => `not sent: ${quote(wanted)}`,
    );
  }
}

function compareDocuments(source: readonly WireItem[], target: readonly WireItem[], tally: Tally): void {
  const digests = new Set(target.flatMap((item) => (item.kind === "document" ? [item.digest] : [])));
  for (const item of source) {
    if (item.kind !== "document") continue;
    tally.count(
      "document",
      digests.has(item.digest),
      () => `${item.mediaType} document ${item.digest.slice(0, 12)} is missing`,
    );
  }
}

/** What the agent's own service takes from its own sessions is no break in a copy of them. */
function newBreaks(source: Side, target: Side): string[] {
  const broken = structureBreaks(target.items);
  if (source.agent !== target.agent) return broken;
  const known = structureBreaks(source.items);
  return broken.filter((what) => !known.includes(what));
}

/** Every service wants unique call ids and exactly one answer for each call. */
function structureBreaks(items: readonly WireItem[]): string[] {
  const broken: string[] = [];
  const answers = new Map<string, number>();
  const calls = new Set<string>();
  for (const item of items)
    if (item.kind === "result") answers.set(item.callId, (answers.get(item.callId) ?? 0) + 1);
  for (const item of items) {
    if (item.kind !== "call") continue;
    if (calls.has(item.id)) broken.push(`call id ${item.id} is used twice`);
    calls.add(item.id);
    const count = answers.get(item.id) ?? 0;
    if (count !== 1) broken.push(`call ${item.id} (${item.name}) has ${count} results`);
  }
  for (const id of answers.keys()) if (!calls.has(id)) broken.push(`result of unknown call ${id}`);
  return broken;
}

/** The target's text that agrees longest with the missing one. */
function nearest(text: string, candidates: readonly { item: number; text: string }[]): string {
  const wanted = text.trim();
  let best: { item: number; text: string } | undefined;
  let longest = 3;
  for (const candidate of candidates) {
    const other = candidate.text.trim();
    let length = 0;
    while (length < wanted.length && wanted[length] === other[length]) length++;
    if (length > longest) [best, longest] = [candidate, length];
  }
  if (best === undefined) return "is not in the target";
  return `is nearest to target item ${best.item}, ${firstDifference(wanted, best.text.trim())}`;
}
