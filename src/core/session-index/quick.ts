import { accessSync, closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Diagnostic, DirectoryEntry, Line, LinesOptions, World } from "../../provider/world.ts";
import { splitLines } from "../lines.ts";

/**
 * The ways to read that do not wait for another thread: handing a few kilobytes over costs more than reading
 * them. Each gives undefined (or false) where it does not work: the ordinary way, taken then, says why.
 */

/**
 * Memory for what one call of a reader reads, given back when the call is over. Left to the garbage collector, a
 * hundred megabytes of it would be touched for the first time before any is used again, which takes longer than the
 * reading. Who looks at such bytes later finds none.
 */
export class Loans {
  readonly #buffers: ArrayBuffer[] = [];

  bytes(length: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(length);
    this.#buffers.push(buffer.buffer as ArrayBuffer);
    return buffer;
  }

  giveBack(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.transfer(0);
  }
}

function fill(file: number, buffer: Buffer, position: number): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const bytes = readSync(file, buffer, filled, buffer.length - filled, position + filled);
    if (bytes === 0) break;
    filled += bytes;
  }
  return buffer.subarray(0, filled);
}

/** Bytes of a small range. */
export function readQuickly(
  path: string,
  range: { start: number; end: number },
  loans?: Loans,
): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const start = Math.max(range.start, 0);
    const length = Math.max(Math.min(range.end, stats.size) - start, 0);
    return fill(file, loans?.bytes(length) ?? Buffer.allocUnsafe(length), start);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whether a file could be opened now. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The entries of a folder, in no order; `other` where what it is must be found out first. */
export function entriesOf(path: string): DirectoryEntry[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => {
      const kind = entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other";
      return { name: entry.name, kind };
    });
  } catch {
    return undefined;
  }
}

/** How much of a file is read at once for its lines, and how much before others get their turn. */
const PIECE_BYTES = 64 * 1024;
const TURN_BYTES = 1024 * 1024;

/** The bytes of an open file, a piece in the same buffer as the one before. */
async function* pieces(
  file: number,
  { start, end }: { start: number; end: number },
  buffer: Buffer,
  signal: AbortSignal,
): AsyncIterable<Buffer> {
  for (let position = start, turn = start + TURN_BYTES; position < end;) {
    signal.throwIfAborted();
    const piece = fill(file, buffer.subarray(0, Math.min(buffer.length, end - position)), position);
    if (piece.length === 0) return;
    position += piece.length;
    yield piece;
    if (position < turn) continue;
    turn = position + TURN_BYTES;
    await setImmediate();
  }
}

function openQuickly(path: string): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    if (fstatSync(file).isFile()) return file;
  } catch {
    return undefined;
  }
  closeSync(file);
  return undefined;
}

/** Lines as `world.files` gives them, for readers that are content with the first ones: no other thread is asked. */
export async function* quickLines(
  { files, warn, signal }: Pick<World, "files" | "warn" | "signal">,
  path: string,
  options: LinesOptions = {},
  loans?: Loans,
): AsyncIterable<Line> {
  const { start = 0, end = Number.POSITIVE_INFINITY, firstNumber = 1 } = options;
  const file = options.compression === undefined && end > start ? openQuickly(path) : undefined;
  if (file === undefined) return yield* files.lines(path, options);
  try {
    const size = Math.min(end, fstatSync(file).size) - start;
    const length = Math.max(Math.min(PIECE_BYTES, size), 1);
    const buffer = loans?.bytes(length) ?? Buffer.allocUnsafeSlow(length);
    const warnHere = (diagnostic: Diagnostic): void => warn({ ...diagnostic, path });
    const at = { offset: start, number: firstNumber };
    yield* splitLines(pieces(file, { start, end }, buffer, signal), at, warnHere);
  } finally {
    closeSync(file);
  }
}
