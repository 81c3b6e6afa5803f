import type { JsonObject, JsonValue, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject, parseJson } from "./json.ts";
import { DocumentScan, type Range } from "./scan.ts";

const WINDOW_BYTES = 1024 * 1024;
/** A message of this size is no conversation; it is passed over. */
const MAX_MESSAGE_BYTES = 200 * 1024 * 1024;
/** Top-level values that are looked at are small; a system prompt is not one of them. */
const MAX_FIELD_BYTES = 64 * 1024;

/** A message of a document: where it stands in the list, and itself. */
export interface Entry {
  position: number;
  message: JsonObject;
}

/** A JSON file with a list of messages, indexed. Messages are parsed one by one when they are asked for. */
export interface Document {
  path: string;
  /** How many members the list has, and how many of them are no messages. */
  total: number;
  malformed: number;
  /** A small top-level value. */
  field(name: string): Promise<JsonValue | undefined>;
  /** The messages from position `from` to `to` (exclusive). */
  messages(from?: number, to?: number): AsyncIterable<Entry>;
}

/** Reads through the file once. Rejects with `source-unreadable` when there is no list of messages in it. */
export async function openDocument(path: string, world: World): Promise<Document> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") throw unreadable(path, "there is no such file");
  if (stat.size === 0) throw unreadable(path, "the file is empty");
  const scan = new DocumentScan();
  for (let start = 0; start < stat.size && !scan.closed; start += WINDOW_BYTES) {
    world.signal.throwIfAborted();
    const bytes = await world.files.read(path, { start, end: Math.min(start + WINDOW_BYTES, stat.size) });
    if (bytes === undefined || bytes.length === 0) break;
    scan.feed(bytes);
  }
  if (!scan.hasList) throw unreadable(path, "it holds no list of messages");
  const torn = scan.isTorn ? 1 : 0;
  if (!scan.closed) {
    world.warn({
      code: "torn-line",
      message: "the end of the file is missing; complete messages were kept",
      path,
    });
  }
  const document: Document = {
    path,
    total: scan.messages.length + torn,
    malformed: torn,
    field: (name) => fieldOf(path, scan.fields.get(name), world),
    messages: (from, to) => entriesOf(path, scan.messages.slice(from, to), from ?? 0, world),
  };
  document.malformed += await countDamaged(document, scan.messages.length, world);
  return document;
}

async function fieldOf(path: string, range: Range | undefined, world: World): Promise<JsonValue | undefined> {
  if (range === undefined || range.end - range.start > MAX_FIELD_BYTES) return undefined;
  const bytes = await world.files.read(path, range);
  return bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes));
}

/** Messages that are no JSON objects are told of once, when the document is opened. */
async function countDamaged(document: Document, expected: number, world: World): Promise<number> {
  let found = 0;
  let next = 0;
  const tell = (position: number): void =>
    world.warn({
      code: "bad-record",
      message: `message ${position + 1} is damaged and was left out`,
      path: document.path,
    });
  for await (const { position } of document.messages()) {
    for (; next < position; next++) tell(next);
    next = position + 1;
    found += 1;
  }
  for (; next < expected; next++) tell(next);
  return expected - found;
}

/** Reads as many neighbouring messages at once as fit into a window. */
async function* entriesOf(
  path: string,
  ranges: readonly Range[],
  firstPosition: number,
  world: World,
): AsyncIterable<Entry> {
  let next = 0;
  while (next < ranges.length) {
    world.signal.throwIfAborted();
    const first = next;
    const { start } = ranges[first]!;
    next += 1;
    while (next < ranges.length && ranges[next]!.end - start <= WINDOW_BYTES) next += 1;
    const { end } = ranges[next - 1]!;
    if (end - start > MAX_MESSAGE_BYTES) continue;
    const bytes = await world.files.read(path, { start, end });
    if (bytes === undefined) return;
    for (let index = first; index < next; index++) {
      const range = ranges[index]!;
      const text = new TextDecoder().decode(bytes.subarray(range.start - start, range.end - start));
      const message = parseJson(text);
      if (isObject(message)) yield { position: firstPosition + index, message };
    }
  }
}

/** What the beginning of a document tells, without reading all of it. */
export async function peekDocument(
  path: string,
  size: number,
  world: World,
): Promise<{ field(name: string): Promise<JsonValue | undefined>; first: JsonObject[] } | undefined> {
  const scan = new DocumentScan();
  const bytes = await world.files.read(path, { start: 0, end: Math.min(size, 256 * 1024) });
  if (bytes === undefined) return undefined;
  scan.feed(bytes);
  if (!scan.hasList) return undefined;
  const first = scan.messages.slice(0, 4).flatMap(({ start, end }) => {
    const message = parseJson(new TextDecoder().decode(bytes.subarray(start, end)));
    return isObject(message) ? [message] : [];
  });
  return { field: (name) => fieldOf(path, scan.fields.get(name), world), first };
}
