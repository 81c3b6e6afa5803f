import type { Place } from "./records.ts";

/** What a record means for the conversation. `other` records only hold the chain together. */
const KINDS = ["user", "result", "assistant", "command", "boundary", "attachment", "other"] as const;
export type RecordKind = (typeof KINDS)[number];

/** Messages a compaction kept verbatim, by uuid. */
export interface Preserved {
  anchor: string;
  /** The kept records in order; absent in the form that names only the two ends. */
  uuids?: string[];
  head?: string;
  tail?: string;
}

/** What only the record of a compaction has. */
export interface Boundary {
  logicalParent?: string;
  preserved?: Preserved;
}

/** One record that has a uuid, as it goes into the table. */
export interface RecordEntry extends Place {
  kind: RecordKind;
  uuid: string;
  /** Undefined for a root. */
  parent: string | undefined;
  sidechain: boolean;
  /** Assistant: id of the response the line belongs to. */
  messageId: string | undefined;
  /** Assistant: calls in this line; result: calls it answers. */
  calls: readonly string[];
  boundary: Boundary | undefined;
  /** A prompt typed while a tool was running: it keeps its place among the results. */
  queued: boolean;
  /** What a hook said: sent where it stands, behind the prompt or the results it is about. */
  hook: boolean;
  /** Not made up by the agent: a turn begins with it. */
  prompt: boolean;
  /** Messages that come out of it, if nothing else answered its calls; `ODD` when that is not known. */
  yields: number;
  /** Lines before it that are not blank, and how many of them are damaged. */
  total: number;
  malformed: number;
}

const SIDECHAIN = 1;
const QUEUED = 2;
const HOOK = 4;
const PROMPT = 8;

/** What stands for a number of messages that is not known. */
export const ODD = 255;

/** What stands for an id that is not there. */
export const NONE = -1;

type Numbers =
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** `numbers` with room for `length` of them. */
function roomy<T extends Numbers>(numbers: T, length: number): T {
  if (length <= numbers.length) return numbers;
  const larger = new (numbers.constructor as new (length: number) => T)(Math.max(length, numbers.length * 2));
  larger.set(numbers);
  return larger;
}

/** The places of many records, in few bytes each. */
export class Places {
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #lines: Uint32Array;

  constructor(offsets: Float64Array, lengths: Uint32Array, lines: Uint32Array) {
    this.#offsets = offsets;
    this.#lengths = lengths;
    this.#lines = lines;
  }

  at(position: number): Place {
    return {
      offset: this.#offsets[position]!,
      length: this.#lengths[position]!,
      line: this.#lines[position]!,
    };
  }
}

/**
 * The records of a file, in columns: a file of a gigabyte may have a million of them. Uuids and other ids are
 * numbers, given in the order in which they are first met.
 */
export class RecordTable {
  length = 0;
  readonly #ids = new Map<string, number>();
  #offsets = new Float64Array(1024);
  #lengths = new Uint32Array(1024);
  #lines = new Uint32Array(1024);
  #kinds = new Uint8Array(1024);
  #flags = new Uint8Array(1024);
  #uuids = new Int32Array(1024);
  #parents = new Int32Array(1024);
  #messages = new Int32Array(1024);
  /** Where the calls of a record begin in `#calls`; those of the next record follow. */
  #callsFrom = new Uint32Array(1024);
  #calls = new Int32Array(1024);
  #callCount = 0;
  #yields = new Uint8Array(1024);
  #totals = new Uint32Array(1024);
  #malformed = new Uint32Array(1024);
  readonly #boundaries = new Map<number, Boundary>();

