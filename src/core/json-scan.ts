const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Longer names of members are nobody's; such a member is passed over. */
const MAX_KEY_BYTES = 1024;
/** So many bytes of a string are looked at one by one; in longer ones its end is searched for. */
const SHORT_STRING = 24;

/** Bytes `start` to `end` (exclusive) of a document. */
export interface Span {
  start: number;
  end: number;
}

/** The items of a list, in order: where each begins and ends. Two numbers an item, whatever it holds. */
export class Spans {
  readonly #offsets: number[] = [];

  get length(): number {
    return this.#offsets.length / 2;
  }

  push(start: number, end: number): void {
    this.#offsets.push(start, end);
  }

  at(index: number): Span {
    return { start: this.#offsets[index * 2]!, end: this.#offsets[index * 2 + 1]! };
  }
}

/**
 * Finds where the values of a JSON document are, without parsing them: the items of the document, if it is an
 * array, and of its members named in `lists`, if those are arrays; and its other members. Bytes are fed in order,
 * cut wherever. Of two members of one name the later counts, as with `JSON.parse`. A document that breaks off, or
 * whose brackets do not fit, gives what stands before. Depth is a number here: no nesting exhausts a stack.
 */
export class JsonScan {
  readonly members = new Map<string, Span>();
  /** By the name of the member; "" for a document that is an array. */
  readonly lists = new Map<string, Spans>();
  root: "none" | "object" | "array" | "other" = "none";
  /** The document ends: all of it was seen. */
  closed = false;
  /** Offset of a byte that cannot stand where it does; nothing behind it is looked at. */
  damagedAt: number | undefined;
  readonly #wanted: ReadonlySet<string>;
  #offset = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The list whose items are being read, and the depth they have. */
  #list: Spans | undefined;
  #level = 1;
  #start = -1;
  #isScalar = false;
  #expects: "key" | "colon" | "value" = "value";
  #key: string | undefined;
  #keyBytes: number[] | undefined;

  constructor(lists: readonly string[]) {
    this.#wanted = new Set(lists);
  }

  /** How many bytes were fed. */
  get offset(): number {
    return this.#offset;
  }

  /** Nothing that follows changes anything. */
  get done(): boolean {
    return this.closed || this.damagedAt !== undefined || this.root === "other";
  }

  /** Takes the next bytes of the document. */
  feed(bytes: Buffer): void {
    let index = 0;
    while (index < bytes.length && !this.done) {
      if (this.#inString) index = this.#string(bytes, index);
      else {
        this.#plain(bytes[index]!, this.#offset + index);
        index += 1;
      }
    }
    this.#offset += bytes.length;
  }

  /** Goes on in a string; gives the index behind what was taken. */
  #string(bytes: Buffer, from: number): number {
    let index = from;
    if (this.#keyBytes === undefined) {
      for (const near = Math.min(from + SHORT_STRING, bytes.length); index < near; index += 1)
        if (this.#inside(bytes[index]!)) return this.#endString(index);
      while (index < bytes.length) {
        if (this.#escaped) {
          this.#escaped = false;
          index += 1;
          continue;
        }
        const quote = bytes.indexOf(QUOTE, index);
        const end = quote === -1 ? bytes.length : quote;
        let slashes = end;
        while (slashes > index && bytes[slashes - 1] === BACKSLASH) slashes -= 1;
        this.#escaped = (end - slashes) % 2 === 1;
        if (quote === -1) return end;
        if (!this.#escaped) return this.#endString(quote);
        index = quote;
      }
      return index;
    }
    for (; index < bytes.length; index += 1) {
      const byte = bytes[index]!;
      if (this.#inside(byte)) return this.#endString(index);
      if (this.#keyBytes.length <= MAX_KEY_BYTES) this.#keyBytes.push(byte);
    }
    return index;
  }

  /** Takes a byte of a string; true for the quote that ends it. */
  #inside(byte: number): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else return byte === QUOTE;
    return false;
  }

  #endString(index: number): number {
    this.#inString = false;
    if (this.#keyBytes !== undefined) {
      this.#key = keyOf(this.#keyBytes);
      this.#keyBytes = undefined;
      this.#expects = "colon";
    } else if (this.#depth === this.#level) this.#end(this.#offset + index + 1);
    return index + 1;
  }

  #plain(byte: number, at: number): void {
    if (this.#depth > this.#level) return this.#deep(byte, at);
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return this.#endScalar(at);
    if (this.#depth === 0) return this.#begin(byte, at);
    switch (byte) {
      case COMMA:
        this.#endScalar(at);
        if (this.#list === undefined) this.#expects = "key";
        return;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        return this.#close(byte, at);
    }
    if (this.#list === undefined && this.#expects !== "value") return this.#name(byte, at);
    const opens = byte === OPEN_BRACE || byte === OPEN_BRACKET;
    if (this.#isScalar && !opens && byte !== QUOTE) return;
    // A value that begins right behind another one: a comma is missing.
    this.#endScalar(at);
    if (byte === OPEN_BRACKET && this.#list === undefined && this.#wanted.has(this.#key ?? "")) {
      this.#depth = this.#level = 2;
      this.#list = new Spans();
      this.members.delete(this.#key!);
      this.lists.set(this.#key!, this.#list);
      return;
    }
    this.#start = at;
    if (byte === QUOTE) this.#inString = true;
    else if (opens) this.#depth += 1;
    else this.#isScalar = true;
  }

  /** Inside a value only its end matters. */
  #deep(byte: number, at: number): void {
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.#depth -= 1;
      if (this.#depth === this.#level) this.#end(at + 1);
    }
  }

  /** The first byte of the document; a byte order mark may stand in front. */
  #begin(byte: number, at: number): void {
    if (at < 3 && byte === [0xef, 0xbb, 0xbf][at]) return;
    this.root = byte === OPEN_BRACE ? "object" : byte === OPEN_BRACKET ? "array" : "other";
    this.#depth = 1;
    if (this.root === "object") this.#expects = "key";
    if (this.root === "array") this.lists.set("", (this.#list = new Spans()));
  }

  /** A member's name, or the colon behind it. */
  #name(byte: number, at: number): void {
    if (this.#expects === "key" && byte === QUOTE) {
      this.#inString = true;
      this.#keyBytes = [];
    } else if (this.#expects === "colon" && byte === COLON) this.#expects = "value";
    else this.damagedAt = at;
  }

  #close(byte: number, at: number): void {
    this.#endScalar(at);
    const isArray = this.#list !== undefined;
    if (isArray !== (byte === CLOSE_BRACKET)) this.damagedAt = at;
    else if (this.#level === 2) {
      this.#depth = this.#level = 1;
      this.#list = undefined;
      this.#key = undefined;
      this.#expects = "key";
    } else this.closed = true;
  }

  #endScalar(at: number): void {
    if (this.#isScalar) this.#end(at);
  }

  #end(end: number): void {
    this.#isScalar = false;
    if (this.#list !== undefined) this.#list.push(this.#start, end);
    else if (this.#key !== undefined) {
      this.lists.delete(this.#key);
      this.members.set(this.#key, { start: this.#start, end });
    }
    if (this.#list === undefined) this.#expects = "key";
  }
}

/** The name in the bytes between two quotes; undefined for one that is too long or no JSON. */
function keyOf(bytes: readonly number[]): string | undefined {
  if (bytes.length > MAX_KEY_BYTES) return undefined;
  try {
    return JSON.parse(`"${Buffer.from(bytes).toString("utf8")}"`) as string;
  } catch {
    return undefined;
  }
}
