import type { FileHandle } from "node:fs/promises";
import { isCasrError, messageOf } from "../errors.ts";
import { planFault } from "./failure.ts";

/** Bytes that are put together before they are written. */
const PIECE_BYTES = 768 * 1024;
/** UTF-16 units of a larger chunk that are turned into bytes at once; each takes three bytes at most. */
const UNITS = PIECE_BYTES / 3;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Writes what a plugin gives as the content of a file in large pieces, whatever the size of its own. */
class ContentWriter {
  readonly #handle: FileHandle;
  readonly #onBytes: (count: number) => void;
  readonly #buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  /** Bytes in the buffer that are not written yet. */
  #filled = 0;
  /** Half a character at the end of a chunk: its other half may come in the next one. */
  #half = "";

  constructor(handle: FileHandle, onBytes: (count: number) => void) {
    this.#handle = handle;
    this.#onBytes = onBytes;
  }

  /** Takes a chunk; a promise where something has to be written before the next one. */
  take(chunk: string | Uint8Array): Promise<void> | undefined {
    if (typeof chunk !== "string") return this.#writeBytes(chunk);
    const text = this.#half === "" ? chunk : this.#half + chunk;
    if (text.length > UNITS) return this.#takeLarge(text);
    const room = PIECE_BYTES - this.#filled;
    if (text.length * 3 > room) return this.#flush().then(() => this.#fill(text));
    this.#fill(text);
    return undefined;
  }

  async finish(): Promise<void> {
    const half = this.#half;
    this.#half = "";
    await this.#flush();
    // It has no other half: it is written as U+FFFD.
    await this.#write(Buffer.from(half));
  }

  async #takeLarge(text: string): Promise<void> {
    for (let from = 0; from < text.length;) {
      let to = Math.min(from + UNITS, text.length);
      if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
      await this.#flush();
      this.#fill(text.slice(from, to));
      from = to;
    }
  }

  async #writeBytes(chunk: Uint8Array): Promise<void> {
    await this.finish();
    await this.#write(chunk);
  }

  /** Puts text that fits behind what is there. */
  #fill(text: string): void {
    const isHalved = text !== "" && isHighSurrogate(text.charCodeAt(text.length - 1));
    this.#half = isHalved ? text.slice(-1) : "";
    this.#filled += this.#buffer.write(isHalved ? text.slice(0, -1) : text, this.#filled);
  }

  async #flush(): Promise<void> {
    const filled = this.#filled;
    this.#filled = 0;
    await this.#write(this.#buffer.subarray(0, filled));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#handle.writeFile(bytes);
    this.#onBytes(bytes.length);
  }
}

/** The content of a step, chunk by chunk; what the plugin throws names it unless it is a casr error. */
async function* chunksOf(content: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    for await (const chunk of content()) yield chunk;
  } catch (error) {
    throw asPlanFault(error);
  }
}

function asPlanFault(error: unknown): unknown {
  if (isCasrError(error)) return error;
  return planFault(`the content of a file could not be made (${messageOf(error)})`, error);
}

/** Writes the content of a step as UTF-8; `onBytes` gets the size of each piece that is written. */
export async function writeContent(
  handle: FileHandle,
  content: () => AsyncIterable<unknown>,
  onBytes: (count: number) => void,
): Promise<void> {
  const writer = new ContentWriter(handle, onBytes);
  for await (const chunk of chunksOf(content)) {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array))
      throw asPlanFault(new TypeError("a chunk is neither text nor bytes"));
    const written = writer.take(chunk);
    if (written !== undefined) await written;
  }
  await writer.finish();
}
