import type { EndLine, FileEnds, Files } from "../provider/world.ts";
import { isJsonObject, type JsonObject } from "../session/json.ts";

/** How much is read of each end of a file: what Claude Code itself lists sessions from. */
const WINDOW_BYTES = 64 * 1024;

class LazyLine implements EndLine {
  readonly text: string;
  #parsed: { record: JsonObject | undefined } | undefined;

  constructor(text: string) {
    this.text = text;
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
    // Cut by the window, or damaged: a listing goes on without it.
    return undefined;
  }
}

class LazyEnds implements FileEnds {
  readonly lines: readonly EndLine[];

  constructor(texts: string[]) {
    this.lines = texts.map((text) => new LazyLine(text));
  }

  first<T>(word: string, pick: (record: JsonObject) => T | undefined): T | undefined {
    for (const line of this.lines) {
      const found = picked(line, word, pick);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  last<T>(word: string, pick: (record: JsonObject) => T | undefined): T | undefined {
    for (let at = this.lines.length - 1; at >= 0; at -= 1) {
      const found = picked(this.lines[at]!, word, pick);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function picked<T>(line: EndLine, word: string, pick: (record: JsonObject) => T | undefined): T | undefined {
  if (!line.text.includes(word)) return undefined;
  const { record } = line;
  return record === undefined ? undefined : pick(record);
}

async function linesOf(
  files: Pick<Files, "read">,
  path: string,
  start: number,
  end: number,
): Promise<string[]> {
  const bytes = await files.read(path, { start, end });
  if (bytes === undefined) return [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return (start === 0 ? text.replace(/^\uFEFF/, "") : text).split("\n").filter((line) => line !== "");
}

/** Reads both ends of a file; all of one that is no longer than both. */
export async function fileEnds(files: Pick<Files, "read">, path: string, size: number): Promise<FileEnds> {
  if (size <= 2 * WINDOW_BYTES) return new LazyEnds(await linesOf(files, path, 0, size));
  const head = await linesOf(files, path, 0, WINDOW_BYTES);
  const tail = await linesOf(files, path, size - WINDOW_BYTES, size);
  return new LazyEnds([...head, ...tail]);
}
