import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { SessionRef } from "../provider/reader.ts";
import type { World } from "../provider/world.ts";
import { CasrError, messageOf } from "./errors.ts";

const CHUNK_BYTES = 1024 * 1024;

/** The sha256 (hex) over the bytes of every file of a session, in order, as far as `world` shows them. */
export async function digestOf(
  ref: SessionRef,
  world: World,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (const path of ref.files ?? [ref.path]) {
    const size = (await world.files.stat(path))?.size ?? 0;
    try {
      const handle = await open(path, "r");
      try {
        for (let position = 0; position < size;) {
          world.signal.throwIfAborted();
          const wanted = Math.min(CHUNK_BYTES, size - position);
          const { bytesRead } = await handle.read(buffer, 0, wanted, position);
          if (bytesRead === 0) break;
          hash.update(buffer.subarray(0, bytesRead));
          position += bytesRead;
          onBytes(bytesRead);
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (world.signal.aborted) throw error;
      throw new CasrError("source-unreadable", `Cannot read ${path}: ${messageOf(error)}`, {
        context: { path },
        cause: error,
      });
    }
  }
  return hash.digest("hex");
}
