import type { Branch } from "./branch.ts";
import type { RecordEntry } from "./records.ts";

/** What comes out of the branch one after the other; numbers are positions in the index's entries. */
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
    for (let at = 0; at < numbers.length; ) {
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
  lines: Map<string, number[]>;
  results: Map<string, number[]>;
}

function push(map: Map<string, number[]>, key: string, position: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [position]);
  else list.push(position);
}

function sideTables(entries: RecordEntry[], counts: (position: number) => boolean): SideTables {
  const tables: SideTables = { lines: new Map(), results: new Map() };
  entries.forEach((entry, position) => {
    if (!counts(position)) return;
    if (entry.kind === "assistant" && entry.messageId !== undefined)
      push(tables.lines, entry.messageId, position);
    if (entry.kind === "result") for (const call of entry.calls) push(tables.results, call, position);
  });
  return tables;
}

type Response = Extract<Step, { kind: "response" }>;

/**
 * Orders the records of a branch as they are sent (Claude Code 2.1.329): lines of one response together, lines
 * and results of parallel calls that hang beside the chain pulled in, results behind their response in file
 * order, files named in a prompt in front of it.
 */
class StepPlanner {
  readonly #entries: RecordEntry[];
  readonly #tables: SideTables;
  /** Records that have a place already, on the branch or pulled in. */
  readonly #placed: Uint8Array;

  constructor(entries: RecordEntry[], placed: Uint8Array, counts: (position: number) => boolean) {
    this.#entries = entries;
    this.#placed = placed;
    this.#tables = sideTables(entries, counts);
  }

  /** The steps of one stretch of the branch. */
  plan(path: number[]): Step[] {
    const steps: Step[] = [];
    let response: { step: Response; id: string | undefined } | undefined;
    let spoken = false;
    // Where files named in a prompt go: behind the last answer.
    let attachAt = 0;
    for (const record of path) {
      const entry = this.#entries[record]!;
      if (entry.kind === "assistant") {
        const same =
          response !== undefined &&
          !spoken &&
          entry.messageId !== undefined &&
          entry.messageId === response.id;
        if (same) response!.step.lines.push(record);
        else {
          response = { step: { kind: "response", lines: [record], results: [] }, id: entry.messageId };
          steps.push(response.step);
          spoken = false;
          attachAt = steps.length;
        }
      } else if (entry.kind === "result") {
        if (response === undefined) {
          steps.push({ kind: "single", record });
          attachAt = steps.length;
        } else response.step.results.push(record);
      } else if (entry.hook) {
        // Does not end the response: further lines of it may follow.
        steps.push({ kind: "single", record });
      } else if (entry.kind === "attachment" && !entry.queued) {
        steps.splice(attachAt, 0, { kind: "single", record });
        attachAt += 1;
      } else if (entry.kind === "user" || entry.kind === "command" || entry.kind === "attachment") {
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
      (step) => step.kind === "response" || this.#entries[step.record]!.kind !== "attachment",
    );
    const answered = (line: number): boolean => {
      const { calls } = this.#entries[line]!;
      return calls.length === 0 || calls.some((call) => this.#tables.results.has(call));
    };
    return steps.flatMap((step, order) => {
      if (step.kind === "single" || order >= last) return [step];
      const lines = step.lines.filter(answered);
      return lines.length === 0 && step.results.length === 0 ? [] : [{ ...step, lines }];
    });
  }

  #complete(step: Response): void {
    const id = this.#entries[step.lines[0]!]!.messageId;
    if (id !== undefined) this.#pull(step.lines, this.#tables.lines.get(id) ?? []);
    for (const line of step.lines) {
      for (const call of this.#entries[line]!.calls)
        this.#pull(step.results, this.#tables.results.get(call) ?? []);
    }
    step.lines.sort((a, b) => a - b);
    step.results.sort((a, b) => a - b);
  }

  #pull(into: number[], candidates: number[]): void {
    for (const record of candidates) {
      if (this.#placed[record] === 1) continue;
      this.#placed[record] = 1;
      into.push(record);
    }
  }
}

/** The steps of a branch: what is sent on resume, and what stood before. */
export function planSteps(entries: RecordEntry[], branch: Branch): { context: Step[]; before: Step[] } {
  const placed = new Uint8Array(entries.length);
  for (const path of [branch.before, branch.context]) for (const position of path) placed[position] = 1;
  const live = (position: number): boolean => branch.live[position] === 1;
  const now = new StepPlanner(entries, placed, (position) => live(position) && branch.cut[position] === 0);
  const context = now.withoutUnanswered(now.plan(branch.context));
  return { context, before: new StepPlanner(entries, placed, live).plan(branch.before) };
}
