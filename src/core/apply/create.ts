import { link, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { backupNameFor } from "./backup.ts";
import type { CheckedStep } from "./check.ts";
import { hasCode, interrupted, targetExists, writeFailed, writing } from "./failure.ts";
import {
  attributesOf,
  identityOf,
  isSameFile,
  isUnchanged,
  lookAt,
  openNew,
  removeFile,
  syncFolder,
  takeAttributes,
} from "./files.ts";
import type { CreateRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";
import { writeContent } from "./stage.ts";

type CreateStep = Extract<CheckedStep, { kind: "create-file" }>;

/** How link(2) says that this file system, or this system, has no hard links. */
const NO_LINKS = ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL", "EXDEV"];

/** What the creation will do, or undefined when an existing file is to be kept. Throws `target-exists`. */
export async function planCreate(
  step: CreateStep,
  temporary: string,
  options: { force: boolean; now: number; taken: Set<string> },
): Promise<CreateRecord | undefined> {
  const record: CreateRecord = { kind: "create", path: step.path, root: step.root, temporary };
  const found = await lookAt(step.path);
  if (found === undefined) return record;
  if (!found.isFile()) {
    throw writeFailed(
      `${step.path} is no regular file.`,
      "Move it away, then run the command again.",
      step.path,
    );
  }
  if (step.keepExisting) return undefined;
  if (!options.force) throw targetExists(step.given);
  const backup = await backupNameFor(step.path, options.now, options.taken);
  return { ...record, backup: { path: backup, of: identityOf(found) } };
}

/** Writes the whole content into the temporary file beside the target and makes it durable. */
export async function stageCreate(
  transaction: Transaction,
  step: CreateStep,
  record: CreateRecord,
  onBytes: (count: number) => void,
): Promise<void> {
  await transaction.at("before making a temporary file");
  await assertPlace(record);
  const handle = await openNew(record.temporary);
  try {
    await transaction.at("after making a temporary file");
    await writeContent(handle, step.content, (count) => {
      onBytes(count);
      if (transaction.signal.aborted) throw interrupted();
    });
    const old = record.backup === undefined ? undefined : await lookAt(record.path);
    if (old !== undefined) await takeAttributes(handle, attributesOf(old));
    if (step.modifiedAt !== undefined) await handle.utimes(step.modifiedAt / 1000, step.modifiedAt / 1000);
    await transaction.at("before syncing a temporary file");
    await handle.sync();
    record.staged = identityOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
  await transaction.at("after staging a file");
}

/** Gives the staged file its name. Whether it did: an existing file may have to be kept after all. */
export async function commitCreate(
  transaction: Transaction,
  step: CreateStep,
  record: CreateRecord,
): Promise<boolean> {
  const { at } = transaction;
  await at("before committing a file");
  try {
    if (record.backup !== undefined) await replaceOld(transaction, record, record.backup);
    else await placeNew(transaction, record);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    if (!step.keepExisting) throw targetExists(step.given);
    await removeFile(record.temporary);
    return false;
  }
  await at("after committing a file");
  await assertPlace(record);
  const placed = await lookAt(record.path);
  if (placed === undefined || record.staged === undefined || !isSameFile(identityOf(placed), record.staged)) {
    throw writeFailed(
      `${record.path} was changed while casr wrote it.`,
      "Run the command again.",
      record.path,
    );
  }
  await syncFolder(dirname(record.path));
  await at("after syncing the folder");
  return true;
}

/** Puts the staged file where nothing is yet; rejects with EEXIST, and changes nothing, when something is. */
async function placeNew(transaction: Transaction, record: CreateRecord): Promise<void> {
  const { at } = transaction;
  try {
    await at("linking a file");
    await assertPlace(record);
    await link(record.temporary, record.path);
  } catch (error) {
    if (!hasCode(error, ...NO_LINKS)) throw error;
    // An empty file claims the name as exclusively as a link would; then it is replaced in one go.
    record.placeholder = true;
    await transaction.save();
    await assertPlace(record);
    await claim(record);
    await at("after claiming a name");
    await assertPlace(record);
    await rename(record.temporary, record.path);
    return;
  }
  await at("after linking a file");
  await removeFile(record.temporary);
}

/** Makes the empty file. One that is there already is somebody's own, which an undo must not take for ours. */
async function claim(record: CreateRecord): Promise<void> {
  try {
    await (await openNew(record.path)).close();
  } catch (error) {
    delete record.placeholder;
    throw error;
  }
}

/** Keeps the old file under its backup name, then replaces it: there is a whole file there at every moment. */
async function replaceOld(
  transaction: Transaction,
  record: CreateRecord,
  backup: NonNullable<CreateRecord["backup"]>,
): Promise<void> {
  const { at } = transaction;
  const found = await lookAt(record.path);
  if (found === undefined || !isSameFile(identityOf(found), backup.of)) {
    throw writeFailed(`${record.path} was replaced while casr wrote.`, "Run the command again.", record.path);
  }
  try {
    await at("linking a backup");
    await assertPlace(record);
    await link(record.path, backup.path);
  } catch (error) {
    if (!hasCode(error, ...NO_LINKS)) throw error;
    await rename(record.path, backup.path);
    await at("after moving the old file");
    await placeNew(transaction, record);
    return;
  }
  await at("after linking a backup");
  await assertPlace(record);
  await rename(record.temporary, record.path);
}

/**
 * Takes a creation back, whether or not it was done. `left` gets what others changed meanwhile: a
 * session somebody has gone on with is never removed.
 */
export async function undoCreate(record: CreateRecord, at: Transaction["at"], left: string[]): Promise<void> {
  const { path, temporary, staged, backup } = record;
  await at("before undoing a file");
  await assertPlace(record);
  const found = await lookAt(path);
  const identity = found === undefined ? undefined : identityOf(found);
  const kept = backup === undefined ? undefined : await lookAt(backup.path);
  const haveBackup = backup !== undefined && kept !== undefined && isSameFile(identityOf(kept), backup.of);
  const ours = staged !== undefined && identity !== undefined && isSameFile(identity, staged);
  if (ours && !isUnchanged(identity, staged)) {
    left.push(
      `${path} was changed since casr wrote it and is kept${haveBackup ? `; the old one is ${backup.path}` : ""}`,
    );
  } else if (haveBackup && identity !== undefined && isSameFile(identity, backup.of)) {
    // Both names lead to the old file.
    await removeFile(backup.path);
  } else if (haveBackup && (found === undefined || ours || (await isPlaceholder(record, found.size)))) {
    await rename(backup.path, path);
  } else if (ours || (found !== undefined && (await isPlaceholder(record, found.size)))) {
    await removeFile(path);
  } else if (haveBackup) {
    left.push(`${path} was replaced by another program; the file before casr is ${backup.path}`);
  }
  await at("between undoing a file and its temporary");
  await assertPlace(record);
  await removeFile(temporary);
  await writing("bring to disk", path, () => syncIfThere(dirname(path)));
}

/** The empty file that held the name; as long as it is that, the staged file still has its own. */
async function isPlaceholder(record: CreateRecord, size: bigint): Promise<boolean> {
  return record.placeholder === true && size === 0n && (await lookAt(record.temporary)) !== undefined;
}

async function syncIfThere(folder: string): Promise<void> {
  if ((await lookAt(folder)) !== undefined) await syncFolder(folder);
}
