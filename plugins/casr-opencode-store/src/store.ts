import type { JsonObject } from "casr-cli/provider";
import type { Part, SessionRow } from "./native.ts";

/** One message by its id, in the order of the conversation; `time` (epoch ms) is what it is ordered by. */
export interface MessageHead {
  id: string;
  time: number;
}

/** How many records a session has, and how many of them cannot be read. */
export interface RecordCount {
  total: number;
  malformed: number;
}

/** Where sessions are kept: a database, or a folder of JSON files of older versions. */
export interface Store {
  /** The database, or the folder. */
  readonly path: string;
  session(id: string): Promise<SessionRow | undefined>;
  /** Ids of the sessions of subagents that this one started. */
  children(id: string): Promise<string[]>;
  heads(sessionId: string): Promise<MessageHead[]>;
  /** What is stored of a message besides its parts; undefined when it is damaged. */
  message(sessionId: string, id: string): Promise<JsonObject | undefined>;
  /** The parts of a message in order; damaged ones are left out with a warning. */
  parts(sessionId: string, messageId: string): Promise<Part[]>;
  count(sessionId: string): Promise<RecordCount>;
  /** Everything stored of a session as texts, in a fixed order, for a digest. */
  texts(sessionId: string): AsyncIterable<string>;
  close(): void;
}
