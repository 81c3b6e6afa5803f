import type { JsonValue } from "../session/json.ts";
import type { BinarySource, Message } from "../session/types.ts";

/** What a path is. Sizes are bytes, times epoch ms. */
export interface FileStat {
  kind: "file" | "directory" | "other";
  size: number;
  mtimeMs: number;
  inode: number;
}

/** One entry of a folder. Symbolic links report what they point at. */
export interface DirectoryEntry {
  name: string;
  kind: "file" | "directory" | "other";
}

/**
 * One line of a file. `bytes` is only valid until the next line is asked for.
 * A BOM on the first line and the line ending (LF or CRLF) are not part of it.
 */
export interface Line {
  /** Counted from 1. */
  number: number;
  /** Byte offset of `bytes` in the (decompressed) file. */
  offset: number;
  bytes: Uint8Array;
  /** False for a last line without a line ending: it may still be growing. */
  terminated: boolean;
  /** The line as text; bad UTF-8 becomes U+FFFD. */
  text(): string;
}

export interface LinesOptions {
  /** Start at this byte offset; numbering then starts at `firstNumber` (default 1). */
  start?: number;
  firstNumber?: number;
  /** Stop before this byte offset. */
  end?: number;
  /** `zstd` decompresses while reading; offsets then count decompressed bytes. */
  compression?: "zstd";
}

/** One item of a list in a JSON document. */
export interface JsonItem {
  /** Counted from 0. */
  position: number;
  /** Byte offsets in the file, the end excluded. */
  start: number;
  end: number;
  /** Undefined when it is not JSON, or too long to be read (256 MiB, with a warning). */
  value: JsonValue | undefined;
}

/**
 * A JSON file that may be too large to be parsed as a whole. Where its values are is known; each is read and
 * parsed when it is asked for. Bad UTF-8 becomes U+FFFD; of two members of one name the later counts.
 */
export interface JsonDocument {
  root: "object" | "array";
  /** False when its end is missing, damaged or behind the `end` that was asked for. */
  complete: boolean;
  /** Names of the members that are no lists. */
  names: readonly string[];
  /** How many items a list has; undefined when there is no such list. "" is a document that is an array itself. */
  count(list: string): number | undefined;
  /** A member that is no list; undefined when there is none, it is not JSON (with a warning), or longer than `maxBytes` (default 1 MiB). */
  member(name: string, maxBytes?: number): Promise<JsonValue | undefined>;
  /** The items from position `from` to `to` (excluded), one by one; damaged ones too, without a value. */
  items(list: string, from?: number, to?: number): AsyncIterable<JsonItem>;
}

export interface JsonDocumentOptions {
  /** Members that are gone through item by item, where they are arrays. */
  lists: readonly string[];
  /** Look no further than to this byte: for what the head of a file tells. */
  end?: number;
}

/**
 * Read-only files. Every method rejects with a branded casr error (`source-unreadable`) on
 * missing permission; the ones that return undefined do so when the path does not exist.
 */
export interface Files {
  stat(path: string): Promise<FileStat | undefined>;
  /** Entries in name order; empty when the folder does not exist. */
  list(path: string): Promise<DirectoryEntry[]>;
  realpath(path: string): Promise<string | undefined>;
  /**
   * The bytes of a range (default: all). Rejects for more than 256 MiB at once. What `summarize` reads is gone
   * once it has answered: the memory serves the next session.
   */
  read(path: string, range?: { start: number; end: number }): Promise<Uint8Array | undefined>;
  /** Whole file as UTF-8 text without BOM; for small files (64 MiB at most). */
  readText(path: string): Promise<string | undefined>;
  /** Lines of a file in order, blank ones included. Lines over 512 MiB are skipped with a warning. */
  lines(path: string, options?: LinesOptions): AsyncIterable<Line>;
  /**
   * Goes once through a file that holds one JSON object or array, without parsing it. Undefined for other files and
   * missing ones. Half-written JSON gives what stands before the damage, with a warning (`torn-file`).
   */
  json(path: string, options: JsonDocumentOptions): Promise<JsonDocument | undefined>;
}

/** Rows of a read-only query; 64-bit integers outside the safe range are bigint. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A database opened read-only with a busy timeout; never migrated, its journal mode untouched. */
export interface Database {
  all(sql: string, ...params: SqlValue[]): Record<string, SqlValue>[];
  iterate(sql: string, ...params: SqlValue[]): Iterable<Record<string, SqlValue>>;
  close(): void;
}

/** Something a reader met that a person should know. Never fatal. */
export interface Diagnostic {
  /**
   * Kebab-case kind: `bad-line`, `unknown-record`, `torn-line`, `missing-file`, … One has a meaning to the
   * core: `opaque-compaction` (a summary only its vendor can read) is reported as a loss.
   */
  code: string;
  message: string;
  path?: string;
  line?: number;
}

/**
 * Ids, each kept in 32 bits: one that is not among them surely was not added. For marks of readings
 * (`SessionReading.mark`), which must know later what stood before them.
 */
