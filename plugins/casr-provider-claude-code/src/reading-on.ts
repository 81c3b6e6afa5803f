import type { Fingerprints, JsonObject, ReadingMark, Toolkit, World } from "casr-cli/provider";
import type { Branch } from "./branch.ts";
import { SessionFacts } from "./facts.ts";
import { isJsonObject, numberAt, objectAt, stringAt } from "./json.ts";
import type { Beginning, RecordIndex } from "./records.ts";
import type { Step } from "./steps.ts";
import { NONE, ODD, type RecordTable } from "./table.ts";

/** Of a session with more ids than this nothing is kept: what is would be too large. */
const MOST_IDS = 250_000;

/** What is known of all that stands before a mark. */
export interface Known {
  beginning: Beginning;
  messages: number;
  /** The record at the mark. */
  uuid: string;
  parent: string | undefined;
  /** What the newest `last-prompt` named. */
  leaf: string | undefined;
  ids: Fingerprints;
}

/** The first record behind the last answer that a prompt follows on the branch; `NONE` when there is none. */
function turnStart(records: RecordTable, context: readonly number[]): number {
  let start = NONE;
  let run = NONE;
  for (const position of context) {
    const kind = records.kind(position);
    if (kind === "assistant" || kind === "result" || kind === "boundary") run = NONE;
    else {
      if (run === NONE) run = position;
      if (records.isPrompt(position)) start = run;
    }
  }
  return start;
}

/** Follows the steps before a mark: how many messages they give, and whether the mark can stand behind them. */
class Tally {
  readonly #records: RecordTable;
  readonly #answered = new Set<number>();
  readonly #open = new Set<number>();
  #newest: number[] = [];
  messages = 0;
  /** False once it is not known how many messages there are. */
  sure = true;

  constructor(records: RecordTable) {
    this.#records = records;
  }

  add(step: Step): void {
    if (step.kind === "single") this.#addRecord(step.record);
    else {
      this.#addResponse(step.lines);
      for (const record of step.results) this.#addRecord(record);
    }
  }

  /** Whether an answer to the newest response is still missing: one is made up at the end of the session. */
  get waits(): boolean {
    return this.#newest.some((call) => this.#open.has(call));
  }

