import type { JsonObject, JsonValue } from "../session/json.ts";
import type { CanonicalTool } from "../session/tool-types.ts";
import type { Lineage, Message, SessionHeader } from "../session/types.ts";
import type { SqlValue, Toolkit, World } from "./world.ts";

/** One command of the way into a session; run them in order. Never a shell string. */
export interface ResumeStep {
  argv: string[];
  /** Folder to run it in. */
  cwd?: string;
  env?: Record<string, string>;
  /** For people: what to do where no command can do it. */
  note?: string;
  /**
   * This command brings the session into the agent: what casr wrote is no session of the agent's own store but a
   * copy that the agent imports. casr then says so wherever it tells what it wrote.
   */
  imports?: true;
}

/** Creates a file that must not exist yet (with `--force` an existing one is backed up first). */
export interface CreateFileStep {
  kind: "create-file";
  path: string;
  /** Called once or twice; must give the same bytes each time. */
  content: () => AsyncIterable<string | Uint8Array>;
  /** Epoch ms; default is the time of writing. */
  modifiedAt?: number;
  /** A file that may be there already with the same purpose (a marker): left as it is then. */
  keepExisting?: boolean;
}

/** Appends whole lines to a file, creating it when missing. */
export interface AppendLinesStep {
  kind: "append-lines";
  path: string;
  lines: string[];
}

/** Rewrites one JSON file. `lockPath` is the agent's own lock folder (mkdir convention), if it has one. */
export interface EditJsonStep {
  kind: "edit-json";
  path: string;
  lockPath?: string;
  /** Gets the parsed file, or undefined when it does not exist; must return the new content. */
  edit: (current: JsonValue | undefined) => JsonValue;
}

/** One statement that changes rows, with a value for each `?`. */
export interface SqlStatement {
  sql: string;
  params: SqlValue[];
}

/**
 * Statements run in one transaction on a database. `undo` takes them back, also after a crash.
 * `statements` is a function where they are too many to hold at once; it may be called more than once and
 * gives the same ones each time. A database that does not exist is made with the tables of `schema`
 * (`CREATE TABLE` and `CREATE INDEX`); without a schema the step is refused then.
 */
export interface SqliteStep {
  kind: "sqlite";
  path: string;
  schema?: string[];
  statements: SqlStatement[] | (() => AsyncIterable<SqlStatement>);
  undo: SqlStatement[];
}

export type PlanStep = CreateFileStep | AppendLinesStep | EditJsonStep | SqliteStep;

/** Everything a writer wants done. The core alone does it, step by step, or undoes it as a whole. */
export interface WritePlan {
  /** Id of the new session in the target agent. */
  sessionId: string;
  /**
   * The main file, by which the session can be read back: what the reader's `identify` takes. For a session
   * that shares a database with others it is `<database>/<session id>`.
   */
  path: string;
  /** Folders the steps stay inside; a step outside them is refused. */
  roots: string[];
  /** In commit order: what makes the session visible comes last. */
  steps: PlanStep[];
  resume: ResumeStep[];
  /** For people: facts about this session in this agent. */
  notes: string[];
}

/** A session projected to the target: one call has one result, ids and names fit, images are allowed ones. */
export interface ProjectedSession {
  header: SessionHeader;
  /** The messages; may be called more than once and gives the same ones each time. */
  messages(): AsyncIterable<Message>;
  /** Counts over all messages. */
  counts: { messages: number; toolCalls: number; images: number };
  /** First text a person typed, if any. */
  firstPrompt?: string;
}

export interface WriteOptions {
  /** Id for the new session: a UUID. Writers derive their file names from it. */
  sessionId: string;
  /** Absolute workspace the session shall be resumed in. */
  workspace: string;
  lineage: Lineage;
}

/** A native call: the agent's own tool name and input. */
export interface NativeCall {
  name: string;
  input: JsonValue;
}

/** Sessions → a plan. Pure: reads the target's configuration through the world, writes nothing. */
export interface Writer {
  /**
   * The agent's own form of a call in the common vocabulary; undefined when the agent has no such
   * tool or these arguments do not fit it. Arguments in `tool.rest` stay visible under their names.
   * `notation` is the toolkit's patch notation.
   */
  nativeCall(
    tool: CanonicalTool,
    notation: Pick<Toolkit, "parsePatch" | "formatPatch">,
  ): NativeCall | undefined;
  /**
   * The name under which a tool that is not the agent's own is kept. Default: the source's name.
   * `source` is the slug of the provider the call comes from.
   */
  foreignName?(name: string, source: string): string;
  /**
   * The agent's own form of `WriteOptions.sessionId`, where an id of this agent is not a UUID. An earlier
   * conversion is found by it. Equal ids give equal results. Default: the UUID itself.
   */
  sessionIdFor?(sessionId: string): string;
  plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan>;
  /** How to resume a session of this agent that is already there. */
  resume(session: { id: string; workspace?: string; path: string }, world: World): Promise<ResumeStep[]>;
}

export type { JsonObject };