export interface Fingerprints {
  /** How many were added. */
  readonly size: number;
  add(ids: Iterable<string>): void;
  /** True for every id that was added, and by chance for another one in millions. */
  mayHold(id: string): boolean;
  /** Base64; `toolkit.fingerprints` takes it up. */
  text(): string;
}

/** Where a line stands: bytes from the beginning of the file, and its number from 1. */
export interface RecordPlace {
  offset: number;
  length: number;
  line: number;
}

/** One line at an end of a file. */
export interface EndLine {
  /** In bytes. */
  readonly size: number;
  /** Whether what was read ends within it. */
  readonly isCut: boolean;
  /** Whether this stands in the line, or at its beginning, byte for byte. */
  includes(word: string): boolean;
  startsWith(word: string): boolean;
  readonly text: string;
  /** Parsed when it is asked for; undefined for a line that is cut or damaged, or holds no object. */
  readonly record: { [key: string]: JsonValue } | undefined;
}

/**
 * The lines at both ends of a file of records (64 KiB each), for listings. Only what is looked into is turned into
 * text and parsed. `word` is something that a line must hold to be looked into, as `"model_change"`; it may be empty.
 */
export interface FileEnds {
  /** In the order of the file, without blank ones. */
  lines(word?: string): Iterable<EndLine>;
  /** What `pick` finds in the first record in which it finds anything. */
  first<T>(word: string, pick: (record: { [key: string]: JsonValue }) => T | undefined): T | undefined;
  /** The same from the last record on. */
  last<T>(word: string, pick: (record: { [key: string]: JsonValue }) => T | undefined): T | undefined;
}

/** Records of a file of JSON lines, by their places; best asked for in the order of the file. */
export interface RecordSource {
  /** The parsed record; undefined, with a warning, when the file no longer holds it. */
  record(place: RecordPlace): Promise<{ [key: string]: JsonValue } | undefined>;
}

/** Small pure helpers that plugins cannot import at run time. */
export interface Toolkit {
  /** Text, arrays of text parts and objects with `text` as one string. */
  flattenContent(value: JsonValue | undefined): string;
  /** Epoch ms from ISO strings, digit strings, epoch seconds or milliseconds. */
  parseTimestamp(value: JsonValue | undefined): number | undefined;
  normalizeRole(role: string): string;
  /** The messages with contiguous `index` values from 0. */
  reindexMessages(messages: Message[]): Message[];
  /** First line of `text`, at most `maxLength` UTF-16 units, ellipsis included. */
  titleFrom(text: string, maxLength?: number): string | undefined;
  /** Lower-case hex sha256. */
  sha256(data: string | Uint8Array): string;
  /** A UUID (of the form of version 5) made from `seed`: equal seeds give equal ids. */
  uuidFrom(seed: string): string;
  /**
   * Parses one JSONL line into an object. Blank lines give undefined silently; a line that is not a
   * JSON object gives undefined and one warning with file and line (`torn-line` for an unterminated last one).
   */
  parseJsonLine(line: Line, path: string): { [key: string]: JsonValue } | undefined;
  /** The records of the file at `path`, read through `files`. */
  records(files: Pick<Files, "read">, path: string): RecordSource;
  /** Both ends of the file at `path`, which is `size` bytes long, read through `files`. */
  ends(files: Pick<Files, "read">, path: string, size: number): Promise<FileEnds>;
  /** The ids that `text` of others tells of; without one, none. */
  fingerprints(text?: string): Fingerprints;
  /**
   * The same world, whose `warn` says nothing (its toolkit's `parseJsonLine` still does). No copy of it: that would ask
   * for every member, the current folder too, and what casr remembers of the answer would hold in that folder alone.
   */
  quiet(world: World): World;
  /** A `source-unreadable` error to be thrown by readers: nothing of the session at `path` can be used. */
  unreadable(message: string, path: string): Error;
  /** Reads what follows `*** Begin Patch`; undefined when `text` is not such a patch. */
  parsePatch(text: string): import("../session/tool-types.ts").PatchChange[] | undefined;
  /** Writes changes in the `*** Begin Patch` notation. */
  formatPatch(changes: import("../session/tool-types.ts").PatchChange[]): string;
}

/** The world as a provider sees it. Nothing else of the machine is touched by a provider. */
export interface World {
  /** The user's home folder. */
  home: string;
  /** Folder casr was started in. */
  cwd: string;
  platform: "linux" | "darwin" | "win32" | (string & {});
  env: Readonly<Record<string, string | undefined>>;
  files: Files;
  /** Opens a SQLite database read-only; undefined when the file does not exist. Rejects when it is locked or corrupt. */
  openDatabase(path: string): Promise<Database | undefined>;
  /** The bytes of an image or document as base64 text. */
  base64(source: BinarySource): Promise<string>;
  warn(diagnostic: Diagnostic): void;
  /** Epoch ms. */
  now(): number;
  /** Minutes local time is ahead of UTC at `epochMs`. */
  utcOffsetMinutes(epochMs: number): number;
  signal: AbortSignal;
  toolkit: Toolkit;
}
