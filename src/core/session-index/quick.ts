import { accessSync, closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import type { DirectoryEntry, Files, Line, LinesOptions } from "../../provider/world.ts";
import { splitLines } from "../lines.ts";

/**
 * The ways to read that do not wait for another thread: handing a few kilobytes over costs more than reading
 * them. Each gives undefined (or false) where it does not work: the ordinary way, taken then, says why.
 */

/** Bytes of a small range. */
export function readQuickly(path: string, range: { start: number; end: number }): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const start = Math.max(range.start, 0);
    const buffer = Buffer.allocUnsafe(Math.max(Math.min(range.end, stats.size) - start, 0));
    let filled = 0;
    while (filled < buffer.length) {
      const bytes = readSync(file, buffer, filled, buffer.length - filled, start + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    return buffer.subarray(0, filled);
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

/** How much of a file is read at once for its first lines. */
const HEAD_BYTES = 64 * 1024;
const LF = 0x0a;

async function* onlyChunk(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}

/** Lines as `files` gives them; those at the start, with which most readers are content, cost one small read. */
export async function* quickLines(
  files: Files,
  path: string,
  options: LinesOptions = {},
): AsyncIterable<Line> {
  const { start = 0, end = Number.POSITIVE_INFINITY, firstNumber = 1 } = options;
  const whole = { start, end: Math.min(end, start + HEAD_BYTES) };
  const bytes = options.compression === undefined && end > start ? readQuickly(path, whole) : undefined;
  const head = Buffer.from(bytes ?? []);
  const length = head.lastIndexOf(LF) + 1;
  let number = firstNumber;
  if (length > 0) {
    const at = { offset: start, number };
    // Lines this short give no reason to warn.
    for await (const line of splitLines(onlyChunk(head.subarray(0, length)), at, () => {})) {
      number = line.number + 1;
      yield line;
    }
  }
  // All of it, up to the end of a last line.
  if (length > 0 && length === head.length && length < whole.end - start) return;
  yield* files.lines(path, { ...options, start: start + length, firstNumber: number });
}
