import { rename } from "node:fs/promises";
import { dirname } from "node:path";
import { heldByAgent, takeAgentLock, type AgentLock } from "./agent-lock.ts";
import { digestOf, readWhole } from "./edit-json.ts";
import { isSameFile, lookAt, removeFile, syncFolder, writeNewFile, type FileIdentity } from "./files.ts";
import type { EditRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";

/**
 * Takes an edit back if the file still holds our result; a file that others have changed since is
 * left as it is (`left` says so). Runs under the agent's lock, taking over one we left behind.
 */
export async function undoEdit(
  record: EditRecord,
  temporary: string,
  at: Transaction["at"],
  left: string[],
): Promise<void> {
  await assertPlace(record);
  if (record.state !== "planned") {
    const lock = await lockForUndo(record);
    try {
      await at("before undoing an edit");
      if (record.state === "staged") await restore(record, temporary, at, left);
    } finally {
      await lock?.release();
    }
  }
  await assertPlace(record);
  await removeFile(temporary);
  await removeFile(record.temporary);
  await at("after undoing an edit");
}

async function lockForUndo(record: EditRecord): Promise<AgentLock | undefined> {
  const { lock } = record;
  if (lock === undefined || (await lookAt(dirname(lock.path))) === undefined) return undefined;
  await assertPlace(lock);
  const taken = await takeAgentLock(lock.path, lock.identity === undefined ? {} : { ours: lock.identity });
  // Nothing was changed yet, and a lock that is renewed is not one we left behind.
  if (taken === undefined && record.state === "staged") throw heldByAgent(lock.path);
  return taken;
}

async function restore(
  record: EditRecord,
  temporary: string,
  at: Transaction["at"],
  left: string[],
): Promise<void> {
  const { path, original } = record;
  const current = await readWhole(path);
  if (!(await wasMade(record, current?.identity))) return;
  const digest = current === undefined ? undefined : digestOf(current.bytes);
  const former = original === undefined ? undefined : Buffer.from(original.content, "base64");
  if (digest === (former === undefined ? undefined : digestOf(former))) return;
  if (digest !== record.digest) {
    left.push(`${path} was changed by another program since casr edited it and is left as it is`);
    return;
  }
  if (original === undefined || former === undefined) {
    await removeFile(path);
  } else {
    await assertPlace(record);
    await removeFile(temporary);
    await writeNewFile(temporary, former, original);
    await at("before restoring an edited file");
    await assertPlace(record);
    await rename(temporary, path);
  }
  await syncFolder(dirname(path));
}

/** Renaming takes the temporary file away; linking (where no file was before) gives it a second name first. */
async function wasMade(record: EditRecord, current: FileIdentity | undefined): Promise<boolean> {
  if ((await lookAt(record.temporary)) === undefined) return true;
  const { original, staged } = record;
  return (
    original === undefined && staged !== undefined && current !== undefined && isSameFile(current, staged)
  );
}