  #addResponse(lines: number[]): void {
    const yields = new Set(lines.map((line) => this.#records.yields(line)));
    if (yields.has(ODD)) this.sure = false;
    if (!yields.has(1)) return;
    this.messages += 1;
    this.#newest = lines.flatMap((line) => [...this.#records.calls(line)]);
    for (const call of this.#newest) {
      this.#open.add(call);
      this.#answered.delete(call);
    }
  }

  #addRecord(record: number): void {
    const yields = this.#records.yields(record);
    if (yields === ODD) this.sure = false;
    if (this.#records.kind(record) !== "result") {
      this.messages += yields;
      return;
    }
    let fresh = 0;
    const calls = this.#records.calls(record);
    for (const call of calls) {
      if (this.#answered.has(call)) continue;
      fresh += 1;
      this.#open.delete(call);
      this.#answered.add(call);
    }
    // A further answer to a call is no message; what stands beside it in a record is.
    if (fresh < calls.length && yields > 1) this.sure = false;
    else if (fresh > 0 || calls.length === 0) this.messages += yields;
  }
}

/** Counts the messages of the steps in front of `start`; undefined when they cannot be told from those behind. */
function messagesBefore(records: RecordTable, steps: Iterable<Step>, start: number): number | undefined {
  const tally = new Tally(records);
  let passed = false;
  for (const step of steps) {
    const own = step.kind === "single" ? [step.record] : [...step.lines, ...step.results];
    const behind = own.filter((position) => position >= start).length;
    if (behind === own.length && behind > 0) passed = true;
    else if (passed || behind > 0) return undefined;
    else tally.add(step);
  }
  return tally.sure && !tally.waits ? tally.messages : undefined;
}

/** Whether `uuid` is met for the first time in the record at `start`, and what is named before it is known before it. */
function isFirstMet(records: RecordTable, start: number): boolean {
  const uuid = records.uuid(start);
  for (let position = 0; position < start; position += 1)
    if (records.uuid(position) >= uuid || records.parent(position) >= uuid) return false;
  if (records.parent(start) > uuid) return false;
  const isKnown = (id: string | undefined): boolean =>
    id === undefined || (records.numberOf(id) !== NONE && records.numberOf(id) < uuid);
  for (const { logicalParent, preserved } of records.boundaries()) {
    const { anchor, uuids = [], head, tail } = preserved ?? {};
    if (![logicalParent, ...uuids, head, tail].every(isKnown)) return false;
    // A summary comes right behind its boundary: a turn may begin with it.
    if (!isKnown(anchor) && records.numberOf(anchor) !== uuid) return false;
  }
  return true;
}

/** The id with a number below `count`. */
function idOf(records: RecordTable, number: number): string | undefined {
  if (number === NONE) return undefined;
  let order = 0;
  for (const id of records.idsBelow(number + 1)) if (order++ === number) return id;
  return undefined;
}

/**
 * Where a session can be read on from: where its last turn begins. All that is appended hangs below that record, as
 * long as nobody goes back further; `growsOn` tells. None where what stands before could be told otherwise by that.
 */
export function markOf(
  index: RecordIndex,
  branch: Branch,
  plan: { context: Step[]; before: Step[] },
  toolkit: Toolkit,
  known?: Known,
): ReadingMark | undefined {
  const { records } = index;
  const start = turnStart(records, branch.context);
  if (start === NONE || records.isSidechain(start) || !isFirstMet(records, start)) return undefined;
  const messages = messagesBefore(records, [...plan.before, ...plan.context], start);
  const uuid = records.uuid(start);
  if (messages === undefined || uuid + (known?.ids.size ?? 0) > MOST_IDS) return undefined;
  const ids = known?.ids ?? toolkit.fingerprints();
  ids.add(records.idsBelow(uuid));
  const { offset, line } = records.places().at(start);
  const parent = idOf(records, records.parent(start));
  const state: JsonObject = {
    line,
    ...records.countsBefore(start),
    uuid: idOf(records, uuid)!,
    ...(parent === undefined ? {} : { parent }),
    ...(index.chosenLeaf === undefined ? {} : { leaf: index.chosenLeaf }),
    facts: index.facts.state(),
    ids: ids.text(),
  };
  return { messages: (known?.messages ?? 0) + messages, offset, state };
}

/** What a mark says; undefined where it is none of this reader's. */
export function knownAt({ messages, offset, state }: ReadingMark, world: World): Known | undefined {
  if (!isJsonObject(state)) return undefined;
  const [line, total, malformed] = ["line", "total", "malformed"].map((key) => numberAt(state, key));
  const uuid = stringAt(state, "uuid");
  const ids = stringAt(state, "ids");
  const kept = objectAt(state, "facts");
  if (line === undefined || total === undefined || malformed === undefined) return undefined;
  if (uuid === undefined || ids === undefined || kept === undefined) return undefined;
  const facts = new SessionFacts(world.toolkit);
  facts.restore(kept);
  return {
    beginning: { offset, line, total, malformed, facts },
    messages,
    uuid,
    parent: stringAt(state, "parent"),
    leaf: stringAt(state, "leaf"),
    ids: world.toolkit.fingerprints(ids),
  };
}

/**
 * Whether what was read from a mark on only goes on from the record there: everything hangs below it, nothing is
 * compacted, no id of before is met again, and no call of before is answered.
 */
export function growsOn({ records, chosenLeaf }: RecordIndex, known: Known): boolean {
  if (records.length === 0 || records.isSidechain(0)) return false;
  if (records.places().at(0).offset !== known.beginning.offset) return false;
  if (records.numberOf(known.uuid) !== records.uuid(0)) return false;
  if (idOf(records, records.parent(0)) !== known.parent) return false;
  const met = new Set<number>();
  const calls = new Set<number>();
  const own = new Set<number>();
  for (let position = 0; position < records.length; position += 1) {
    if (records.isSidechain(position)) continue;
    const uuid = records.uuid(position);
    const kind = records.kind(position);
    if (kind === "boundary" || met.has(uuid)) return false;
    if (position > 0 && !met.has(records.parent(position))) return false;
    met.add(uuid);
    own.add(uuid);
    if (kind === "assistant") {
      const response = records.messageId(position);
      if (response !== NONE) own.add(response);
      for (const call of records.calls(position)) {
        calls.add(call);
        own.add(call);
      }
    } else if (kind === "result") {
      const answers = [...records.calls(position)];
      if (answers.length === 0 || !answers.every((call) => calls.has(call))) return false;
    }
  }
  let number = 0;
  for (const id of records.idsBelow(records.ids))
    if (own.has(number++) && known.ids.mayHold(id)) return false;
  return chosenLeaf === undefined || met.has(records.numberOf(chosenLeaf)) || !known.ids.mayHold(chosenLeaf);
}

/** Whether a turn begins before the first answer: an answer without one belongs to those before. */
export function beginsTurn(records: RecordTable, { context }: Branch): boolean {
  for (const position of context) {
    const kind = records.kind(position);
    if (kind === "assistant" || kind === "result") return false;
    if (records.isPrompt(position)) return context[0] === 0;
  }
  return false;
}
