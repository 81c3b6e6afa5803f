import { constants, fstatSync, ftruncateSync } from "node:fs";
import { rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import {
  attributesOf,
  identityOf,
  isSameFile,
  lookAt,
  openRegular,
  removeFile,
  syncFolder,
  writeNewFile,
} from "./files.ts";
import type { AppendRecord, Transaction } from "./journal.ts";
import { assertPlace } from "./places.ts";

const NEWLINE = 0x0a;
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Takes exactly our bytes out of the file again, wherever they are by now. At the end of the file it
 * is truncated in place. If others appended behind us, the file is replaced by a copy without our
 * lines, under a last look for bytes that came in while copying. A file that holds nothing but
 * our bytes and was not there before is removed. If our bytes are not there (not written yet,
 * removed by others) nothing is done, and `left` says so if they had surely been written.
 */
export async function undoAppend(
  record: AppendRecord,
  temporary: string,
  at: Transaction["at"],
  left: string[],
): Promise<void> {
  if (record.state === "planned") return;
  await at("before undoing an append");
  await assertPlace(record);
  await removeFile(temporary);
  if ((await lookAt(record.path)) === undefined) return;
  const handle = await openRegular(record.path, constants.O_RDWR);
  try {
    const stat = await handle.stat({ bigint: true });
    if (stat.size > BigInt(MOST_BYTES)) {
      left.push(`${record.path} has grown too large to take casr's lines out of it`);
      return;
    }
    const samePlace = record.before === undefined || isSameFile(record.before, identityOf(stat));
    const from = samePlace && record.before !== undefined ? Number(record.before.size) : 0;
    const bytes = await readFrom(handle, from, Number(stat.size));
    const cut = findOurs(bytes, record, samePlace);
    if (cut === undefined) {
      // An undo that was cut short may have taken them out already.
      const isAsBefore = samePlace && bytes.length === 0;
      if (record.state === "written" && !isAsBefore)
        left.push(`the lines casr appended are not in ${record.path} any more`);
      return;
    }
    if (record.before === undefined && cut.start === 0 && cut.end === bytes.length) {
      await removeFile(record.path);
    } else if (cut.end === bytes.length) {
      if (!truncateUnlessGrown(handle, stat.size, from + cut.start)) return undoAgain();
      await handle.sync();
      if (samePlace && cut.start === 0) await restoreTime(handle, record);
    } else {
      await at("before cutting out an append");
      await replaceWithout(record, handle, temporary, { start: from + cut.start, end: from + cut.end }, at);
    }
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(record.path));
  await at("after undoing an append");

  function undoAgain(): Promise<void> {
    return undoAppend(record, temporary, at, left);
  }
}

/** Where our bytes are in what follows the old end; undefined when they are not. */
function findOurs(
  bytes: Buffer,
  record: AppendRecord,
  samePlace: boolean,
): { start: number; end: number } | undefined {
  const ours = Buffer.from(record.data);
  const lead = ours[0] === NEWLINE && record.before !== undefined ? 1 : 0;
  const lines = ours.subarray(lead);
  const isLineStart = (index: number): boolean =>
    index === 0 ? lead === 0 || !samePlace : bytes[index - 1] === NEWLINE;
  // In a file somebody has rewritten, equal lines may have been there before ours: ours came later.
  let found = samePlace ? bytes.indexOf(lines) : bytes.lastIndexOf(lines);
  while (found >= 0 && !isLineStart(found)) {
    if (samePlace) found = bytes.indexOf(lines, found + 1);
    else found = found === 0 ? -1 : bytes.lastIndexOf(lines, found - 1);
  }
  if (found >= 0) {
    const end = found + lines.length;
    // The line break in front stays when somebody's lines follow: they need it.
    const start = end === bytes.length && found > 0 && lead === 1 && samePlace ? found - 1 : found;
    return { start, end };
  }
  // The write was cut short by a full disk or a crash: nothing can follow then.
  const isPart = samePlace && bytes.length < ours.length && ours.subarray(0, bytes.length).equals(bytes);
  return isPart && (bytes.length > 0 || record.before === undefined)
    ? { start: 0, end: bytes.length }
    : undefined;
}

/** Cuts the end off, unless somebody has appended since `size` was read. Nothing runs between look and cut. */
function truncateUnlessGrown(handle: FileHandle, size: bigint, length: number): boolean {
  if (fstatSync(handle.fd, { bigint: true }).size !== size) return false;
  ftruncateSync(handle.fd, length);
  return true;
}

async function restoreTime(handle: FileHandle, record: AppendRecord): Promise<void> {
  if (record.before === undefined) return;
  const seconds = Number(record.before.mtimeNs) / 1e9;
  await handle.utimes(seconds, seconds);
}

/** Replaces the file by a copy without the bytes of `cut`; what others append meanwhile is carried over. */
async function replaceWithout(
  record: AppendRecord,
  old: FileHandle,
  temporary: string,
  cut: { start: number; end: number },
  at: Transaction["at"],
): Promise<void> {
  const stat = await old.stat({ bigint: true });
  const size = Number(stat.size);
  const kept = Buffer.concat([await readFrom(old, 0, cut.start), await readFrom(old, cut.end, size)]);
  await writeNewFile(temporary, kept, attributesOf(stat));
  await at("before replacing a file without the append");
  await assertPlace(record);
  await rename(temporary, record.path);
  const late = await readFrom(old, size, Number((await old.stat()).size));
  if (late.length === 0) return;
  const handle = await openRegular(record.path, constants.O_WRONLY | constants.O_APPEND);
  try {
    await handle.write(late);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
