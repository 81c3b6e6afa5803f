import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { link, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { isCasrError, messageOf } from "../errors.ts";
import { heldByAgent, takeAgentLock, type AgentLock } from "./agent-lock.ts";
import type { CheckedStep } from "./check.ts";
import { hasCode, planFault, writeFailed } from "./failure.ts";
import {
  attributesOf,
  identityOf,
  isUnchanged,
  lookAt,
  openRegular,
  removeFile,
  syncFolder,
  writeNewFile,
} from "./files.ts";
import type { FileIdentity } from "./files.ts";
import { formatJson, parseJson } from "./json-text.ts";
import type { EditRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";

type EditStep = Extract<CheckedStep, { kind: "edit-json" }>;

/** How often the file may change between reading and replacing it. */
const ATTEMPTS = 5;
const LARGEST = 64 * 1024 * 1024;

export function planEdit(step: EditStep, temporary: string): EditRecord {
  const record: EditRecord = { kind: "edit", path: step.path, root: step.root, temporary, state: "planned" };
  if (step.lock !== undefined) record.lock = { ...step.lock };
  return record;
}

/** Edits the file under the agent's own lock, as a whole: nobody ever sees half of it. Whether it changed. */
export async function commitEdit(
  transaction: Transaction,
  step: EditStep,
  record: EditRecord,
): Promise<boolean> {
  await transaction.at("before editing a file");
  await assertPlace(record);
  const lock = await lockForEdit(transaction, record);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const outcome = await tryEdit(transaction, step, record);
      if (outcome !== "again") return outcome === "changed";
      // Before the temporary file goes: that it is missing means, once staged, that the change was made.
      record.state = "begun";
      await transaction.save();
    }
  } finally {
    await lock?.release();
    // Only this process can know that the lock is given back: a journal on disk stays on the safe side.
    if (record.state === "begun") record.state = "planned";
  }
  throw writeFailed(
    `${step.path} changes all the time.`,
    "Close the agent, then run the command again.",
    step.path,
  );
}

async function lockForEdit(transaction: Transaction, record: EditRecord): Promise<AgentLock | undefined> {
  const { lock } = record;
  if (lock === undefined) return undefined;
  record.state = "begun";
  await transaction.save();
  await assertPlace(lock);
  const taken = await waitForLock(transaction, record, lock.path);
  try {
    await transaction.at("after taking the agent's lock");
    lock.identity = taken.identity;
    await transaction.save();
    return taken;
  } catch (error) {
    await taken.release();
    throw error;
  }
}

async function waitForLock(transaction: Transaction, record: EditRecord, path: string): Promise<AgentLock> {
  try {
    const taken = await takeAgentLock(path, { signal: transaction.signal });
    if (taken === undefined) throw heldByAgent(path);
    return taken;
  } catch (error) {
    // The lock that stands there is somebody else's: the undo has no need to wait for it again.
    record.state = "planned";
    throw error;
  }
}

async function tryEdit(
  transaction: Transaction,
  step: EditStep,
  record: EditRecord,
): Promise<"changed" | "same" | "again"> {
  const { at } = transaction;
  const current = await readWhole(step.path);
  const former = current?.bytes.toString("utf8");
  const text = formatJson(runEdit(step, former), former);
  if (text === undefined) throw planFault("an edit gave something that JSON cannot hold");
  const bytes = Buffer.from(text);
  if (current?.bytes.equals(bytes)) return "same";
  record.digest = digestOf(bytes);
  if (current === undefined) delete record.original;
  else {
    const { mtimeMs, attributes } = current;
    record.original = { content: current.bytes.toString("base64"), ...attributes, mtimeMs };
  }
  await at("before staging an edit");
  await assertPlace(record);
  await removeFile(record.temporary);
  record.staged = await writeNewFile(record.temporary, bytes, current?.attributes);
  record.state = "staged";
  await transaction.save();
  const before = await lookAt(step.path);
  const isAsRead =
    current === undefined
      ? before === undefined
      : before !== undefined && isUnchanged(identityOf(before), current.identity);
  if (!isAsRead) return "again";
  await at("before replacing a file");
  await assertPlace(record);
  if (current === undefined) {
    if (!(await placeFirst(record))) return "again";
  } else {
    await rename(record.temporary, step.path);
  }
  await at("after replacing a file");
  await syncFolder(dirname(step.path));
  return "changed";
}

function runEdit(step: EditStep, former: string | undefined): ReturnType<EditStep["edit"]> {
  let current;
  try {
    current = former === undefined ? undefined : parseJson(former);
  } catch (error) {
    throw writeFailed(
      `${step.path} is not valid JSON (${messageOf(error)}); casr does not touch it.`,
      "Repair the file or move it away, then run the command again.",
      step.path,
      error,
    );
  }
  try {
    return step.edit(current);
  } catch (error) {
    if (isCasrError(error)) throw error;
    throw planFault(`an edit failed (${messageOf(error)})`, error);
  }
}

/** Names a file that was not there; false when one has come in between. */
async function placeFirst(record: EditRecord): Promise<boolean> {
  try {
    await link(record.temporary, record.path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    if (hasCode(error, "ENOENT", "ENOSPC", "EROFS", "EIO")) throw error;
    // No links there: the agent's lock has to be enough.
    await rename(record.temporary, record.path);
  }
  await removeFile(record.temporary);
  return true;
}

interface Whole {
  bytes: Buffer;
  identity: FileIdentity;
  attributes: ReturnType<typeof attributesOf>;
  mtimeMs: number;
}

/** A whole small file with its attributes; undefined when there is none. */
export async function readWhole(path: string): Promise<Whole | undefined> {
  if ((await lookAt(path)) === undefined) return undefined;
  const handle = await openRegular(path, constants.O_RDONLY);
  try {
    const stat = await handle.stat({ bigint: true });
    if (stat.size > BigInt(LARGEST))
      throw writeFailed(`${path} is too large to edit.`, "Make it smaller.", path);
    const bytes = await handle.readFile();
    return {
      bytes,
      identity: identityOf(stat),
      attributes: attributesOf(stat),
      mtimeMs: Number(stat.mtimeNs) / 1e6,
    };
  } finally {
    await handle.close();
  }
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
