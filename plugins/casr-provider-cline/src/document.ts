import type { JsonDocument, JsonObject, JsonValue, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject } from "./json.ts";

/** Top-level values that are looked at are small; a system prompt is not one of them. */
const MAX_FIELD_BYTES = 64 * 1024;
/** Enough of a file for its first messages. */
const HEAD_BYTES = 256 * 1024;
const FIRST_MESSAGES = 4;

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

/** The messages are a member of the document, or, in a task's file, the document itself. */
function listIn(document: JsonDocument): string {
  return document.root === "array" ? "" : "messages";
}

/** Reads through the file once. Rejects with `source-unreadable` when there is no list of messages in it. */
export async function openDocument(path: string, world: World): Promise<Document> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") throw unreadable(path, "there is no such file");
  if (stat.size === 0) throw unreadable(path, "the file is empty");
  const json = await world.files.json(path, { lists: ["messages"] });
  const count = json?.count(listIn(json));
  if (json === undefined || count === undefined) throw unreadable(path, "it holds no list of messages");
  const document: Document = {
    path,
    total: count,
    malformed: 0,
    field: (name) => json.member(name, MAX_FIELD_BYTES),
    messages: (from, to) => entriesOf(json, from, to, world),
  };
  document.malformed = await countDamaged(document, world);
  if (!json.complete) {
    document.total += 1;
    document.malformed += 1;
  }
  return document;
}

/** Messages that are no JSON objects are told of once, when the document is opened. */
async function countDamaged(document: Document, world: World): Promise<number> {
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
  for (; next < document.total; next++) tell(next);
  return document.total - found;
}

async function* entriesOf(
  json: JsonDocument,
  from: number | undefined,
  to: number | undefined,
  world: World,
): AsyncIterable<Entry> {
  for await (const { position, value } of json.items(listIn(json), from, to)) {
    world.signal.throwIfAborted();
    if (isObject(value)) yield { position, message: value };
  }
}

/** What the beginning of a document tells, without reading all of it. */
export async function peekDocument(
  path: string,
  world: World,
): Promise<{ field(name: string): Promise<JsonValue | undefined>; first: JsonObject[] } | undefined> {
  const json = await world.files.json(path, { lists: ["messages"], end: HEAD_BYTES });
  if (json === undefined || json.count(listIn(json)) === undefined) return undefined;
  const first: JsonObject[] = [];
  for await (const { message } of entriesOf(json, 0, FIRST_MESSAGES, world)) first.push(message);
  return { field: (name) => json.member(name, MAX_FIELD_BYTES), first };
}
