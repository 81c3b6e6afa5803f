import type { Branch } from "./branch.ts";
import { NONE, PositionLists, type RecordTable } from "./table.ts";

/** What comes out of the branch one after the other; numbers are positions in the index's table. */
export type Step =
  /** The lines of one response, and the records that answer its calls. */
  { kind: "response"; lines: number[]; results: number[] } | { kind: "single"; record: number };

/** Steps in a few numbers each: a session may have a million. */
export class StepList {
  #numbers = new Int32Array(1024);
  #length = 0;

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      if (step.kind === "single") this.#add([-1, step.record]);
      else {
        this.#add([step.lines.length, step.results.length]);
        this.#add(step.lines);
        this.#add(step.results);
      }
    }
    this.#numbers = this.#numbers.slice(0, this.#length);
  }

  #add(numbers: number[]): void {
    const length = this.#length + numbers.length;
    if (length > this.#numbers.length) {
      const larger = new Int32Array(length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.set(numbers, this.#length);
    this.#length = length;
  }

  *[Symbol.iterator](): Iterator<Step> {
    const numbers = this.#numbers;
    for (let at = 0; at < numbers.length;) {
      const lines = numbers[at]!;
      const second = numbers[at + 1]!;
      const from = at + 2;
      if (lines === -1) yield { kind: "single", record: second };
      else {
        const results = from + lines;
        at = results + second - 2;
        yield {
          kind: "response",
          lines: [...numbers.subarray(from, results)],
          results: [...numbers.subarray(results, results + second)],
        };
      }
      at += 2;
    }
  }
}

/** Lines by response and results by call, over the whole file. */
interface SideTables {
  lines: PositionLists;
  results: PositionLists;
}

function sideTables(records: RecordTable, counts: (position: number) => boolean): SideTables {
  const tables: SideTables = {
    lines: new PositionLists(records.ids),
    results: new PositionLists(records.ids),
  };
  for (let position = 0; position < records.length; position += 1) {
    if (!counts(position)) continue;
    const messageId = records.messageId(position);
    if (messageId !== NONE) tables.lines.add(messageId, position);
    if (records.kind(position) === "result")
      for (const call of records.calls(position)) tables.results.add(call, position);
  }
  return tables;
}

type Response = Extract<Step, { kind: "response" }>;

/**
 * Orders the records of a branch as they are sent (Claude Code 2.1.329): lines of one response together, lines
 * and results of parallel calls that hang beside the chain pulled in, results behind their response in file
 * order, files named in a prompt in front of it.
 */
class StepPlanner {
  readonly #records: RecordTable;
  readonly #tables: SideTables;
  /** Records that have a place already, on the branch or pulled in. */
  readonly #placed: Uint8Array;

  constructor(records: RecordTable, placed: Uint8Array, counts: (position: number) => boolean) {
    this.#records = records;
    this.#placed = placed;
    this.#tables = sideTables(records, counts);
  }

  /** The steps of one stretch of the branch. */
  plan(path: number[]): Step[] {
    const steps: Step[] = [];
    let response: { step: Response; id: number } | undefined;
    let spoken = false;
    // Where files named in a prompt go: behind the last answer.
    let attachAt = 0;
    for (const record of path) {
      const kind = this.#records.kind(record);
      if (kind === "assistant") {
        const id = this.#records.messageId(record);
        const same = response !== undefined && !spoken && id !== NONE && id === response.id;
        if (same) response!.step.lines.push(record);
        else {
          response = { step: { kind: "response", lines: [record], results: [] }, id };
          steps.push(response.step);
          spoken = false;
          attachAt = steps.length;
        }
      } else if (kind === "result") {
        if (response === undefined) {
          steps.push({ kind: "single", record });
          attachAt = steps.length;
        } else response.step.results.push(record);
      } else if (this.#records.isHook(record)) {
        // Does not end the response: further lines of it may follow.
        steps.push({ kind: "single", record });
      } else if (kind === "attachment" && !this.#records.isQueued(record)) {
        steps.splice(attachAt, 0, { kind: "single", record });
        attachAt += 1;
      } else if (kind === "user" || kind === "command" || kind === "attachment") {
        steps.push({ kind: "single", record });
        spoken = true;
      }
    }
    for (const step of steps) if (step.kind === "response") this.#complete(step);
    return steps;
  }

  /** Leaves out lines whose calls were never answered, unless the session ends with them. */
  withoutUnanswered(steps: Step[]): Step[] {
    const last = steps.findLastIndex(
      (step) => step.kind === "response" || this.#records.kind(step.record) !== "attachment",
    );
    const answered = (line: number): boolean => {
      const calls = this.#records.calls(line);
      return calls.length === 0 || calls.some((call) => this.#tables.results.has(call));
    };
    return steps.flatMap((step, order) => {
      if (step.kind === "single" || order >= last) return [step];
      const lines = step.lines.filter(answered);
      return lines.length === 0 && step.results.length === 0 ? [] : [{ ...step, lines }];
    });
  }

  #complete(step: Response): void {
    const id = this.#records.messageId(step.lines[0]!);
    if (id !== NONE) this.#pull(step.lines, this.#tables.lines.of(id));
    for (const line of step.lines) {
      for (const call of this.#records.calls(line)) this.#pull(step.results, this.#tables.results.of(call));
    }
    step.lines.sort((a, b) => a - b);
    step.results.sort((a, b) => a - b);
  }

  #pull(into: number[], candidates: Iterable<number>): void {
    for (const record of candidates) {
      if (this.#placed[record] === 1) continue;
      this.#placed[record] = 1;
      into.push(record);
    }
  }
}

/** The steps of a branch: what is sent on resume, and what stood before. */
export function planSteps(records: RecordTable, branch: Branch): { context: Step[]; before: Step[] } {
  const placed = new Uint8Array(records.length);
  for (const path of [branch.before, branch.context]) for (const position of path) placed[position] = 1;
  const live = (position: number): boolean => branch.live[position] === 1;
  const now = new StepPlanner(records, placed, (position) => live(position) && branch.cut[position] === 0);
  const context = now.withoutUnanswered(now.plan(branch.context));
  if (branch.before.length === 0) return { context, before: [] };
  return { context, before: new StepPlanner(records, placed, live).plan(branch.before) };
}
