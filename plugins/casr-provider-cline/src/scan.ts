/** Bytes `start` to `end` (exclusive) of a file. */
export interface Range {
  start: number;
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MAX_KEY = 64;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Finds where the messages of a JSON document are, without parsing them: the members of its array `messages`, or of
 * the document itself where that is an array; and where its other top-level values are. Bytes are fed in order. A
 * document that breaks off gives what was complete. Depth is a number here, so that no nesting exhausts a stack.
 */
export class DocumentScan {
  /** Top-level values of an object but for `messages`, the last of each name. */
  readonly fields = new Map<string, Range>();
  readonly messages: Range[] = [];
  /** The root is closed: nothing is missing at the end. */
  closed = false;
  /** The document has a list of messages. */
  hasList = false;
  #root: "none" | "object" | "array" = "none";
  #offset = 0;
  #depth = 0;
  /** Depth inside the list of messages; 0 while outside of it. */
  #listDepth = 0;
  #inString = false;
  #escaped = false;
  /** Where the value at the current place began; -1 between values. */
  #start = -1;
  #isKeyNext = false;
  #keyBytes: number[] | undefined;
  #key = "";

  /** Takes the next bytes of the document. */
  feed(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length && !this.closed; index++) {
      const byte = bytes[index]!;
      if (this.#inString) this.#string(byte, this.#offset + index);
      else this.#plain(byte, this.#offset + index);
    }
    this.#offset += bytes.length;
  }

  /** A value has begun and not ended. */
  get isTorn(): boolean {
    return !this.closed && this.#start !== -1;
  }

  #string(byte: number, offset: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#keyBytes !== undefined) {
        this.#key = new TextDecoder().decode(Uint8Array.from(this.#keyBytes));
        this.#keyBytes = undefined;
      } else this.#atEnd(offset + 1);
      return;
    }
    if (this.#keyBytes !== undefined && this.#keyBytes.length < MAX_KEY) this.#keyBytes.push(byte);
  }

  #plain(byte: number, offset: number): void {
    if (isSpace(byte)) return this.#endScalar(offset);
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        if (this.#isKeyNext && this.#depth === 1) this.#keyBytes = [];
        else this.#begin(offset);
        return;
      case 0x7b:
      case 0x5b:
        return this.#open(byte === 0x5b, offset);
      case 0x7d:
      case 0x5d:
        return this.#close(offset);
      case COMMA:
        this.#endScalar(offset);
        if (this.#root === "object" && this.#depth === 1) this.#isKeyNext = true;
        return;
      case COLON:
        if (this.#depth === 1) this.#isKeyNext = false;
        return;
      default:
        if (this.#root !== "none") this.#begin(offset);
    }
  }

  /** Whether values at the current depth are ones to remember. */
  get #isPlace(): boolean {
    return this.#listDepth === 0 ? this.#depth === 1 : this.#depth === this.#listDepth;
  }

  #begin(offset: number): void {
    if (this.#start === -1 && this.#isPlace && !this.#isKeyNext) this.#start = offset;
  }

  #open(isArray: boolean, offset: number): void {
    if (this.#root === "none") {
      this.#root = isArray ? "array" : "object";
      this.#isKeyNext = !isArray;
      this.#listDepth = isArray ? 1 : 0;
      this.hasList = isArray;
    } else if (isArray && this.#listDepth === 0 && this.#depth === 1 && this.#key === "messages") {
      this.#listDepth = 2;
      this.hasList = true;
    } else this.#begin(offset);
    this.#depth += 1;
  }

  #close(offset: number): void {
    this.#endScalar(offset);
    if (this.#depth === this.#listDepth && this.#listDepth === 2) {
      this.#listDepth = 0;
      this.#start = -1;
      this.#depth -= 1;
      return;
    }
    this.#depth -= 1;
    if (this.#depth <= 0) this.closed = this.#root !== "none";
    else this.#atEnd(offset + 1);
  }

  /** A value that begins at the current depth has ended. */
  #atEnd(end: number): void {
    if (this.#start === -1 || !this.#isPlace) return;
    const range = { start: this.#start, end };
    this.#start = -1;
    if (this.#listDepth > 0) this.messages.push(range);
    else this.fields.set(this.#key, range);
  }

  /** Ends a number or a word; strings and brackets end by themselves. */
  #endScalar(offset: number): void {
    if (this.#isPlace) this.#atEnd(offset);
  }
}
