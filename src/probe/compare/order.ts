import type { WireItem } from "../types.ts";

/** Where items of the source stand in the target, by index of the source item. */
export type Positions = Map<number, { item: number; offset: number }>;

type Place = { item: number; offset: number };

/**
 * Finds source items that the target shows in another order. Texts and calls must keep their sequence. Answers of
 * parallel calls may be gathered behind all of the calls, but stay behind their own call and before the next text.
 * A person's picture may change places with the text of the same prompt.
 */
export function findReorderings(source: readonly WireItem[], positions: Positions): string[] {
  const reordered: string[] = [];
  let last: { index: number; place: Place } | undefined;
  const calls = new Map<string, number>();
  source.forEach((item, index) => {
    const place = positions.get(index);
    if (place === undefined) return;
    if (item.kind === "call") calls.set(item.id, index);
    if (item.kind === "result") {
      const call = positions.get(calls.get(item.callId) ?? -1);
      const next = nextText(source, positions, index);
      if (call !== undefined && !before(call, place))
        reordered.push(`source item ${index} (result): it stands before its call`);
      else if (next !== undefined && !before(place, next))
        reordered.push(`source item ${index} (result): it stands behind the next text`);
      return;
    }
    if (item.kind === "image") {
      if (!inSamePrompt(source, positions, index, place))
        reordered.push(`source item ${index} (image): it stands in another prompt`);
      return;
    }
    if (last !== undefined && !before(last.place, place)) {
      reordered.push(
        `source item ${index} (${item.kind}) stands before source item ${last.index} (${source[last.index]!.kind})`,
      );
    } else {
      last = { index, place };
    }
  });
  return reordered;
}

function before(a: Place, b: Place): boolean {
  return a.item < b.item || (a.item === b.item && a.offset < b.offset);
}

function nextText(source: readonly WireItem[], positions: Positions, from: number): Place | undefined {
  for (let index = from + 1; index < source.length; index++) {
    const kind = source[index]!.kind;
    if ((kind === "user" || kind === "assistant") && positions.has(index)) return positions.get(index);
  }
  return undefined;
}

/** Between the last thing the model said before it and the next one after it. */
function inSamePrompt(
  source: readonly WireItem[],
  positions: Positions,
  index: number,
  place: Place,
): boolean {
  const said = (at: number): Place | undefined => {
    const kind = source[at]?.kind;
    return kind === "assistant" || kind === "call" || kind === "result" ? positions.get(at) : undefined;
  };
  for (let at = index - 1; at >= 0; at--) {
    const other = said(at);
    if (other === undefined) continue;
    if (!before(other, place)) return false;
    break;
  }
  for (let at = index + 1; at < source.length; at++) {
    const other = said(at);
    if (other !== undefined) return before(place, other);
  }
  return true;
}
