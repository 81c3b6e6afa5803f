import type { FileHandle } from "node:fs/promises";
import { isCasrError, messageOf } from "../errors.ts";
import { planFault } from "./failure.ts";

const BUFFER = 256 * 1024;

/** Takes the content of a step from the plugin; what it throws names the plugin unless it is a casr error. */
export async function* contentOf(content: () => AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const encode = encoder();
  try {
    for await (const chunk of content()) yield encode(chunk);
  } catch (error) {
    if (isCasrError(error)) throw error;
    throw planFault(`the content of a file could not be made (${messageOf(error)})`, error);
  }
  const rest = encode(undefined);
  if (rest.length > 0) yield rest;
}

/** Writes chunks in large pieces; `onBytes` gets each piece's size. */
export async function writeChunks(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): Promise<void> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (size === 0) return;
    await handle.writeFile(Buffer.concat(waiting, size));
    onBytes(size);
    waiting = [];
    size = 0;
  };
  for await (const chunk of chunks) {
    // A view of a buffer the plugin may use again.
    waiting.push(chunk.slice());
    size += chunk.length;
    if (size >= BUFFER) await flush();
  }
  await flush();
}

/** UTF-8 with memory: a character whose two UTF-16 halves come in two strings stays whole. Undefined ends it. */
function encoder(): (chunk: unknown) => Uint8Array {
  let half = "";
  return (chunk) => {
    if (chunk !== undefined && typeof chunk !== "string") {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("a chunk is neither text nor bytes");
      if (half === "") return chunk;
      const bytes = Buffer.concat([Buffer.from(half), chunk]);
      half = "";
      return bytes;
    }
    const text = half + (chunk ?? "");
    const last = text.charCodeAt(text.length - 1);
    half = chunk !== undefined && last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
    return Buffer.from(half === "" ? text : text.slice(0, -1));
  };
}
