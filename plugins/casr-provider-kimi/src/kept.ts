import type { Cut } from "./estimate.ts";

/** How many tokens of the person's messages outlive a compaction, and how many of them from the beginning (2.1.0). */
const KEPT_TOKENS = 20_000;
const HEAD_TOKENS = 2000;

/** A message that outlives a compaction, whole or cut. */
export interface Kept {
  /** Its place among the candidates. */
  at: number;
  cut?: Cut;
}

/** What is kept of the person's messages. `omitted` tokens between head and tail are not. */
export interface Selection {
  head: Kept[];
  tail: Kept[];
  omitted?: number;
}

/**
 * The messages that stay in front of a summary (`selectCompactionUserMessages` of Kimi Code 2.1.0): all where they
 * are few, else the oldest and the latest. `tokens` has the estimate of each.
 */
export function selectKept(tokens: readonly number[]): Selection {
  const total = tokens.reduce((sum, each) => sum + each, 0);
  if (total <= KEPT_TOKENS) return { head: [], tail: tokens.map((_, at) => ({ at })) };
  const tail: Kept[] = [];
  let left = KEPT_TOKENS - HEAD_TOKENS;
  let taken = 0;
  let next = tokens.length - 1;
  /** What of the message at the border is free for the head: its beginning. */
  let border: number | undefined;
  for (; next >= 0 && left > 0; next -= 1) {
    const each = tokens[next]!;
    if (each <= left) {
      tail.unshift({ at: next });
      left -= each;
      taken += each;
      continue;
    }
    tail.unshift({ at: next, cut: { end: "tail", tokens: left } });
    // A part counts with its role.
    taken += left + 1;
    border = Math.max(0, each - left);
    break;
  }
  const head: Kept[] = [];
  left = HEAD_TOKENS;
  const last = border === undefined ? next : next - 1;
  for (let at = 0; at <= last && left > 0; at += 1) {
    const each = tokens[at]!;
    const isWhole = each <= left;
    head.push(isWhole ? { at } : { at, cut: { end: "head", tokens: left } });
    taken += isWhole ? each : left + 1;
    left -= Math.min(each, left);
  }
  if (border !== undefined && left > 0 && next >= 0 && border > 0) {
    const part = Math.min(border - 1, left);
    if (part > 0) head.push({ at: next, cut: { end: "head", tokens: part } });
    taken += part + 1;
  }
  return { head, tail, omitted: Math.max(0, total - taken) };
}
