import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./failure.ts";

/** The folder with the journals of unfinished transactions. */
export function journalFolder(stateFolder: string): string {
  return join(stateFolder, "journal");
}

/** Whether a run that was killed may have left work to undo: one look at a folder. */
export async function hasUnfinishedWork(stateFolder: string): Promise<boolean> {
  try {
    return (await readdir(journalFolder(stateFolder))).length > 0;
  } catch (error) {
    // Anything but its absence is for the undo to tell of.
    return !hasCode(error, "ENOENT", "ENOTDIR");
  }
}
