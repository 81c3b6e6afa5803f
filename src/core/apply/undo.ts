import { dirname, join } from "node:path";
import { isCasrError, messageOf } from "../errors.ts";
import { undoAppend } from "./append-undo.ts";
import { undoCreate } from "./create.ts";
import { undoEdit } from "./edit-undo.ts";
import { asWriteFailure } from "./failure.ts";
import { undoFolders } from "./folders.ts";
import type { Journal, StepRecord, Transaction } from "./journal.ts";
import { undoSqlite } from "./sqlite.ts";

interface UndoOutcome {
  /** What others changed meanwhile, which was left as it is. */
  left: string[];
  /** What could not be undone; empty means all is as before. */
  problems: string[];
}

/** Name of the temporary file of step `index`, beside its target. */
export function temporaryFor(path: string, id: string, index: number): string {
  return join(dirname(path), `.casr-${id}-${index}.tmp`);
}

/**
 * Undoes the steps of a journal, last first, whatever each had come to. One that fails does not
 * keep the others from being undone; those are marked, so that trying again later passes them over:
 * what is there by then may be a later run's. May run again after it was cut short.
 */
export async function undoAll(journal: Journal, at: Transaction["at"]): Promise<UndoOutcome> {
  const left: string[] = [];
  const problems: string[] = [];
  const undone: StepRecord[] = [];
  const attempt = async (path: string, act: () => Promise<void>): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      const failure = asWriteFailure(error, "undo what was written to", path);
      const message = messageOf(failure);
      problems.push(
        isCasrError(failure) ? message : `Could not undo what was written to ${path}: ${message}.`,
      );
      return false;
    }
  };
  for (const [index, record] of [...journal.steps.entries()].reverse()) {
    if (record.undone === true) continue;
    const temporary = temporaryFor(record.path, journal.id, index).replace(/\.tmp$/u, ".undo.tmp");
    if (await attempt(record.path, () => undoStep(record, temporary, at, left))) undone.push(record);
  }
  await attempt("the folders made", () => undoFolders(journal, at));
  if (problems.length > 0) for (const record of undone) record.undone = true;
  return { left, problems };
}

function undoStep(
  record: StepRecord,
  temporary: string,
  at: Transaction["at"],
  left: string[],
): Promise<void> {
  switch (record.kind) {
    case "create":
      return undoCreate(record, at, left);
    case "append":
      return undoAppend(record, temporary, at, left);
    case "edit":
      return undoEdit(record, temporary, at, left);
    case "sqlite":
      return undoSqlite(record, at, left);
  }
}
