import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { asWriteFailure, hasCode } from "./failure.ts";
import { lookAt, makeOwnFolder, removeFile } from "./files.ts";
import { isAtWork, removeJournal, saveJournal, type Journal } from "./journal.ts";
import { isRunning } from "./owner.ts";
import { tryLockRoots } from "./store-lock.ts";
import type { RecoveredTransaction, RecoverOptions } from "./types.ts";
import { undoAll } from "./undo.ts";
import { journalFolder } from "./unfinished.ts";

/** Age from which a half-written journal surely has no writer any more, ms. */
const ORPHAN_AGE = 3_600_000;

/**
 * Finishes the undo of every transaction whose process is gone. Without any journal it costs one
 * look at a folder. Whether the process is gone is decided by its store locks, which the kernel
 * takes away with it: whoever gets all of them is alone. Where the system also tells that the very
 * process runs (Linux), its journal is left alone even if somebody has deleted the locks.
 * Never throws for a bad journal: a damaged one is moved to `journal/quarantine`, one that cannot
 * be undone now stays for the next run; both are warned about.
 */
export async function recover(stateFolder: string, options: RecoverOptions): Promise<RecoveredTransaction[]> {
  const folder = journalFolder(stateFolder);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    options.warn(messageOf(asWriteFailure(error, "look for unfinished work in", folder)));
    return [];
  }
  await removeOrphans(folder, names);
  const recovered: RecoveredTransaction[] = [];
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    try {
      const one = await recoverOne(stateFolder, name, options);
      if (one !== undefined) recovered.push(one);
    } catch (error) {
      options.warn(`The unfinished work in ${join(folder, name)} could not be undone: ${messageOf(error)}`);
    }
  }
  return recovered;
}

/** Halves of journals whose process died while first writing them: nothing had been done by then. */
async function removeOrphans(folder: string, names: string[]): Promise<void> {
  const orphans = names.filter((name) => name.endsWith(".json.tmp") && !names.includes(name.slice(0, -4)));
  for (const name of orphans) {
    const found = await lookAt(join(folder, name));
    if (found !== undefined && Date.now() - Number(found.mtimeMs) > ORPHAN_AGE)
      await removeFile(join(folder, name));
  }
}

async function recoverOne(
  stateFolder: string,
  name: string,
  options: RecoverOptions,
): Promise<RecoveredTransaction | undefined> {
  const file = join(journalFolder(stateFolder), name);
  const first = await load(file, options);
  if (first === undefined) return undefined;
  if (isAtWork(first.id) || (first.owner.pid !== process.pid && isRunning(first.owner) === true)) {
    options.log(`${file}: process ${first.owner.pid} is still at work`);
    return undefined;
  }
  const locks = await tryLockRoots(first.roots, stateFolder);
  if (locks === undefined) {
    options.log(`${file}: its store is locked, somebody is at work`);
    return undefined;
  }
  try {
    // Its process may have finished between the first look and the lock.
    const journal = await load(file, options);
    return journal === undefined ? undefined : await undo(journal, file, stateFolder, options);
  } finally {
    locks.release();
  }
}

async function undo(
  journal: Journal,
  file: string,
  stateFolder: string,
  options: RecoverOptions,
): Promise<RecoveredTransaction> {
  const { left, problems } = await undoAll(journal, async (point) => options.faults?.(`recover: ${point}`));
  if (problems.length === 0) {
    await options.faults?.("recover: before removing the journal");
    await removeJournal(file, journalFolder(stateFolder));
    options.log(`undid the unfinished conversion ${journal.id} (session ${journal.sessionId})`);
  } else {
    await saveJournal(journalFolder(stateFolder), journal, () => {});
    options.warn(
      `An unfinished conversion could not be undone: ${problems.join(" ")} It is kept in ${file}.`,
    );
  }
  for (const one of left) options.warn(`While undoing an unfinished conversion: ${one}.`);
  const { id, sessionId, startedAt } = journal;
  return { id, sessionId, journal: file, startedAt, undone: problems.length === 0, left, problems };
}

/** The journal in a file; undefined when it is gone, not ours to undo, or damaged (then it is moved away). */
async function load(file: string, options: RecoverOptions): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw asWriteFailure(error, "read", file);
  }
  // Loaded late: its schema library is only needed after a crash.
  const { readJournal } = await import("./journal-read.ts");
  try {
    const journal = readJournal(text);
    if (journal !== "newer") return journal;
    options.warn(`${file} was left by a newer casr; run that one to undo it.`);
  } catch (error) {
    await quarantine(file, error, options);
  }
  return undefined;
}

async function quarantine(file: string, reason: unknown, options: RecoverOptions): Promise<void> {
  const folder = join(file, "..", "quarantine");
  await makeOwnFolder(folder);
  const moved = join(folder, `${Date.now()}-${file.split(/[\\/]/u).at(-1)}`);
  await rename(file, moved);
  options.warn(
    `A journal of unfinished work is damaged (${messageOf(reason).split("\n", 1)[0]}) and was moved to ${moved}. ` +
      "Look there if files named .casr-*.tmp lie about.",
  );
}
