import { createReadStream, type Stats } from "node:fs";
import { open, readdir, realpath, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { createZstdDecompress } from "node:zlib";
import type { Diagnostic, DirectoryEntry, Files, FileStat, Line } from "../provider/world.ts";
import { CasrError, messageOf } from "./errors.ts";
import { openJson } from "./json-document.ts";
import { splitLines } from "./lines.ts";

const MAX_READ_BYTES = 256 * 1024 * 1024;
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** How much of a file is read at once: less at first, where that may be all that is wanted. */
const FIRST_BYTES = 64 * 1024;
const CHUNK_BYTES = 512 * 1024;

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(path: string, error: unknown): CasrError {
  const why: Record<string, string> = {
    EACCES: "no permission to read it",
    EPERM: "no permission to read it",
    ELOOP: "symbolic links form a loop",
    EISDIR: "it is a folder",
    ENAMETOOLONG: "the path is too long",
  };
  return new CasrError(
    "source-unreadable",
    `Cannot read ${path}: ${why[codeOf(error) ?? ""] ?? messageOf(error)}`,
    {
      context: { path },
      suggestions: codeOf(error) === "EACCES" ? [`Check who owns it: ls -ld '${path}'`] : [],
      cause: error,
    },
  );
}

function kindOf(stats: Stats): FileStat["kind"] {
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "directory" : "other";
}

/** `undefined` where the path does not exist; a `source-unreadable` error for every other failure. */
async function orMissing<T>(path: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

async function entryKind(folder: string, name: string): Promise<DirectoryEntry["kind"]> {
  try {
    return kindOf(await stat(join(folder, name)));
  } catch {
    // A dangling or looping link is an entry nobody can open, not a failure of the listing.
    return "other";
  }
}

/**
 * The bytes of a file from `start` to `end`, in two buffers by turns: while one chunk is looked at, the next one is
 * read, unless the first one may be all that is wanted.
 */
async function* plainChunks(
  path: string,
  { start, end }: { start: number; end: number },
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const handle = await opened(path);
  const buffers: Buffer[] = [];
  let position = start;
  let ahead: Promise<Buffer> | undefined;
  const readNext = async (turn: number): Promise<Buffer> => {
    const size = turn === 0 ? FIRST_BYTES : CHUNK_BYTES;
    const wanted = Math.min(size, end - position);
    // The first one is small: the two that take turns come behind it.
    const buffer = turn < 3 ? Buffer.allocUnsafeSlow(wanted) : buffers[turn % 2]!;
    buffers[turn % 2] = buffer;
    const { bytesRead } = await handle.read(buffer, 0, wanted, position);
    position += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  try {
    for (let turn = 0; ; turn += 1) {
      signal.throwIfAborted();
      const chunk: Buffer = await (ahead ?? readNext(turn));
      ahead = undefined;
      if (chunk.length === 0) return;
      if (position < end && turn > 0) {
        ahead = readNext(turn + 1);
        // Its failure is met when its turn has come.
        ahead.catch(() => {});
      }
      onBytes(chunk.length);
      yield chunk;
      if (position >= end && ahead === undefined) return;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreadable(path, error);
  } finally {
    await ahead?.catch(() => {});
    await handle.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The decompressed bytes of a file. */
async function* inflatedChunks(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const source = stream.pipe(createZstdDecompress());
  // Errors of the file behind a decompressor do not travel through the pipe by themselves.
  stream.on("error", (error) => source.destroy(error));
  stream.on("data", (chunk) => onBytes(chunk.length));
  try {
    for await (const chunk of source) {
      signal.throwIfAborted();
      yield chunk as Buffer;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreadable(path, error);
  } finally {
    stream.destroy();
    source.destroy();
  }
}

async function* window(chunks: AsyncIterable<Buffer>, start: number, end: number): AsyncIterable<Buffer> {
  let offset = 0;
  for await (const chunk of chunks) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, chunk.length);
    offset += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    if (offset >= end) return;
  }
}

/**
 * Read-only access to the file system for readers and writers. `warn` gets what lines have to say, `onBytes` how
 * many bytes were read each time.
 */
export function createFiles(
  signal: AbortSignal,
  warn: (diagnostic: Diagnostic) => void,
  onBytes: (bytes: number) => void = () => {},
): Files {
  return {
    async stat(path) {
      const stats = await orMissing(path, () => stat(path));
      if (stats === undefined) return undefined;
      return { kind: kindOf(stats), size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino };
    },

    async list(path) {
      signal.throwIfAborted();
      const entries = (await orMissing(path, () => readdir(path, { withFileTypes: true }))) ?? [];
      const listed = entries.map(async (entry): Promise<DirectoryEntry> => {
        if (entry.isFile()) return { name: entry.name, kind: "file" };
        if (entry.isDirectory()) return { name: entry.name, kind: "directory" };
        return { name: entry.name, kind: await entryKind(path, entry.name) };
      });
      return (await Promise.all(listed)).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    },

    realpath(path) {
      return orMissing(path, () => realpath(path));
    },

    async read(path, range) {
      signal.throwIfAborted();
      return orMissing(path, async () => {
        const handle = await open(path, "r");
        try {
          const { size } = await handle.stat();
          const start = Math.max(range?.start ?? 0, 0);
          const end = Math.min(range?.end ?? size, size);
          const length = Math.max(end - start, 0);
          if (length > MAX_READ_BYTES) throw new Error(`it is larger than ${MAX_READ_BYTES} bytes`);
          const buffer = Buffer.allocUnsafe(length);
          let filled = 0;
          while (filled < length) {
            const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
            if (bytesRead === 0) break;
            filled += bytesRead;
          }
          onBytes(filled);
          return buffer.subarray(0, filled);
        } finally {
          await handle.close();
        }
      });
    },

    async readText(path) {
      const stats = await this.stat(path);
      if (stats === undefined) return undefined;
      if (stats.size > MAX_TEXT_BYTES) {
        throw unreadable(path, new Error(`it is larger than ${MAX_TEXT_BYTES} bytes`));
      }
      const bytes = await this.read(path);
      return bytes === undefined ? undefined : new TextDecoder("utf-8").decode(bytes);
    },

    json(path, options) {
      return openJson(this, path, options, signal, warn);
    },

    lines(path, options = {}): AsyncIterable<Line> {
      const start = options.start ?? 0;
      const end = options.end ?? Number.POSITIVE_INFINITY;
      const at = { offset: start, number: options.firstNumber ?? 1 };
      const warnHere = (diagnostic: Diagnostic): void => warn({ ...diagnostic, path });
      if (end <= start) return splitLines(emptyChunks(), at, warnHere);
      const chunks =
        options.compression === undefined
          ? plainChunks(path, { start, end }, signal, onBytes)
          : window(inflatedChunks(path, signal, onBytes), start, end);
      return splitLines(chunks, at, warnHere);
    },
  };
}

// eslint-disable-next-line require-yield
async function* emptyChunks(): AsyncIterable<Buffer> {}
