import type { WireItem } from "../../../src/probe/index.ts";
import { align } from "./align.ts";
import { actionsOf, lostArguments, maxParts, sameCall, substance, type Call } from "./calls.ts";
import type { CompareInput, Positions, Tally } from "./comparison.ts";
import { quote } from "../../../src/probe/compare/words.ts";

/** A call of the source and the calls of the target that stand for it. */
export interface CallMatch {
  /** Index among the source's items. */
  source: number;
  call: Call;
  target: Call[];
}

interface Placed {
  index: number;
  call: Call;
}

/** Matches the calls of both sides in order. */
export function compareCalls(input: CompareInput, tally: Tally, positions: Positions): CallMatch[] {
  const source = callsOf(input.source.items);
  const target = callsOf(input.target.items);
  const calls = target.map((placed) => placed.call);
  const same = (i: number, from: number, to: number): boolean =>
    sameCall(source[i]!.call, calls.slice(from, to), input.cwd);
  const aligned = align(source.length, target.length, (i) => maxParts(source[i]!.call, input.cwd), same);
  const taken = new Set<number>();
  for (const { from, to } of aligned) for (let j = from; j < to; j++) taken.add(j);
  const matches: CallMatch[] = [];
  let next = 0;
  for (const { source: i, from, to } of aligned) {
    const { index, call } = source[i]!;
    const found = to > from;
    // The first call of the target that nothing else stands for is the likely counterpart.
    const counterpart = target.findIndex((_, j) => j >= next && !taken.has(j));
    tally.count("call", found, () => describe(index, call, target[counterpart], input.cwd));
    if (found) {
      next = to;
      matches.push({ source: index, call, target: calls.slice(from, to) });
      positions.set(index, { item: target[from]!.index, offset: 0 });
      for (const leaf of lostArguments(call, calls.slice(from, to))) noteArgument(call, leaf, tally);
      if (to - from > 1) tally.note(`${call.name} becomes ${to - from} calls`);
    }
  }
  target.forEach(({ index, call }, j) => {
    if (taken.has(j)) return;
    const what = `call, target item ${index}: ${call.name} ${quote(JSON.stringify(call.input))}`;
    tally.invent(what, substance(call, input.cwd));
  });
  return matches;
}

/** Arguments that the action itself is made of, in whatever notation. */
const CARRIED =
  /^$|^(?:plan|todos|edits)\b|^(?:command|cmd)\b|^(?:file_path|absolute_path|path|offset|limit|start_line|end_line|old_string|new_string|content|replace_all|expected_replacements|allow_multiple)$/;

function noteArgument(call: Call, leaf: { place: string; value: string }, tally: Tally): void {
  if (!CARRIED.test(leaf.place)) tally.note(`argument ${call.name}.${leaf.place} is not carried`);
  else if (leaf.place.endsWith("activeForm")) tally.note(`argument ${call.name}.activeForm is not carried`);
}

function callsOf(items: readonly WireItem[]): Placed[] {
  return items.flatMap((item, index) => (item.kind === "call" ? [{ index, call: item }] : []));
}

function describe(index: number, call: Call, counterpart: Placed | undefined, cwd: string): string {
  const what = `source item ${index}: ${call.name} ${quote(JSON.stringify(call.input))}`;
  if (counterpart === undefined) return `${what} has no counterpart`;
  const other = counterpart.call;
  const lost = lostArguments(call, [other]).map(
    (leaf) => `${leaf.place || "input"}=${quote(leaf.value, 60)}`,
  );
  const read = `read as ${quote(JSON.stringify(actionsOf(call, cwd) ?? "other"))} and ${quote(JSON.stringify(actionsOf(other, cwd) ?? "other"))}`;
  return `${what} does not match target item ${counterpart.index}: ${other.name} ${quote(JSON.stringify(other.input))}; ${read}; missing values: ${lost.join(", ") || "none"}`;
}
