import type { FileHandle } from "node:fs/promises";
import { isCasrError, messageOf } from "../errors.ts";
import { planFault } from "./failure.ts";

/** UTF-16 units that are put together before they are written; each takes three bytes at most. */
const UNITS = 256 * 1024;

/** Writes what a plugin gives as the content of a file in large pieces, whatever the size of its own. */
class ContentWriter {
  readonly #handle: FileHandle;
  readonly #onBytes: (count: number) => void;
  readonly #buffer = Buffer.allocUnsafeSlow(UNITS * 3);
  /** Text that is not written yet. */
  #text = "";

  constructor(handle: FileHandle, onBytes: (count: number) => void) {
    this.#handle = handle;
    this.#onBytes = onBytes;
  }

  /** Takes a chunk; a promise where something has to be written before the next one. */
  take(chunk: string | Uint8Array): Promise<void> | undefined {
    if (typeof chunk === "string") {
      this.#text += chunk;
      return this.#text.length < UNITS ? undefined : this.#writeText(false);
    }
    return this.#writeBytes(chunk);
  }

  async finish(): Promise<void> {
    await this.#writeText(true);
  }

  async #writeBytes(chunk: Uint8Array): Promise<void> {
    await this.#writeText(true);
    await this.#write(chunk);
  }

  /** Half a character at the end of the text waits for its other half, which may come in the next chunk. */
  async #writeText(whole: boolean): Promise<void> {
    const text = this.#text;
    let from = 0;
    while (text.length - from >= (whole ? 1 : UNITS)) {
      let to = Math.min(from + UNITS, text.length);
      const last = text.charCodeAt(to - 1);
      if (last >= 0xd800 && last <= 0xdbff && (to < text.length || !whole)) to -= 1;
      const size = this.#buffer.write(text.slice(from, to), "utf8");
      from = to;
      await this.#write(this.#buffer.subarray(0, size));
    }
    this.#text = text.slice(from);
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
