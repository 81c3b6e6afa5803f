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
const UNKNOWN = KINDS.indexOf("unknown");

/** What the columns of a place are; `guard` and `real` are positions, -1 for none. */
const COLUMN = { id: 0, flags: 1, size: 2, mtime: 3, ctime: 4, inode: 5, guard: 6, real: 7 } as const;
const COLUMNS = 8;
const KIND_BITS = 7;
const SETTLED = 8;
const DISCOVERY = 16;
const ASKED_REAL = 32;
const MOST_FLAGS = 63;

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
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string"))
    throw new UnsoundRowError("a place has no path");
  return texts as string[];
}

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
    for (let position = 0; position < this.count; position += 1) {
      const flags = this.#at(position, COLUMN.flags);
      const isSound =
        Number.isInteger(flags) &&
        flags >= 0 &&
        flags <= MOST_FLAGS &&
        (flags & KIND_BITS) <= UNKNOWN &&
        this.#at(position, COLUMN.id) >= 0 &&
        this.#isPosition(this.#at(position, COLUMN.guard), this.count) &&
        this.#isPosition(this.#at(position, COLUMN.real), this.#texts.length);
      if (!isSound) throw new UnsoundRowError("a place is of no known kind");
    }
  }

  #isPosition(value: number, count: number): boolean {
    return Number.isInteger(value) && value >= -1 && value < count;
  }

  #at(position: number, column: number): number {
    return this.#numbers[1 + position * COLUMNS + column]!;
  }

  #flags(position: number): number {
    return this.#at(position, COLUMN.flags);
  }

  #isStamp(position: number): boolean {
    return (this.#flags(position) & ASKED_REAL) === 0;
  }

  #textAt(position: number): string | null {
    return position === -1 ? null : this.#texts[position]!;
  }

  /** The paths at which something was: to be looked at in any case. */
  present(): string[] {
    const paths: string[] = [];
    for (let position = 0; position < this.count; position += 1) {
      if (this.#isStamp(position) && (this.#flags(position) & KIND_BITS) !== MISSING)
        paths.push(this.#texts[position]!);
    }
    return paths;
  }

  #stamp(position: number): Stamp {
    const flags = this.#flags(position);
    return {
      kind: KINDS[flags & KIND_BITS]!,
      size: this.#at(position, COLUMN.size),
      mtimeMs: this.#at(position, COLUMN.mtime),
      ctimeMs: this.#at(position, COLUMN.ctime),
      inode: this.#at(position, COLUMN.inode),
      settled: (flags & SETTLED) !== 0,
    };
  }

  #isSame(position: number, looks: Looks): boolean {
    return isSame(this.#stamp(position), looks.at(this.#texts[position]!));
  }

  /** Whether a place is what it was. One where nothing was is, as long as the folder is in which it would be. */
  isAsItWas(position: number, looks: Looks): boolean {
    if (!this.#isStamp(position)) {
      const real = this.#textAt(this.#at(position, COLUMN.real));
      return (looks.real(this.#texts[position]!) ?? null) === real;
    }
    const guard = this.#at(position, COLUMN.guard);
    if ((this.#flags(position) & KIND_BITS) === MISSING && guard !== -1 && this.#isSame(guard, looks))
      return true;
    return this.#isSame(position, looks);
  }

  place(position: number): Place {
    const flags = this.#flags(position);
    return {
      id: this.#at(position, COLUMN.id),
      path: this.#texts[position]!,
      asked: this.#isStamp(position) ? "stamp" : "realpath",
      stamp: this.#stamp(position),
      real: this.#textAt(this.#at(position, COLUMN.real)),
      guard: this.#textAt(this.#at(position, COLUMN.guard)),
      discovery: (flags & DISCOVERY) !== 0,
    };
  }
}
