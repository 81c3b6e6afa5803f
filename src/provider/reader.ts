import type { JsonObject, JsonValue } from "../session/json.ts";
import type { Message, SessionHeader, Lineage } from "../session/types.ts";
import type { World } from "./world.ts";

/** Where a session is. Cheap to make: nothing but folder listings and stats is needed. */
export interface SessionRef {
  provider: string;
  id: string;
  /** The file that holds it; `<database>/<session id>` for one that shares a database with others. */
  path: string;
  /** Every file whose bytes belong to the session, `path` included; default `[path]`. */
  files?: string[];
  sizeBytes: number;
  /** Epoch ms of the last change. */
  modifiedAt: number;
  /**
   * What a place shared by many sessions (a database, an index file, a folder's own note) says of this one: its
   * title, its workspace, when its row was changed. Read once for all sessions by `discover`, `locate` and
   * `identify`, so that `summarize` opens no file but the session's own, and a change of the shared place
   * makes casr summarise again only the sessions it changed. Small; only its own reader knows its shape.
   */
  listed?: JsonObject;
}

/** What a listing shows, taken from the head and tail of a file. Times are epoch ms. */
export interface SessionSummary {
  ref: SessionRef;
  title?: string;
  nativeName?: string;
  workspace?: string;
  startedAt?: number;
  lastActiveAt?: number;
  model?: string;
  gitBranch?: string;
  lineage?: Lineage;
  /** Set for sessions the agent itself hides from its list (headless runs, subagents). */
  hidden?: "subagent" | "headless" | "archived";
}

/** Proof that an agent's store is on this machine. */
export interface Detection {
  found: boolean;
  /** One line each, for people: `~/.codex/sessions exists (12 sessions)`. */
  evidence: string[];
  /** Store folders, existing or not. */
  roots: string[];
}

/**
 * Which part of the conversation: `context` = what the source agent would send to its model now;
 * `full` = everything on the active branch, text before a compaction included (marked `inContext: false`).
 */
export type History = "context" | "full";

/**
 * A point in a session behind which nothing more happens to what stands before it, as long as the file only
 * grows: the start of its last turn, say. Reading on from there gives the same messages as reading all.
 */
export interface ReadingMark {
  /** How many messages of the full history stand before it. */
  messages: number;
  /** Byte offset of the first record behind it, in `path` of the session. */
  offset: number;
  /** What the reader has to know of everything before it. Small: it is kept for each session. */
  state: JsonValue;
  /**
   * Files that only the header is read from, such as a note of the title and the last change: they may be others by
   * now. Where any other place has changed that the reader looked at, a session is read as a whole.
   */
  headerFiles?: string[];
}

/** An opened session. Both methods may be called again and give the same messages each time. */
export interface SessionReading {
  header: SessionHeader;
  messages(options: { history: History }): AsyncIterable<Message>;
  /** How many lines or records were read, and how many of them were damaged. Complete once opened. */
  records: { total: number; malformed: number };
  /**
   * Where reading can be taken up again after the session has grown; never behind the last prompt. Known at the
   * latest when a full history gives the first message behind it: a reader need not count messages beforehand.
   */
  mark?: ReadingMark | undefined;
}

/** Native bytes → sessions. Pure: the world comes in as a parameter, nothing is written. */
export interface Reader {
  detect(world: World): Promise<Detection>;
  /**
   * All main sessions, newest first as far as folder times tell. Duplicates are dropped. Costs no more than folder
   * listings, one stat for each file and one query for each database: subagents' sessions are left out where names
   * and rows tell them; where only a file's content does, `summarize` calls them hidden and casr passes them over.
   */
  discover(world: World): AsyncIterable<SessionRef>;
  /** Sessions whose id equals or starts with `word` (case-insensitive); without opening files where names hold ids. */
  locate(word: string, world: World): AsyncIterable<SessionRef>;
  /** The session in the file at `path`, wherever it lies; undefined when it is not this agent's. */
  identify(path: string, world: World): Promise<SessionRef | undefined>;
  summarize(ref: SessionRef, world: World): Promise<SessionSummary>;
  /**
   * The sha256 (hex) of what is stored of a session, where its files hold other sessions too: it changes with
   * this session and with no other. Default: the digest of the bytes of `ref.files`.
   */
  digest?(ref: SessionRef, world: World): Promise<string>;
  /** Rejects with `source-unreadable` when nothing can be read; warns and goes on otherwise. */
  read(ref: SessionRef, world: World): Promise<SessionReading>;
  /**
   * The messages of the full history from `mark` on, of a session whose bytes before the mark are what they were.
   * Undefined where what was added changes what stands before (another branch, a rollback, a compaction):
   * then the session is read as a whole.
   */
  readOn?(ref: SessionRef, mark: ReadingMark, world: World): Promise<SessionReading | undefined>;
}
