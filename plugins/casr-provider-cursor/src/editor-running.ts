import type { World } from "casr-cli/provider";
import { unwritable } from "./faults.ts";
import { lockFile, stateDatabase } from "./paths.ts";

/**
 * Refuses while the editor runs: it holds `ItemTable` in memory and writes it back over what others wrote. It
 * notes its process id in a file and takes it away when it ends; one that crashed leaves it behind, which the
 * process table of Linux tells.
 */
export async function refuseWhileRunning(editor: string, world: World): Promise<void> {
  const path = lockFile(editor);
  const text = await world.files.readText(path);
  if (text === undefined) return;
  const id = /^\s*(\d{1,10})\s*$/u.exec(text)?.[1];
  const canTell = id !== undefined && (await world.files.stat("/proc/self"))?.kind === "directory";
  if (canTell && (await world.files.stat(`/proc/${id}`)) === undefined) return;
  const who = id === undefined ? "" : ` (process ${id})`;
  const stale = canTell ? "" : ` If it does not run, it left ${path} behind: delete that file.`;
  throw unwritable(
    `Cursor is running${who}: when it ends it writes its lists over what was added to ${stateDatabase(editor)}.`,
    stateDatabase(editor),
    `Quit Cursor, then run the command again.${stale}`,
  );
}
