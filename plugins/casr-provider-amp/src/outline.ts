import type { JsonValue, World } from "casr-cli/provider";
import { parseJson } from "./json.ts";

/** Where a value lies in a file: byte offsets, the end excluded. */
export interface Span {
  start: number;
  end: number;
}

/** The parts of a thread file, found without parsing any of them. */
export interface Outline {
  /** Members of the document but `messages`. */
  members: Map<string, Span>;
  messages: Span[];
  /** The file ends before the document does. */
  torn: boolean;
}

const CHUNK_BYTES = 1024 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Longer names of members are no thread's. */
const MAX_KEY_BYTES = 1000;

/** Follows the bytes of a document and notes where its members and messages begin and end. */
class Follower {
  readonly outline: Outline = { members: new Map(), messages: [], torn: true };
  /** False once the bytes cannot be a JSON object. */
  isObject = true;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #key: string | undefined;
  #keyBytes: number[] | undefined;
  /** First byte of the value that is being read, at the document's level or in `messages`. */
  #start: number | undefined;
  #inMessages = false;
  #ended = false;

  take(bytes: Uint8Array, offset: number): void {
    for (let index = 0; index < bytes.length && this.isObject && !this.#ended; index += 1)
      this.#byte(bytes[index]!, offset + index);
  }

  #byte(byte: number, at: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) return this.#endString();
      if (this.#keyBytes !== undefined && this.#keyBytes.length < MAX_KEY_BYTES) this.#keyBytes.push(byte);
      return;
    }
    if (byte <= 0x20) return;
    const level = this.#inMessages ? 2 : 1;
    if (this.#depth === 0) {
      // A byte order mark may stand in front.
      if (byte === OPEN_BRACE) this.#depth = 1;
      else if (![0xef, 0xbb, 0xbf].includes(byte) || at > 2) this.isObject = false;
      return;
    }
    if (byte === COMMA && this.#depth === level) return this.#endValue(at);
    if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && this.#depth === level) return this.#close(at);
    if (byte === COLON && this.#depth === 1 && this.#start === undefined) return;
    if (this.#depth === 1 && this.#key === undefined) {
      if (byte !== QUOTE) this.isObject = false;
      this.#keyBytes = [];
    } else this.#start ??= at;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#open(byte);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth -= 1;
  }

  #endString(): void {
    this.#inString = false;
    if (this.#keyBytes === undefined) return;
    const key = parseJson(`"${Buffer.from(this.#keyBytes).toString("utf8")}"`);
    this.#key = typeof key === "string" ? key : "";
    this.#keyBytes = undefined;
  }

  #open(byte: number): void {
    this.#depth += 1;
    if (byte !== OPEN_BRACKET || this.#depth !== 2 || this.#key !== "messages") return;
    this.#inMessages = true;
    this.#start = undefined;
    this.outline.messages = [];
  }

  /** The end of the document or of its list of messages. */
  #close(at: number): void {
    this.#endValue(at);
    this.#depth -= 1;
    if (this.#depth === 0) {
      this.#ended = true;
      this.outline.torn = false;
    }
    if (this.#inMessages) {
      this.#inMessages = false;
      this.#start = undefined;
    }
  }

  #endValue(end: number): void {
    if (this.#start !== undefined) {
      if (this.#inMessages) this.outline.messages.push({ start: this.#start, end });
      else if (this.#key !== undefined) this.outline.members.set(this.#key, { start: this.#start, end });
    }
    this.#start = undefined;
    if (!this.#inMessages) this.#key = undefined;
  }
}

/**
 * Finds the members and messages of the thread file at `path`, holding no more than a piece of it. Undefined
 * when there is no file or it is no JSON object. What a torn file holds whole is found. Looks no further than
 * at the first `limit` bytes.
 */
export async function outlineOf(
  path: string,
  world: World,
  limit = Number.POSITIVE_INFINITY,
): Promise<Outline | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const follower = new Follower();
  const end = Math.min(stat.size, limit);
  for (let start = 0; start < end && follower.isObject; start += CHUNK_BYTES) {
    world.signal.throwIfAborted();
    const bytes = await world.files.read(path, { start, end: Math.min(start + CHUNK_BYTES, end) });
    if (bytes === undefined) return undefined;
    follower.take(bytes, start);
  }
  return follower.isObject && stat.size > 0 ? follower.outline : undefined;
}

/** The value at a place of a file; undefined when it is not JSON or longer than can be read at once. */
export async function valueAt(path: string, span: Span, world: World): Promise<JsonValue | undefined> {
  const bytes = await world.files.read(path, span);
  if (bytes === undefined) return undefined;
  return parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}
