import type { History } from "casr-cli/provider";
import type { Replay, Slot } from "./replay.ts";

/** What to take from the lines of a session for one of its histories. */
export interface View {
  /** Lines of their own to yield, and whether the model still gets them. */
  lines: Map<number, boolean>;
  /** Parts to yield of the replacement in a `compacted` line. */
  parts: Map<number, Set<number>>;
  /** Calls that Codex sends with the output "aborted", because they have none. */
  unanswered: Set<string>;
}

function unansweredCalls(slots: Iterable<Slot>): { unanswered: Set<string>; orphans: Set<Slot> } {
  const calls = new Set<string>();
  const outputs = new Map<string, Slot[]>();
  for (const slot of slots) {
    if (slot.call !== undefined) calls.add(`${slot.call.pairing} ${slot.call.id}`);
    if (slot.output !== undefined) {
      const key = `${slot.output.pairing} ${slot.output.id}`;
      const known = outputs.get(key);
      if (known === undefined) outputs.set(key, [slot]);
      else known.push(slot);
    }
  }
  const unanswered = new Set<string>();
  for (const key of calls) if (!outputs.has(key)) unanswered.add(key.slice(key.indexOf(" ") + 1));
  const orphans = new Set<Slot>();
  for (const [key, slots_] of outputs) if (!calls.has(key)) for (const slot of slots_) orphans.add(slot);
  return { unanswered, orphans };
}

/**
 * Chooses the lines of a history. `context` is what Codex would send; `full` adds what a compaction took
 * away. Outputs without their call are left out, as Codex does.
 */
export function viewOf(replay: Replay, history: History): View {
  const inContext = new Set(replay.history);
  const slots = history === "context" ? replay.history : [...inContext].filter((slot) => slot.part >= 0);
  if (history === "full") slots.push(...replay.all.filter((slot) => !replay.removed.has(slot.record)));
  const { unanswered, orphans } = unansweredCalls(slots);
  const view: View = { lines: new Map(), parts: new Map(), unanswered };
  for (const slot of slots) {
    if (orphans.has(slot)) continue;
    if (slot.part === -1) {
      view.lines.set(slot.record, inContext.has(slot));
      continue;
    }
    const parts = view.parts.get(slot.record);
    if (parts === undefined) view.parts.set(slot.record, new Set([slot.part]));
    else parts.add(slot.part);
  }
  return view;
}
