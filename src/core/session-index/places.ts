import { setImmediate } from "node:timers/promises";
import { UnsoundRowError } from "./rows.ts";
import { isSame, type Looks, type Stamp, type StampKind } from "./stamps.ts";

/** A path that was looked at, with what was seen. */
export interface Place {
  /** Names it among those of its store. */
  id: number;
  path: string;
  /** The answer was that of `realpath`: `real`, not the stamp, is what must be the same. */
  asked: "stamp" | "realpath";
  stamp: Stamp;
  real: string | null;
  /** The path of the folder in which something must change before a missing place can exist. */
  guard: string | null;
  /** Discover looked at it. */
  discovery: boolean;
}

/** Names a place among those of its store. */
export const placeKey = (path: string, asked: Place["asked"]): string =>
  asked === "stamp" ? path : `realpath ${path}`;

/** The places of a store as they are kept: one text and one run of numbers, which cost little to read. */
export interface PackedPlaces {
  /** JSON: the paths, and after them the answers of `realpath`. */
  texts: string;
  /** Float64 in the machine's order: the number of columns, then that many for each place. */
  numbers: Uint8Array;
}

const KINDS: readonly StampKind[] = ["missing", "file", "directory", "other", "unknown"];
const MISSING = KINDS.indexOf("missing");

/** What the columns of a place are; `guard` and `real` are positions, -1 for none. */
const COLUMN = { id: 0, flags: 1, size: 2, mtime: 3, ctime: 4, inode: 5, guard: 6, real: 7 } as const;
const COLUMNS = 8;
const KIND_BITS = 7;
const SETTLED = 8;
const DISCOVERY = 16;
const ASKED_REAL = 32;

/** Packs places. A guard that is not among them is left out: then the missing place itself is looked at. */
export function packPlaces(places: readonly Place[]): PackedPlaces {
  const numbers = new Float64Array(1 + places.length * COLUMNS);
  const texts = places.map(({ path }) => path);
  const positions = new Map<string, number>();
  for (const [position, { path, asked }] of places.entries())
    if (asked === "stamp") positions.set(path, position);
  numbers[0] = COLUMNS;
  for (const [position, { id, asked, stamp, real, guard, discovery }] of places.entries()) {
    const { kind, size, mtimeMs, ctimeMs, inode, settled } = stamp;
    const flags =
      KINDS.indexOf(kind) |
      (settled ? SETTLED : 0) |
      (discovery ? DISCOVERY : 0) |
      (asked === "realpath" ? ASKED_REAL : 0);
    const realAt = real === null ? -1 : texts.push(real) - 1;
    const guardAt = guard === null ? -1 : (positions.get(guard) ?? -1);
    numbers.set([id, flags, size, mtimeMs, ctimeMs, inode, guardAt, realAt], 1 + position * COLUMNS);
  }
  return { texts: JSON.stringify(texts), numbers: new Uint8Array(numbers.buffer) };
}

function textsOf(json: string): string[] {
  let texts: unknown;
  try {
    texts = JSON.parse(json);
  } catch {
    throw new UnsoundRowError("the places are no JSON");
  }
  if (!Array.isArray(texts)) throw new UnsoundRowError("the places are none");
  return texts as string[];
}

/** Paths looked at without letting anybody else (signals, timers) have their turn. */
const CHUNK = 256;
/** From this many ms a look on, waiting for one at a time would take too long: a network, a sleeping disk. */
const SLOW_LOOK_MS = 0.5;

/**
 * The places of a store as they were. Thousands are compared with what is there now in every run, so an object
 * is made only of those somebody asks for.
 */
export class Places {
  readonly count: number;
  readonly #texts: string[];
  readonly #numbers: Float64Array;

