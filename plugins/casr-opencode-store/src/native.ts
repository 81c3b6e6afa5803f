import type { JsonObject } from "casr-cli/provider";

/** What tells an agent from its relatives, which keep their sessions in the same way. */
export interface Fork {
  slug: string;
  name: string;
  /** The program that goes on with a session: `binary -s ID`. */
  binary: string;
  /** Its folder below the data and configuration folders; a plain word. */
  folder: string;
  /** Names of its databases, those of other release channels than the usual one too. */
  databaseName: RegExp;
  mainDatabase: string;
  /** Names of its configuration files, best first. */
  configNames: readonly string[];
  /** Names of environment variables. */
  variables: {
    /** The folder with the store; for casr alone. */
    home: string;
    database: string;
    /** The same for casr alone. */
    databaseForCasr?: string;
    config: string;
    configContent: string;
  };
  /** The agent (mode) new sessions belong to. */
  mode: string;
  /** The version a session is said to be of where the store names none. */
  version: string;
  /** What a person is told who resumes a session in the JSON files of an older version. */
  olderStoreNote: string;
}

/** A session as its row or file describes it. Times are epoch ms. */
export interface SessionRow {
  id: string;
  parentId?: string;
  projectId?: string;
  directory?: string;
  title?: string;
  version?: string;
  agent?: string;
  /** `providerID` and `modelID` of the model it runs on. */
  model?: ModelName;
  created?: number;
  updated?: number;
  archived: boolean;
  /** Where an undo left off: this message and what follows no longer count. */
  revert?: { messageId: string; partId?: string };
  /** casr's own mark. */
  mark?: JsonObject;
  usage?: Tokens;
}

export interface ModelName {
  providerID: string;
  modelID: string;
}

export interface Tokens {
  input?: number;
  output?: number;
  reasoning?: number;
  cacheRead?: number;
  cacheWrite?: number;
}

/** One part of a message: what the model or the person said, a call with its result, a file, … */
export interface Part {
  id: string;
  type: string;
  data: JsonObject;
}

/** Types of parts of OpenCode 1.18.33 and Kilo Code 7.7.9 that hold nothing of the conversation. */
export const SILENT_PARTS: ReadonlySet<string> = new Set([
  "step-finish",
  "snapshot",
  "patch",
  "agent",
  "retry",
]);

/** What the agent sends in place of a compaction part, and of a subtask part. */
export const COMPACTION_QUESTION = "What did we do so far?";
export const SUBTASK_NOTE = "The following tool was executed by the user";
/** The answer to a call that never ended. */
export const INTERRUPTED = "[Tool execution was interrupted]";
/** The answer in place of a result that was pruned. */
export const CLEARED = "[Old tool result content cleared]";

/** A title nobody has given yet. */
const DEFAULT_TITLE = /^(?:New|Child) session - \d{4}-\d\d-\d\dT/;

/** The title of a session, unless it is only the placeholder the agent begins with. */
export function givenTitle(title: string | undefined): string | undefined {
  return title === undefined || title.trim() === "" || DEFAULT_TITLE.test(title) ? undefined : title;
}
