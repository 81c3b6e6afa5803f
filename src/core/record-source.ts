import type { Diagnostic, Files, RecordPlace, RecordSource } from "../provider/world.ts";
import { isJsonObject, type JsonObject } from "../session/json.ts";

const WINDOW_BYTES = 1 << 18;

/** Neighbours come from one read of a quarter megabyte. */
export class WindowedRecords implements RecordSource {
  readonly #files: Pick<Files, "read">;
  readonly #path: string;
  readonly #warn: (diagnostic: Diagnostic) => void;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(files: Pick<Files, "read">, path: string, warn: (diagnostic: Diagnostic) => void) {
    this.#files = files;
    this.#path = path;
    this.#warn = warn;
  }

  async record(place: RecordPlace): Promise<JsonObject | undefined> {
    const end = place.offset + place.length;
    if (place.offset < this.#start || end > this.#start + this.#window.length) {
      const range = { start: place.offset, end: Math.max(end, place.offset + WINDOW_BYTES) };
      const bytes = await this.#files.read(this.#path, range);
      this.#window =
        bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#start = place.offset;
    }
    const from = place.offset - this.#start;
    try {
      const value: unknown = JSON.parse(this.#window.toString("utf8", from, from + place.length));
      if (isJsonObject(value)) return value;
    } catch {
      // Told below: the line was sound when it was indexed.
    }
    this.#warn({
      code: "changed-file",
      message: "a record changed while the session was read and was left out",
      path: this.#path,
      line: place.line,
    });
    return undefined;
  }
}