  /** Throws `UnsoundRowError` for what `packPlaces` would not have made. */
  constructor({ texts, numbers }: PackedPlaces) {
    this.#texts = textsOf(texts);
    this.#numbers = new Float64Array(numbers.slice().buffer, 0, Math.floor(numbers.length / 8));
    this.count = (this.#numbers.length - 1) / COLUMNS;
    if (this.#numbers[0] !== COLUMNS || !Number.isInteger(this.count) || this.#texts.length < this.count)
      throw new UnsoundRowError("the places are none");
  }

  #at(position: number, column: number): number {
    return this.#numbers[1 + position * COLUMNS + column]!;
  }

  #path(position: number): string {
    const path = this.#texts[position];
    if (typeof path !== "string") throw new UnsoundRowError("a place has no path");
    return path;
  }

  #textAt(position: number): string | null {
    return position === -1 ? null : this.#path(position);
  }

  /**
   * The positions of the places that are not what they were. One after the other while that is quick, which on a
   * local disk is three times cheaper than asking for many at once. Rejects when `signal` is aborted.
   */
  async changed(looks: Looks, signal: AbortSignal): Promise<number[]> {
    const changed: number[] = [];
    let isSlow = false;
    for (let from = 0; from < this.count; from += CHUNK) {
      const to = Math.min(from + CHUNK, this.count);
      const start = performance.now();
      if (isSlow) await looks.ahead(this.#present(from, to));
      for (let position = from; position < to; position += 1)
        if (!this.#isAsItWas(position, looks)) changed.push(position);
      const each = (performance.now() - start) / (to - from);
      if (!isSlow) await setImmediate();
      isSlow ||= each > SLOW_LOOK_MS;
      signal.throwIfAborted();
    }
    return changed;
  }

  /** The paths from one position to another at which something was: they are looked at in any case. */
  #present(from: number, to: number): string[] {
    const paths: string[] = [];
    for (let position = from; position < to; position += 1) {
      const flags = this.#at(position, COLUMN.flags);
      if ((flags & ASKED_REAL) === 0 && (flags & KIND_BITS) !== MISSING) paths.push(this.#path(position));
    }
    return paths;
  }

  /** Whether a place is what it was. One where nothing was is, as long as the folder is in which it would be. */
  #isAsItWas(position: number, looks: Looks): boolean {
    const flags = this.#at(position, COLUMN.flags);
    const path = this.#path(position);
    if ((flags & ASKED_REAL) !== 0)
      return (looks.real(path) ?? null) === this.#textAt(this.#at(position, COLUMN.real));
    if ((flags & KIND_BITS) === MISSING) {
      const guard = this.#at(position, COLUMN.guard);
      if (guard !== -1 && isSame(this.#stamp(guard), looks.at(this.#path(guard)))) return true;
    }
    return looks.isSame(
      path,
      (flags & SETTLED) === 0 ? "unknown" : KINDS[flags & KIND_BITS],
      this.#at(position, COLUMN.size),
      this.#at(position, COLUMN.mtime),
      this.#at(position, COLUMN.ctime),
      this.#at(position, COLUMN.inode),
    );
  }

  #stamp(position: number): Stamp {
    const flags = this.#at(position, COLUMN.flags);
    return {
      kind: KINDS[flags & KIND_BITS] ?? "unknown",
      size: this.#at(position, COLUMN.size),
      mtimeMs: this.#at(position, COLUMN.mtime),
      ctimeMs: this.#at(position, COLUMN.ctime),
      inode: this.#at(position, COLUMN.inode),
      settled: (flags & SETTLED) !== 0,
    };
  }

  /** Throws `UnsoundRowError` for a place nobody can depend on. */
  place(position: number): Place {
    const flags = this.#at(position, COLUMN.flags);
    const id = this.#at(position, COLUMN.id);
    if (!Number.isSafeInteger(id) || !Number.isSafeInteger(flags))
      throw new UnsoundRowError("a place is of no known kind");
    return {
      id,
      path: this.#path(position),
      asked: (flags & ASKED_REAL) === 0 ? "stamp" : "realpath",
      stamp: this.#stamp(position),
      real: this.#textAt(this.#at(position, COLUMN.real)),
      guard: this.#textAt(this.#at(position, COLUMN.guard)),
      discovery: (flags & DISCOVERY) !== 0,
    };
  }
}
