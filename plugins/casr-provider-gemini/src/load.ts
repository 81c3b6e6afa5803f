import type { JsonObject, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { Fold, type Entry, type Folded } from "./fold.ts";
import { isObject, parseJson, stringOf } from "./json.ts";
import { messagesIn } from "./native.ts";
import type { Known } from "./reading-on.ts";

/** The largest file of the old form (one JSON object) that is read: it has to be parsed as a whole. */
const MAX_WHOLE_BYTES = 256 * 1024 * 1024;

/** A session file that was indexed, and the way to its messages. */
export interface Loaded {
  path: string;
  folded: Folded;
  /** Whether it is a file of lines, to which the CLI only ever adds. */
  grows: boolean;
  /** The messages at `entries`, in that order. */
  fetch(entries: readonly Entry[]): AsyncIterable<{ entry: Entry; message: JsonObject }>;
}

/** Indexes the file at `path`. Rejects with `source-unreadable` when it holds no session. */
export async function load(path: string, world: World): Promise<Loaded> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") throw unreadable(path, "there is no such file");
  if (stat.size === 0) throw unreadable(path, "the file is empty");
  const whole = await isWhole(path, world);
  const loaded = whole ? await loadWhole(path, stat.size, world) : undefined;
  if (loaded !== undefined) return loaded;
  const fold = new Fold(path, world);
  await fold.readLines();
  const folded = fold.finish();
  if (stringOf(folded.metadata, "sessionId") === undefined && folded.entries.length === 0) {
    throw unreadable(path, "it holds no Gemini CLI session");
  }
  return { path, folded, grows: true, fetch: (entries) => fetchLines(path, entries, world) };
}

/** Indexes the lines from a mark on. */
export async function loadOn(path: string, known: Known, world: World): Promise<Loaded> {
  const fold = new Fold(path, world, known.folded);
  await fold.readLines(known.offset, known.line);
  const folded = fold.finish();
  return { path, folded, grows: true, fetch: (entries) => fetchLines(path, entries, world) };
}

/** Before 0.39 a session was one pretty-printed object; a `.json` file may still hold lines. */
async function isWhole(path: string, world: World): Promise<boolean> {
  if (path.endsWith(".json")) return true;
  const head = await world.files.read(path, { start: 0, end: 64 });
  return head !== undefined && /^\s*\{\s*\r?\n/u.test(new TextDecoder().decode(head));
}

async function loadWhole(path: string, size: number, world: World): Promise<Loaded | undefined> {
  if (size > MAX_WHOLE_BYTES) throw unreadable(path, `it is larger than ${MAX_WHOLE_BYTES} bytes`);
  const bytes = await world.files.read(path);
  if (bytes === undefined) throw unreadable(path, "there is no such file");
  const text = new TextDecoder().decode(bytes);
  const parsed = parseJson(text);
  const record = isObject(parsed) ? parsed : salvage(text);
  if (record === undefined || stringOf(record, "sessionId") === undefined) return undefined;
  const fold = new Fold(path, world);
  const at = { line: 1, offset: 0, end: size };
  // The CLI takes an object without projectHash in this form too.
  fold.add({ projectHash: "", ...record }, at);
  const folded = fold.finish();
  folded.records.total = 1 + (messagesIn(record)?.length ?? 0);
  if (record !== parsed) {
    folded.records.malformed = 1;
    world.warn({
      code: "torn-line",
      message: "the end of the file is missing; complete messages were kept",
      path,
    });
  }
  return { path, folded, grows: false, fetch: (entries) => fetchWhole(path, entries, world) };
}

/** The complete messages of a pretty-printed file whose end is missing. */
function salvage(text: string): JsonObject | undefined {
  const end = text.lastIndexOf("\n    }");
  const repaired = end === -1 ? undefined : parseJson(`${text.slice(0, end)}\n    }\n  ]\n}`);
  return isObject(repaired) ? repaired : undefined;
}

async function* fetchWhole(
  path: string,
  entries: readonly Entry[],
  world: World,
): ReturnType<Loaded["fetch"]> {
  const text = new TextDecoder().decode(await world.files.read(path));
  const record = parseJson(text) ?? salvage(text);
  const messages = (isObject(record) && messagesIn(record)) || [];
  for (const entry of entries) {
    const message = messages[entry.position];
    if (isObject(message)) yield { entry, message };
  }
}

/** Bytes that are read through rather than jumped over. */
const JUMP_BYTES = 4 * 1024 * 1024;

/** Reads single lines by offset; going forward, it goes on in the open file. */
class LineCursor {
  readonly #path: string;
  readonly #world: World;
  #lines: AsyncIterator<{ offset: number; text(): string }> | undefined;
  /** Offset behind the last line read. */
  #position = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  async record(entry: Entry): Promise<JsonObject | undefined> {
    if (
      this.#lines === undefined ||
      entry.offset < this.#position ||
      entry.offset - this.#position > JUMP_BYTES
    ) {
      await this.close();
      this.#lines = this.#world.files.lines(this.#path, { start: entry.offset })[Symbol.asyncIterator]();
    }
    this.#position = entry.end;
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true || value.offset > entry.offset) return undefined;
      if (value.offset !== entry.offset) continue;
      const record = parseJson(value.text());
      return isObject(record) ? record : undefined;
    }
  }

  async close(): Promise<void> {
    await this.#lines?.return?.(undefined);
    this.#lines = undefined;
  }
}

/**
 * Parses only the lines that hold an entry. Records mostly stand in order; a message that a later record
 * replaced in place is read with a cursor of its own, so that the main one need not go back.
 */
async function* fetchLines(
  path: string,
  entries: readonly Entry[],
  world: World,
): ReturnType<Loaded["fetch"]> {
  const main = new LineCursor(path, world);
  const aside = new LineCursor(path, world);
  let mainRecord: { offset: number; record: JsonObject | undefined } | undefined;
  try {
    for (const [index, entry] of entries.entries()) {
      const next = entries[index + 1];
      const outOfOrder = next !== undefined && next.offset < entry.offset;
      let record: JsonObject | undefined;
      if (mainRecord?.offset === entry.offset) record = mainRecord.record;
      else if (outOfOrder) record = await aside.record(entry);
      else {
        record = await main.record(entry);
        mainRecord = { offset: entry.offset, record };
      }
      const message = entry.position === -1 ? record : record && messagesIn(record)?.[entry.position];
      if (isObject(message)) yield { entry, message };
      else
        world.warn({
          code: "changed-file",
          message: "a message is no longer where it was",
          path,
          line: entry.line,
        });
    }
  } finally {
    await main.close();
    await aside.close();
  }
}
