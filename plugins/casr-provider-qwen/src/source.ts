import type { JsonObject, World } from "casr-cli/provider";
import { recordsOf } from "./lines.ts";
import type { RecordEntry } from "./records.ts";

const WINDOW_BYTES = 1 << 18;

/** Gives records of a file by their index entry. Neighbours come from one read of a quarter megabyte. */
export class RecordSource {
  readonly #path: string;
  readonly #world: World;
  readonly #decoder = new TextDecoder();
  #window: Uint8Array = new Uint8Array();
  #start = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  /** The parsed record; undefined, with a warning, when the file no longer holds it. */
  async record(entry: RecordEntry): Promise<JsonObject | undefined> {
    const end = entry.offset + entry.length;
    if (entry.offset < this.#start || end > this.#start + this.#window.length) {
      const range = { start: entry.offset, end: Math.max(end, entry.offset + WINDOW_BYTES) };
      this.#window = (await this.#world.files.read(this.#path, range)) ?? new Uint8Array();
      this.#start = entry.offset;
    }
    const from = entry.offset - this.#start;
    const text = this.#decoder.decode(this.#window.subarray(from, from + entry.length));
    const record = recordsOf(text)[entry.fragment];
    if (record !== undefined) return record;
    this.#world.warn({
      code: "changed-file",
      message: "a record changed while the session was read and was left out",
      path: this.#path,
      line: entry.line,
    });
    return undefined;
  }
}
