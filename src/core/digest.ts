import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { SessionRef } from "../provider/reader.ts";
import { CasrError, messageOf } from "./errors.ts";

/** The sha256 (hex) over the bytes of every file of a session, in order. */
export async function digestOf(
  ref: SessionRef,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = createHash("sha256");
  for (const path of ref.files ?? [ref.path]) {
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal })) {
        hash.update(chunk as Buffer);
        onBytes((chunk as Buffer).length);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      throw new CasrError("source-unreadable", `Cannot read ${path}: ${messageOf(error)}`, {
        context: { path },
        cause: error,
      });
    }
  }
  return hash.digest("hex");
}
