import type { EndLine, FileEnds, Files } from "../provider/world.ts";
import { isJsonObject, type JsonObject } from "../session/json.ts";

/** How much is read of each end of a file: what Claude Code itself lists sessions from. */
const WINDOW_BYTES = 64 * 1024;
const LF = 0x0a;
const BOM = Buffer.from("\uFEFF");

class LazyLine implements EndLine {
  readonly isCut: boolean;
  readonly #bytes: Buffer;
  #text: string | undefined;
  #parsed: { record: JsonObject | undefined } | undefined;

  constructor(bytes: Buffer, isCut: boolean) {
    this.#bytes = bytes;
    this.isCut = isCut;
  }

  get size(): number {
    return this.#bytes.length;
  }

  includes(word: string): boolean {
    return this.#bytes.includes(word);
  }

  startsWith(word: string): boolean {
    const wanted = Buffer.from(word);
    return this.#bytes.subarray(0, wanted.length).equals(wanted);
  }

  get text(): string {
    this.#text ??= this.#bytes.toString("utf8");
    return this.#text;
  }

  get record(): JsonObject | undefined {
    this.#parsed ??= { record: objectIn(this.text) };
    return this.#parsed.record;
  }
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Cut off, or damaged: a listing goes on without it.
    return undefined;
  }
}

/** A part of a file, whose lines are found where a word of them stands. */
class Part {
  readonly #bytes: Buffer;
  /** Where the first line begins. */
  readonly #first: number;
  readonly #cutsFirst: boolean;
  readonly #cutsLast: boolean;
  readonly #lines = new Map<number, LazyLine>();

  constructor(bytes: Buffer, cuts: { first: boolean; last: boolean }) {
    this.#bytes = bytes;
    this.#cutsFirst = cuts.first;
    this.#cutsLast = cuts.last;
    this.#first = !cuts.first && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  }

  *forward(word: string): Iterable<LazyLine> {
    for (let from = this.#first; from < this.#bytes.length;) {
      const at = word === "" ? from : this.#bytes.indexOf(word, from);
      if (at === -1) return;
      const { start, end } = this.#around(at);
      if (start < end) yield this.#line(start, end);
      from = end + 1;
    }
  }

  *backward(word: string): Iterable<LazyLine> {
    for (let to = this.#bytes.length - 1; to >= this.#first;) {
      const at = word === "" ? to : this.#bytes.lastIndexOf(word, to);
      if (at < this.#first) return;
      const { start, end } = this.#around(at);
      if (start < end) yield this.#line(start, end);
      // Before the line feed that ends the line before this one: what stands there belongs to that line.
      to = start - 2;
    }
  }

  /** The line with the byte at `at`; a line feed belongs to the line before it. */
  #around(at: number): { start: number; end: number } {
    const before = at === 0 ? -1 : this.#bytes.lastIndexOf(LF, at - 1);
    const behind = this.#bytes.indexOf(LF, at);
    return {
      start: Math.max(before + 1, this.#first),
      end: behind === -1 ? this.#bytes.length : behind,
    };
  }

  #line(start: number, end: number): LazyLine {
    let line = this.#lines.get(start);
    if (line === undefined) {
      const isCut =
        (this.#cutsFirst && start === this.#first) || (this.#cutsLast && end === this.#bytes.length);
      line = new LazyLine(this.#bytes.subarray(start, end), isCut);
      this.#lines.set(start, line);
    }
    return line;
  }
}

class LazyEnds implements FileEnds {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  *lines(word = ""): Iterable<EndLine> {
    for (const part of this.#parts) yield* part.forward(word);
  }

  first<T>(word: string, pick: (record: JsonObject) => T | undefined): T | undefined {
    for (const part of this.#parts) {
      const found = foundIn(part.forward(word), pick);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  last<T>(word: string, pick: (record: JsonObject) => T | undefined): T | undefined {
    for (const part of this.#parts.toReversed()) {
      const found = foundIn(part.backward(word), pick);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function foundIn<T>(lines: Iterable<LazyLine>, pick: (record: JsonObject) => T | undefined): T | undefined {
  for (const { record } of lines) {
    const found = record === undefined ? undefined : pick(record);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads both ends of a file; all of one that is no longer than both. */
export async function fileEnds(files: Pick<Files, "read">, path: string, size: number): Promise<FileEnds> {
  const part = async (start: number, end: number): Promise<Part> => {
    const bytes = await files.read(path, { start, end });
    const buffer =
      bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Part(buffer, { first: start > 0, last: end < size });
  };
  if (size <= 2 * WINDOW_BYTES) return new LazyEnds([await part(0, size)]);
  return new LazyEnds([await part(0, WINDOW_BYTES), await part(size - WINDOW_BYTES, size)]);
}
