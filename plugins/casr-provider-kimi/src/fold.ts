import { selectKept, type Kept } from "./kept.ts";
import type { EventFacts, MessageFacts, TurnFacts } from "./facts.ts";
import type { JournalIndex, JournalRecord } from "./journal.ts";
import type { Cut } from "./estimate.ts";
import { activeLines } from "./tree.ts";

/** One message of the conversation, by the records it is made of. */
export type Item =
  | { kind: "message"; record: JournalRecord; facts: MessageFacts; cut?: Cut }
  | { kind: "answer"; begin: JournalRecord; parts: JournalRecord[]; end?: JournalRecord; hasCalls: boolean }
  | { kind: "result"; record: JournalRecord }
  | { kind: "lost"; callId: string }
  | { kind: "summary"; record: JournalRecord }
  | { kind: "elision"; tokens: number };

/** The conversation: what the agent would send, and everything on the active branch. */
export interface Folded {
  context: Item[];
  full: Item[];
  turn?: Turn;
}

/** The last prompt that nothing before it reaches into, and how many items of the full history stand before it. */
export interface Turn {
  record: JournalRecord;
  at: number;
}

/**
 * The records of the active branch in order, with injections that outlive a step back (`restorableChain`). Of a journal
 * without sound branches all records: the undos that stand beside the steps back then count instead.
 */
function chainOf(index: JournalIndex): JournalRecord[] {
  const { records, edges, pairedUndos } = index;
  const lines = edges.length === 0 ? undefined : activeLines(edges, index.lines);
  if (lines === undefined) return records;
  const isOn = ({ entry }: JournalRecord): boolean => lines[entry] === 1;
  const prompts = new Set<string>();
  for (const record of records)
    if (record.facts.kind === "message" && record.facts.isPrompt && isOn(record))
      prompts.add(record.facts.id ?? "");
  return records.filter((record) => {
    const { facts } = record;
    if (isOn(record)) return facts.kind !== "undo" || !pairedUndos.has(record.entry);
    if (facts.kind !== "message" || facts.variant === undefined) return false;
    return facts.owner === undefined || prompts.has(facts.owner);
  });
}

/** Follows the records as Kimi Code 2.1.0 does when it resumes a session (`loopEventFold`, `contextOps`). */
class Fold {
  context: Item[] = [];
  full: Item[] = [];
  turn: Turn | undefined;
  #step: string | undefined;
  #answer: Extract<Item, { kind: "answer" }> | undefined;
  #speaks = false;
  readonly #pending = new Set<string>();
  #deferred: Item[] = [];

  add(record: JournalRecord): void {
    const { facts } = record;
    switch (facts.kind) {
      case "message": {
        const item: Item = { kind: "message", record, facts };
        if (facts.isPrompt && this.#answer === undefined) this.turn = { record, at: this.full.length };
        if (this.#pending.size > 0) this.#deferred.push(item);
        else this.#push(item);
        return;
      }
      case "compaction":
        this.#compact(record, facts);
        return;
      case "clear":
        this.context = [];
        this.turn = undefined;
        this.#reset();
        return;
      case "undo":
        this.#undo(facts.count ?? 0);
        return;
      default:
        this.#event(record, facts);
    }
  }

  /** What the agent makes of an answer that was under way: at the next prompt it is closed. */
  settle(): void {
    if (this.#answer === undefined) return;
    for (const callId of this.#pending) this.#push({ kind: "lost", callId });
    this.#pending.clear();
    this.#flush();
    if (!this.#speaks && !this.#answer.hasCalls) this.#drop(this.#answer);
    this.#answer = undefined;
    this.#step = undefined;
  }

  #push(item: Item): void {
    this.context.push(item);
    this.full.push(item);
  }

  #drop(item: Item): void {
    for (const list of [this.context, this.full]) {
      const at = list.lastIndexOf(item);
      if (at >= 0) list.splice(at, 1);
    }
  }

  #flush(): void {
    if (this.#pending.size > 0) return;
    for (const item of this.#deferred) this.#push(item);
    this.#deferred = [];
  }

  #reset(): void {
    this.#step = undefined;
    this.#answer = undefined;
    this.#pending.clear();
    this.#deferred = [];
  }

  #event(record: JournalRecord, facts: EventFacts): void {
    if (facts.kind === "begin") {
      this.settle();
      this.#answer = { kind: "answer", begin: record, parts: [], hasCalls: false };
      this.#step = facts.of;
      this.#speaks = false;
      this.#push(this.#answer);
      return;
    }
    if (facts.kind === "result") {
      if (!this.#pending.delete(facts.of)) return;
      this.#push({ kind: "result", record });
      this.#flush();
      return;
    }
    if (facts.kind === "end") {
      if (facts.isBroken === true || this.#answer === undefined) return;
      this.#answer.end = record;
      this.settle();
      return;
    }
    if (this.#answer === undefined || facts.of !== this.#step) return;
    this.#answer.parts.push(record);
    if (facts.kind === "part") this.#speaks ||= facts.speaks === true;
    else {
      this.#answer.hasCalls = true;
      this.#pending.add(facts.callId!);
    }
  }

  #compact(record: JournalRecord, facts: TurnFacts): void {
    this.turn = undefined;
    const summary: Item = { kind: "summary", record };
    if (facts.keeps === undefined) {
      const tail = this.context.slice(facts.count ?? 0);
      const before = tail[0] === undefined ? -1 : this.full.indexOf(tail[0]);
      this.full.splice(before < 0 ? this.full.length : before, 0, summary);
      this.context = [summary, ...tail];
    } else {
      this.context = [...this.#kept(), summary];
      this.full.push(summary);
    }
    this.#reset();
  }

  #kept(): Item[] {
    const own = this.context.filter(
      (item): item is Extract<Item, { kind: "message" }> =>
        item.kind === "message" && item.facts.keptTokens !== undefined,
    );
    const { head, tail, omitted } = selectKept(own.map(({ facts }) => facts.keptTokens!));
    const items = (kept: Kept[]): Item[] =>
      kept.map(({ at, cut }) => (cut === undefined ? own[at]! : { ...own[at]!, cut }));
    if (omitted === undefined) return items(tail);
    return [...items(head), { kind: "elision", tokens: omitted }, ...items(tail)];
  }

  /** Takes the last prompts back, with what followed them; never across a summary. */
  #undo(count: number): void {
    let left = count;
    let cut = -1;
    for (let at = this.context.length - 1; at >= 0 && left > 0; at -= 1) {
      const item = this.context[at]!;
      if (item.kind === "summary" || (item.kind === "message" && item.facts.isSummary)) break;
      if (item.kind !== "message" || !item.facts.isPrompt) continue;
      left -= 1;
      cut = at;
      while (cut > 0 && this.#belongs(this.context[cut - 1]!, item.facts.id)) cut -= 1;
    }
    if (left > 0 || cut < 0) return;
    this.turn = undefined;
    const gone = new Set(this.context.slice(cut));
    this.context = this.context.slice(0, cut);
    this.full = this.full.filter((item) => !gone.has(item));
    this.#reset();
  }

  #belongs(item: Item, prompt: string | undefined): boolean {
    return item.kind === "message" && item.facts.owner !== undefined && item.facts.owner === prompt;
  }
}

/** The conversation a journal holds. */
export function foldJournal(index: JournalIndex): Folded {
  const fold = new Fold();
  for (const record of chainOf(index)) fold.add(record);
  fold.settle();
  const { context, full, turn } = fold;
  return { context, full, ...(turn === undefined ? {} : { turn }) };
}
