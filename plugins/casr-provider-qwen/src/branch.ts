import type { RecordEntry } from "./records.ts";

/** One message of the active branch: records with the same uuid are pieces of one. */
export interface Step {
  /** Positions among the index's entries, in file order. */
  pieces: number[];
  /** Whether Qwen Code would send it: not before a compression, not in a broken run of model turns. */
  inContext: boolean;
}

/** The active branch, oldest first. */
export interface Branch {
  steps: Step[];
  /** Line of the record whose parent is not in the file: everything older cannot be reached. */
  gapAt?: number;
}

/** Finds the branch that Qwen Code 0.24.4 resumes: the one that ends in the last record. */
export function findBranch(entries: RecordEntry[], isHelper: boolean): Branch {
  const byUuid = new Map<string, number[]>();
  entries.forEach(({ uuid }, position) => {
    const pieces = byUuid.get(uuid);
    if (pieces === undefined) byUuid.set(uuid, [position]);
    else pieces.push(position);
  });
  const { chain, gapAt } = walk(entries, byUuid);
  const steps = chain.map((pieces): Step => ({ pieces, inContext: true }));
  if (!isHelper) dropVoidRuns(steps, entries);
  dropAnsweredCommands(steps, entries);
  const newest = steps.findLastIndex(({ pieces }) => entries[pieces[0]!]!.kind === "compression");
  for (const step of steps.slice(0, Math.max(newest, 0))) step.inContext = false;
  return { steps, ...(gapAt === undefined ? {} : { gapAt }) };
}

/** From the last record up to a root, a gap or a loop; the records of a uuid count from its first one. */
function walk(
  entries: RecordEntry[],
  byUuid: ReadonlyMap<string, number[]>,
): { chain: number[][]; gapAt?: number } {
  const chain: number[][] = [];
  const seen = new Set<string>();
  let uuid = entries.at(-1)?.uuid;
  while (uuid !== undefined && !seen.has(uuid)) {
    seen.add(uuid);
    const pieces: number[] = byUuid.get(uuid)!;
    chain.push(pieces);
    const { parent, line }: RecordEntry = entries[pieces[0]!]!;
    if (parent !== undefined && !byUuid.has(parent)) return { chain: chain.reverse(), gapAt: line };
    uuid = parent;
  }
  return { chain: chain.reverse() };
}

/**
 * Model turns without a user's between them stand and fall together: one with an empty part, or with none,
 * takes all of them along (0.24.4, `extractCuratedHistory`). A helper's file splits turns and keeps empty ones.
 */
function dropVoidRuns(steps: Step[], entries: RecordEntry[]): void {
  let run: Step[] = [];
  const close = (): void => {
    const pieces = run.map((step) => step.pieces.map((position) => entries[position]!));
    const broken = pieces.some(
      (turn) => turn.some((piece) => piece.void) || turn.every((piece) => piece.parts === 0),
    );
    run.forEach((step, index) => {
      if (broken || pieces[index]!.every((piece) => piece.placeholder)) step.inContext = false;
    });
    run = [];
  };
  for (const step of steps) {
    const { kind } = entries[step.pieces[0]!]!;
    if (kind === "assistant") run.push(step);
    else if (kind !== "other" && kind !== "command") close();
  }
  close();
}

/** A prompt that the CLI answered itself, as `/help`, is not sent. */
function dropAnsweredCommands(steps: Step[], entries: RecordEntry[]): void {
  let last: Step | undefined;
  for (const step of steps) {
    const entry = entries[step.pieces[0]!]!;
    if (entry.kind === "other") continue;
    if (entry.kind !== "command") {
      last = entry.kind === "compression" ? undefined : step;
      continue;
    }
    const prompt = last === undefined ? undefined : entries[last.pieces[0]!]!;
    if (prompt?.kind !== "user") continue;
    if (entry.said !== undefined && prompt.said === entry.said) last!.inContext = false;
    last = undefined;
  }
}
