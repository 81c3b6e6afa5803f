import { mkdir, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { CheckedStep } from "./check.ts";
import { hasCode, writing } from "./failure.ts";
import { lookAt, syncFolder } from "./files.ts";
import type { Journal, Transaction } from "./journal.ts";
import { assertPlace, missingFolders, realRoot, type Place } from "./places.ts";

/** Places the steps need a folder for: each step's own and that of the agent's lock. */
function placesOf(steps: CheckedStep[]): Place[] {
  return steps.flatMap((step) =>
    step.kind === "edit-json" && step.lock !== undefined ? [step, step.lock] : [step],
  );
}

/** Folders the steps need that do not exist, outermost first. */
export async function foldersToMake(steps: CheckedStep[]): Promise<string[]> {
  const folders = new Set<string>();
  for (const { path } of placesOf(steps)) {
    for (const folder of await writing("look at", path, () => missingFolders(path))) folders.add(folder);
  }
  return [...folders];
}

/** Makes the folders of the journal, mode 0700. One that somebody else has made meanwhile is struck off. */
export async function makeFolders(transaction: Transaction, steps: CheckedStep[]): Promise<void> {
  const { journal, at } = transaction;
  if (journal.folders.length === 0) return;
  for (const folder of journal.folders) {
    await writing("make the folder", folder, async () => {
      await at("before making a folder");
      if (!(await makeFolder(folder))) journal.folders = journal.folders.filter((other) => other !== folder);
      await at("after making a folder");
    });
  }
  for (const place of placesOf(steps)) await assertPlace(place);
}

async function makeFolder(folder: string): Promise<boolean> {
  await assertPlace({ path: folder, root: dirname(folder) });
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, "EEXIST") && (await lookAt(folder))?.isDirectory() === true) return false;
    throw error;
  }
  await syncFolder(dirname(folder));
  return true;
}

/** Removes the folders of the journal again, as far as they are empty. */
export async function undoFolders(journal: Journal, at: Transaction["at"]): Promise<void> {
  for (const folder of journal.folders.toReversed()) {
    await at("before removing a folder");
    if ((await lookAt(folder)) === undefined || (await realRoot(folder)) !== folder) continue;
    try {
      await rmdir(folder);
      await syncFolder(dirname(folder));
    } catch (error) {
      // Somebody uses it by now, or removed it.
      if (!hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR")) throw error;
    }
  }
}
