import type { JsonObject, World } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

/** Where a line stands: bytes from the beginning of the file, and its number from 1. */
export interface Place {
  offset: number;
  length: number;
  line: number;
}

const WINDOW_BYTES = 1 << 18;

/** Gives records of a file by their place. Neighbours come from one read of a quarter megabyte. */
export class RecordSource {
  readonly #path: string;
  readonly #world: World;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  /** The parsed record; undefined, with a warning, when the file no longer holds it. */
  async record(place: Place): Promise<JsonObject | undefined> {
    const end = place.offset + place.length;
    if (place.offset < this.#start || end > this.#start + this.#window.length) {
      const range = { start: place.offset, end: Math.max(end, place.offset + WINDOW_BYTES) };
      const bytes = await this.#world.files.read(this.#path, range);
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
    this.#world.warn({
      code: "changed-file",
      message: "a record changed while the session was read and was left out",
      path: this.#path,
      line: place.line,
    });
    return undefined;
  }
}
