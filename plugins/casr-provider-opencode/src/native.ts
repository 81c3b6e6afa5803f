import type { JsonObject } from "casr-cli/provider";

/** What tells this agent from its relatives, which keep their sessions in the same way. */
export const AGENT = {
  slug: "opencode",
  name: "OpenCode",
  binary: "opencode",
  /** Its folder below the data and configuration folders. */
  folder: "opencode",
  /** Names of its databases; other release channels than the usual ones have `opencode-<channel>.db`. */
  databaseName: /^opencode(?:-[A-Za-z0-9._-]+)?\.db$/,
  mainDatabase: "opencode.db",
  configNames: ["opencode.json", "opencode.jsonc", "config.json"],
  variables: {
    home: "OPENCODE_HOME",
    database: "OPENCODE_DB",
    /** The same for casr alone. */
    databaseForCasr: "OPENCODE_DB_PATH",
    config: "OPENCODE_CONFIG",
    configContent: "OPENCODE_CONFIG_CONTENT",
  },
  /** The agent (mode) new sessions belong to. */
  mode: "build",
  /** The version a session is said to be of where the store names none. */
  version: "1.18.33",
} as const;

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

/** Types of parts of OpenCode 1.18.33 that hold nothing of the conversation. */
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
