import type { JsonObject, Line, World } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";
import type { Place } from "./records.ts";

/** Bytes that are read through rather than jumped over. */
const JUMP_BYTES = 1 << 20;

/** Lines of a file from some offset on, one after the other. */
class Cursor {
  readonly #lines: AsyncIterator<Line>;
  /** Offset behind the last line. */
  position: number;

  constructor(path: string, offset: number, world: World) {
    this.#lines = world.files.lines(path, { start: offset })[Symbol.asyncIterator]();
    this.position = offset;
  }

  /** The line that begins at `offset`; undefined when none does. */
  async lineAt(offset: number): Promise<Line | undefined> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true) return undefined;
      this.position = value.offset + value.bytes.length;
      if (value.offset >= offset) return value.offset === offset ? value : undefined;
    }
  }

  async close(): Promise<void> {
    await this.#lines.return?.(undefined);
  }
}

/**
 * Gives records of a file by their place. They mostly stand in order; answers to calls made at the same time
 * may stand aside, so there are two cursors.
 */
export class RecordSource {
  readonly #path: string;
  readonly #world: World;
  /** The one used last comes first. */
  #cursors: Cursor[] = [];

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  /** The parsed record; undefined when the file no longer holds it. */
  async record(place: Place): Promise<JsonObject | undefined> {
    const line = await (await this.#cursorFor(place.offset)).lineAt(place.offset);
    try {
      const value: unknown = line?.bytes.length === place.length ? JSON.parse(line.text()) : undefined;
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

  async close(): Promise<void> {
    for (const cursor of this.#cursors.splice(0)) await cursor.close();
  }

  async #cursorFor(offset: number): Promise<Cursor> {
    const near = this.#cursors.filter(
      ({ position }) => position <= offset && offset - position <= JUMP_BYTES,
    );
    near.sort((a, b) => b.position - a.position);
    const cursor = near[0] ?? new Cursor(this.#path, offset, this.#world);
    if (this.#cursors[0] === cursor) return cursor;
    const others = this.#cursors.filter((other) => other !== cursor);
    this.#cursors = [cursor, ...others.slice(0, 1)];
    for (const unused of others.slice(1)) await unused.close();
    return cursor;
  }
}
