import type { World } from "casr-cli/provider";
import { unwritable } from "./faults.ts";
import { editorOf, join, taskHistoryFile } from "./paths.ts";

/** File in an editor's folder with the id of its running main process (VS Code: `environmentMainService.mainLockfile`). */
const LOCK = "code.lock";

/**
 * Refuses while the editor of a store runs: the extension holds its list of tasks in memory and writes it back over
 * what others wrote. An editor that crashed leaves its lock behind, which the process table of Linux tells.
 */
export async function refuseWhileRunning(store: string, world: World): Promise<void> {
  const editor = editorOf(store);
  if (editor === undefined) return;
  const lock = join(editor, LOCK);
  const text = await world.files.readText(lock);
  if (text === undefined) return;
  const id = /^\s*(\d{1,10})\s*$/u.exec(text)?.[1];
  const canTell = id !== undefined && (await world.files.stat("/proc/self"))?.kind === "directory";
  if (canTell && (await world.files.stat(`/proc/${id}`)) === undefined) return;
  const list = taskHistoryFile(store);
  const who = id === undefined ? "" : ` (process ${id})`;
  const stale = canTell ? "" : ` If it does not run, it left ${lock} behind: delete that file.`;
  throw unwritable(
    `The editor of ${editor} is running${who}: its Cline writes its list of tasks over what was added to ${list}.`,
    list,
    `Quit the editor, then run the command again; or write for Cline's CLI: CASR_CLINE_STORE=cli.${stale}`,
  );
}
