import type { JsonObject, JsonValue } from "./json.ts";

/** The kinds of tools that agents have in common. */
export const TOOL_KINDS = [
  "shell",
  "read",
  "write",
  "edit",
  "multi-edit",
  "patch",
  "list",
  "glob",
  "grep",
  "web-fetch",
  "web-search",
  "todo",
  "task",
  "ask-user",
  "view-image",
  "mcp",
] as const;

export type ToolKind = (typeof TOOL_KINDS)[number];

/** One replacement of text in a file. */
export interface TextEdit {
  oldText: string;
  newText: string;
  replaceAll?: boolean;
}

/** What a patch does to one file. `hunks` are whole-line replacements in file order. */
export type PatchChange =
  | { op: "add"; path: string; content: string }
  | { op: "delete"; path: string }
  | { op: "update"; path: string; movePath?: string; hunks: PatchHunk[] };

/** `oldText`/`newText` hold context lines too; both are whole lines joined by "\n" without a final one. */
export interface PatchHunk {
  header?: string;
  oldText: string;
  newText: string;
}

export interface TodoItem {
  text: string;
  status: "pending" | "in_progress" | "completed" | "cancelled";
}

interface KnownTool<K extends ToolKind> {
  kind: K;
  /** Native arguments the common form has no field for, under their native names. */
  rest?: JsonObject;
}

export interface ShellTool extends KnownTool<"shell"> {
  command: string;
  /** Set when the source gave an argument vector instead of a command line. */
  argv?: string[];
  workdir?: string;
  timeoutMs?: number;
  description?: string;
  background?: boolean;
}
export interface ReadTool extends KnownTool<"read"> {
  path: string;
  /** First line wanted, counted from 1. */
  startLine?: number;
  /** How many lines are wanted. */
  lineCount?: number;
}
export interface WriteTool extends KnownTool<"write"> {
  path: string;
  content: string;
}
export interface EditTool extends KnownTool<"edit"> {
  path: string;
  edit: TextEdit;
}
export interface MultiEditTool extends KnownTool<"multi-edit"> {
  path: string;
  edits: TextEdit[];
}
export interface PatchTool extends KnownTool<"patch"> {
  /** The patch in the `*** Begin Patch` notation. */
  text: string;
  changes: PatchChange[];
}
export interface ListTool extends KnownTool<"list"> {
  path: string;
}
export interface GlobTool extends KnownTool<"glob"> {
  pattern: string;
  path?: string;
}
export interface GrepTool extends KnownTool<"grep"> {
  pattern: string;
  path?: string;
  /** File name pattern. */
  include?: string;
}
export interface WebFetchTool extends KnownTool<"web-fetch"> {
  url?: string;
  prompt?: string;
}
export interface WebSearchTool extends KnownTool<"web-search"> {
  query: string;
}
export interface TodoTool extends KnownTool<"todo"> {
  items: TodoItem[];
  explanation?: string;
}
export interface TaskTool extends KnownTool<"task"> {
  prompt: string;
  description?: string;
  agent?: string;
}
export interface AskUserTool extends KnownTool<"ask-user"> {
  questions: JsonValue[];
}
export interface ViewImageTool extends KnownTool<"view-image"> {
  path: string;
}
export interface McpTool extends KnownTool<"mcp"> {
  server: string;
  tool: string;
  args: JsonValue;
}

/** A tool call in the common vocabulary. */
export type CanonicalTool =
  | ShellTool
  | ReadTool
  | WriteTool
  | EditTool
  | MultiEditTool
  | PatchTool
  | ListTool
  | GlobTool
  | GrepTool
  | WebFetchTool
  | WebSearchTool
  | TodoTool
  | TaskTool
  | AskUserTool
  | ViewImageTool
  | McpTool;
