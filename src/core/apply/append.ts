import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { CheckedStep } from "./check.ts";
import { hasCode, writeFailed } from "./failure.ts";
import { identityOf, lookAt, openNew, openRegular, syncFolder } from "./files.ts";
import type { AppendRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";

type AppendStep = Extract<CheckedStep, { kind: "append-lines" }>;

/** How often a file may appear or change under our hands before we give up. */
const ATTEMPTS = 5;
const NEWLINE = 0x0a;

export function planAppend(step: AppendStep): AppendRecord {
  return { kind: "append", path: step.path, root: step.root, state: "planned", data: "" };
}

/**
 * Appends the lines in one write at the end the file has at that moment: agents append to these
 * files too, without any lock. A last line without a line break gets one first.
 */
export async function commitAppend(
  transaction: Transaction,
  step: AppendStep,
  record: AppendRecord,
): Promise<void> {
  const { at } = transaction;
  for (let attempt = 1; ; attempt += 1) {
    await at("before opening a file to append");
    const exists = (await lookAt(step.path)) !== undefined;
    // Without the file, the journal has to speak before the file is made.
    if (!exists) await announce(transaction, record, step.lines, undefined, false);
    await assertPlace(record);
    try {
      const handle = exists
        ? await openRegular(step.path, readAppend())
        : await openNew(step.path, 0o600, true);
      try {
        await at("after opening a file to append");
        if (await appendTo(handle, transaction, step, record, exists)) break;
      } finally {
        await handle.close();
      }
    } catch (error) {
      // It came or went in between: look again.
      if (!hasCode(error, "EEXIST", "ENOENT") || attempt === ATTEMPTS) throw error;
    }
    if (attempt === ATTEMPTS) throw busy(step.path);
  }
  record.state = "written";
  await syncFolder(dirname(step.path));
  await at("after appending");
}

function readAppend(): number {
  return constants.O_RDWR | constants.O_APPEND;
}

/** Whether it was done; false when the file grew between the journal and the write. */
async function appendTo(
  handle: FileHandle,
  transaction: Transaction,
  step: AppendStep,
  record: AppendRecord,
  exists: boolean,
): Promise<boolean> {
  if (exists) {
    const before = await handle.stat({ bigint: true });
    const unfinished = before.size > 0n && (await byteAt(handle, Number(before.size) - 1)) !== NEWLINE;
    await announce(transaction, record, step.lines, identityOf(before), unfinished);
    if ((await handle.stat({ bigint: true })).size !== before.size) return false;
  }
  const bytes = Buffer.from(record.data);
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done)).bytesWritten;
    await transaction.at("after a write at the end");
  }
  await handle.sync();
  return true;
}

async function announce(
  transaction: Transaction,
  record: AppendRecord,
  lines: string[],
  before: AppendRecord["before"],
  unfinished: boolean,
): Promise<void> {
  record.state = "writing";
  record.data = `${unfinished ? "\n" : ""}${lines.join("\n")}\n`;
  if (before === undefined) delete record.before;
  else record.before = before;
  await transaction.save();
}

async function byteAt(handle: FileHandle, position: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, position);
  return bytesRead === 1 ? buffer[0] : undefined;
}

function busy(path: string): Error {
  return writeFailed(`${path} changes all the time.`, "Close the agent, then run the command again.", path);
}
