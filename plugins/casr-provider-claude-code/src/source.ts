import type { JsonObject, World } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";
import type { RecordEntry } from "./records.ts";

const WINDOW_BYTES = 1 << 18;

/** Gives records of a file by their index entry. Neighbours come from one read of a quarter megabyte. */
export class RecordSource {
  readonly #path: string;
  readonly #world: World;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  /** The parsed record; undefined when the file no longer holds it. */
  async record(entry: RecordEntry): Promise<JsonObject | undefined> {
    const end = entry.offset + entry.length;
    if (entry.offset < this.#start || end > this.#start + this.#window.length) {
      const bytes = await this.#world.files.read(this.#path, {
        start: entry.offset,
        end: Math.max(end, entry.offset + WINDOW_BYTES),
      });
      this.#window =
        bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#start = entry.offset;
    }
    const from = entry.offset - this.#start;
    const text = this.#window.toString("utf8", from, from + entry.length);
    try {
      const value: unknown = JSON.parse(text);
      if (isJsonObject(value)) return value;
    } catch {
      // Told below: the line was sound when it was indexed.
    }
    this.#world.warn({
      code: "changed-file",
      message: "a record changed while the session was read and was left out",
      path: this.#path,
      line: entry.line,
    });
    return undefined;
  }
}
