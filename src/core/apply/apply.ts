import { join } from "node:path";
import type { WritePlan } from "../../provider/writer.ts";
import { CasrError, isCasrError, messageOf } from "../errors.ts";
import { commitAppend, planAppend } from "./append.ts";
import { checkPlan, type CheckedPlan, type CheckedStep } from "./check.ts";
import { commitCreate, planCreate, stageCreate } from "./create.ts";
import { commitEdit, planEdit } from "./edit-json.ts";
import { asWriteFailure, interrupted, writing } from "./failure.ts";
import { foldersToMake, makeFolders } from "./folders.ts";
import { newJournal, removeJournal, saveJournal, withTransactionId } from "./journal.ts";
import type { Journal, StepRecord, Transaction } from "./journal.ts";
import { asCreation, commitSqlite, planSqlite } from "./sqlite.ts";
import { lockRoots } from "./store-lock.ts";
import type { ApplyOptions, ApplyResult, Backup } from "./types.ts";
import { temporaryFor, undoAll } from "./undo.ts";
import { journalFolder } from "./unfinished.ts";

/**
 * Does what a plan says, all of it, and has it verified; or puts everything back and rejects with
 * `target-exists`, `write-failed`, `provider-fault`, or what `verify` threw. Should putting back
 * fail, the error is `write-failed`, says what is left, and the journal stays for `recover`.
 */
export async function applyPlan(plan: WritePlan, options: ApplyOptions): Promise<ApplyResult> {
  if (options.signal.aborted) throw interrupted();
  const checked = await checkPlan(plan);
  return withTransactionId(async (id) => {
    const locks = await lockRoots(checked.roots, options.stateFolder, options.signal);
    try {
      const steps = await Promise.all(checked.steps.map((step) => asCreation(step, options.signal)));
      return await run(id, { ...checked, steps }, options);
    } finally {
      locks.release();
    }
  });
}

/** A step and what the journal holds about it; undefined when there is nothing to do. */
interface Work {
  step: CheckedStep;
  record: StepRecord | undefined;
}

async function run(id: string, plan: CheckedPlan, options: ApplyOptions): Promise<ApplyResult> {
  const startedAt = options.now();
  const works = await planWork(id, plan, options.force, startedAt);
  const steps = works.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const journal = newJournal(id, {
    sessionId: plan.sessionId,
    version: options.version,
    startedAt,
    roots: plan.roots,
    folders: await foldersToMake(plan.steps),
    steps,
  });
  const folder = journalFolder(options.stateFolder);
  const at = async (point: string): Promise<void> => {
    if (options.signal.aborted) throw interrupted();
    await options.faults?.(point);
  };
  const save = (): Promise<void> =>
    writing("keep a journal in", folder, () => saveJournal(folder, journal, at));
  const transaction: Transaction = {
    journal,
    file: join(folder, `${id}.json`),
    signal: options.signal,
    at,
    save,
  };
  try {
    await save();
    await makeFolders(transaction, plan.steps);
    await stageAll(transaction, works, options.onProgress);
    await save();
    const writtenPaths = await commitAll(transaction, works);
    await options.verify();
    await writing("end the journal in", folder, async () => {
      await at("after verifying");
      await removeJournal(transaction.file, folder);
    });
    return { writtenPaths, backups: steps.flatMap(backupOf) };
  } catch (error) {
    throw await putBack(transaction, options.signal.aborted ? interrupted() : error, folder, options);
  }
}

/** Looks at every target before anything is written, and decides what each step will do. */
async function planWork(id: string, plan: CheckedPlan, force: boolean, now: number): Promise<Work[]> {
  const works: Work[] = [];
  const taken = new Set<string>();
  for (const [index, step] of plan.steps.entries()) {
    const temporary = temporaryFor(step.path, id, works.filter(({ record }) => record !== undefined).length);
    const record = await writing("look at", step.path, async () => {
      if (step.kind === "create-file") return planCreate(step, temporary, { force, now, taken });
      if (step.kind === "append-lines") return planAppend(step);
      if (step.kind === "edit-json") return planEdit(step, temporary);
      return planSqlite(step);
    });
    works[index] = { step, record };
  }
  return works;
}

/** Writes all new files under temporary names: whatever takes long or fails easily comes before any change. */
async function stageAll(
  transaction: Transaction,
  works: Work[],
  onProgress: ((bytesDone: number) => void) | undefined,
): Promise<void> {
  let done = 0;
  for (const { step, record } of works) {
    if (step.kind !== "create-file" || record?.kind !== "create") continue;
    await writing("write", step.path, () =>
      stageCreate(transaction, step, record, (count) => onProgress?.((done += count))),
    );
  }
}

/** Makes the changes in the plan's order; the paths really written, as the plan names them. */
async function commitAll(transaction: Transaction, works: Work[]): Promise<string[]> {
  const written = new Set<string>();
  for (const work of works) {
    if (await writing("write", work.step.path, () => commitOne(transaction, work)))
      written.add(work.step.given);
  }
  return [...written];
}

async function commitOne(transaction: Transaction, { step, record }: Work): Promise<boolean> {
  if (step.kind === "create-file" && record?.kind === "create")
    return commitCreate(transaction, step, record);
  if (step.kind === "edit-json" && record?.kind === "edit") return commitEdit(transaction, step, record);
  if (step.kind === "append-lines" && record?.kind === "append") {
    await commitAppend(transaction, step, record);
    return true;
  }
  if (step.kind === "sqlite" && record?.kind === "sqlite") {
    await commitSqlite(transaction, step, record);
    return true;
  }
  return false;
}

function backupOf(record: StepRecord): Backup[] {
  return record.kind === "create" && record.backup !== undefined
    ? [{ path: record.path, backup: record.backup.path }]
    : [];
}

/** Notes in the journal which steps are undone. On a full disk it stays as it was, which undoes them once more. */
async function keepJournal(folder: string, journal: Journal, problems: string[]): Promise<void> {
  try {
    await saveJournal(folder, journal, () => {});
  } catch (error) {
    problems.push(messageOf(asWriteFailure(error, "keep a journal in", folder)));
  }
}

/** Undoes the transaction; the error to throw then. Not cut by the signal that may have led here. */
async function putBack(
  transaction: Transaction,
  error: unknown,
  folder: string,
  { faults }: ApplyOptions,
): Promise<unknown> {
  const { journal, file } = transaction;
  const { left, problems } = await undoAll(journal, async (point) => faults?.(`undo: ${point}`));
  if (problems.length === 0) {
    try {
      await faults?.("undo: before removing the journal");
      await removeJournal(file, folder);
    } catch (failure) {
      problems.push(messageOf(failure));
    }
  }
  if (problems.length > 0) {
    await keepJournal(folder, journal, problems);
    return new CasrError(
      "write-failed",
      `${messageOf(error)} Not everything could be put back: ${problems.join(" ")} What is left to undo is in ${file}.`,
      {
        suggestions: ["Remove the cause, then run casr again: it finishes the undo first."],
        context: { journal: file, problems, left, undone: false },
        cause: error,
      },
    );
  }
  if (isCasrError(error)) error.context["undone"] = true;
  if (left.length === 0) return error;
  const message = `${messageOf(error)} Everything was put back, except: ${left.join("; ")}.`;
  if (!isCasrError(error)) return new CasrError("internal", message, { context: { left }, cause: error });
  const { suggestions, context } = error;
  return new CasrError(error.code, message, { suggestions, context: { ...context, left }, cause: error });
}