  add(entry: RecordEntry): void {
    const position = this.length;
    if (position === this.#offsets.length) this.#makeRoom(position + 1);
    this.#offsets[position] = entry.offset;
    this.#lengths[position] = entry.length;
    this.#lines[position] = entry.line;
    this.#kinds[position] = KINDS.indexOf(entry.kind);
    this.#flags[position] =
      (entry.sidechain ? SIDECHAIN : 0) |
      (entry.queued ? QUEUED : 0) |
      (entry.hook ? HOOK : 0) |
      (entry.prompt ? PROMPT : 0);
    this.#yields[position] = entry.yields;
    this.#totals[position] = entry.total;
    this.#malformed[position] = entry.malformed;
    this.#uuids[position] = this.#number(entry.uuid);
    this.#parents[position] = entry.parent === undefined ? NONE : this.#number(entry.parent);
    this.#messages[position] = entry.messageId === undefined ? NONE : this.#number(entry.messageId);
    this.#callsFrom[position] = this.#callCount;
    this.#calls = roomy(this.#calls, this.#callCount + entry.calls.length);
    for (const call of entry.calls) this.#calls[this.#callCount++] = this.#number(call);
    if (entry.boundary !== undefined) this.#boundaries.set(position, entry.boundary);
    this.length += 1;
  }

  #makeRoom(length: number): void {
    this.#offsets = roomy(this.#offsets, length);
    this.#lengths = roomy(this.#lengths, length);
    this.#lines = roomy(this.#lines, length);
    this.#kinds = roomy(this.#kinds, length);
    this.#flags = roomy(this.#flags, length);
    this.#uuids = roomy(this.#uuids, length);
    this.#parents = roomy(this.#parents, length);
    this.#messages = roomy(this.#messages, length);
    this.#callsFrom = roomy(this.#callsFrom, length);
    this.#yields = roomy(this.#yields, length);
    this.#totals = roomy(this.#totals, length);
    this.#malformed = roomy(this.#malformed, length);
  }

  #number(id: string): number {
    let number = this.#ids.get(id);
    if (number === undefined) {
      number = this.#ids.size;
      this.#ids.set(id, number);
    }
    return number;
  }

  /** How many different ids there are. */
  get ids(): number {
    return this.#ids.size;
  }

  /** The number of an id; `NONE` when it is in no record. */
  numberOf(id: string | undefined): number {
    return id === undefined ? NONE : (this.#ids.get(id) ?? NONE);
  }

  kind(position: number): RecordKind {
    return KINDS[this.#kinds[position]!]!;
  }

  isSidechain(position: number): boolean {
    return (this.#flags[position]! & SIDECHAIN) !== 0;
  }

  isQueued(position: number): boolean {
    return (this.#flags[position]! & QUEUED) !== 0;
  }

  isHook(position: number): boolean {
    return (this.#flags[position]! & HOOK) !== 0;
  }

  isPrompt(position: number): boolean {
    return (this.#flags[position]! & PROMPT) !== 0;
  }

  /** See `RecordEntry.yields`. */
  yields(position: number): number {
    return this.#yields[position]!;
  }

  /** The lines before a record. */
  countsBefore(position: number): { total: number; malformed: number } {
    return { total: this.#totals[position]!, malformed: this.#malformed[position]! };
  }

  /** The first `count` ids, by number. */
  *idsBelow(count: number): Iterable<string> {
    let number = 0;
    for (const id of this.#ids.keys()) {
      if (number++ >= count) return;
      yield id;
    }
  }

  uuid(position: number): number {
    return this.#uuids[position]!;
  }

  /** `NONE` for a root. */
  parent(position: number): number {
    return this.#parents[position]!;
  }

  /** `NONE` for all but lines of responses. */
  messageId(position: number): number {
    return this.#messages[position]!;
  }

  calls(position: number): Int32Array {
    const end = position + 1 < this.length ? this.#callsFrom[position + 1] : this.#callCount;
    return this.#calls.subarray(this.#callsFrom[position], end);
  }

  boundaries(): Iterable<Boundary> {
    return this.#boundaries.values();
  }

  boundary(position: number): Boundary {
    return this.#boundaries.get(position) ?? {};
  }

  places(): Places {
    const { length } = this;
    return new Places(
      this.#offsets.slice(0, length),
      this.#lengths.slice(0, length),
      this.#lines.slice(0, length),
    );
  }
}

/** Positions by id, in the order they were added: lists that share two arrays. */
export class PositionLists {
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  #positions = new Int32Array(1024);
  #next = new Int32Array(1024);
  #count = 0;

  constructor(ids: number) {
    this.#first = new Int32Array(ids).fill(NONE);
    this.#last = new Int32Array(ids).fill(NONE);
  }

  add(id: number, position: number): void {
    const at = this.#count++;
    this.#positions = roomy(this.#positions, this.#count);
    this.#next = roomy(this.#next, this.#count);
    this.#positions[at] = position;
    this.#next[at] = NONE;
    const last = this.#last[id]!;
    if (last === NONE) this.#first[id] = at;
    else this.#next[last] = at;
    this.#last[id] = at;
  }

  has(id: number): boolean {
    return this.#first[id] !== NONE;
  }

  *of(id: number): Iterable<number> {
    for (let at = this.#first[id]!; at !== NONE; at = this.#next[at]!) yield this.#positions[at]!;
  }
}
