import type { CanonicalTool, JsonObject, JsonValue, TextEdit, TodoItem, Toolkit } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

type JsonType = "string" | "number" | "boolean";

interface Entry {
  kind: CanonicalTool["kind"];
  /** Native argument → its type and its common name. */
  args: Record<string, [type: JsonType, common: string]>;
  required: string[];
}

/** Tools whose arguments only change their names. */
const PLAIN: Record<string, Entry> = {
  Execute: {
    kind: "shell",
    args: {
      command: ["string", "command"],
      summary: ["string", "description"],
      fireAndForget: ["boolean", "background"],
    },
    required: ["command"],
  },
  Read: {
    kind: "read",
    args: { file_path: ["string", "path"], offset: ["number", "startLine"], limit: ["number", "lineCount"] },
    required: ["file_path"],
  },
  Create: {
    kind: "write",
    args: { file_path: ["string", "path"], content: ["string", "content"] },
    required: ["file_path", "content"],
  },
  LS: { kind: "list", args: { directory_path: ["string", "path"] }, required: ["directory_path"] },
  Glob: {
    kind: "glob",
    args: { patterns: ["string", "pattern"], folder: ["string", "path"] },
    required: ["patterns"],
  },
  Grep: {
    kind: "grep",
    args: { pattern: ["string", "pattern"], path: ["string", "path"], glob_pattern: ["string", "include"] },
    required: ["pattern"],
  },
  FetchUrl: {
    kind: "web-fetch",
    args: { url: ["string", "url"], prompt: ["string", "prompt"] },
    required: ["url"],
  },
  WebSearch: { kind: "web-search", args: { query: ["string", "query"] }, required: ["query"] },
  Task: {
    kind: "task",
    args: {
      prompt: ["string", "prompt"],
      description: ["string", "description"],
      subagent_type: ["string", "agent"],
    },
    required: ["prompt"],
  },
};

function some(rest: JsonObject): { rest?: JsonObject } {
  return Object.keys(rest).length === 0 ? {} : { rest };
}

function plainTool(entry: Entry, input: JsonObject): CanonicalTool | undefined {
  const common: JsonObject = {};
  const others: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(input)) {
    const known = Object.hasOwn(entry.args, key) ? entry.args[key] : undefined;
    if (known === undefined) others.push([key, value]);
    else if (typeof value === known[0]) common[known[1]] = value;
    else return undefined;
  }
  const rest: JsonObject = Object.fromEntries(others);
  if (entry.required.some((key) => common[entry.args[key]![1]] === undefined)) return undefined;
  if (entry.kind === "read") setAsideOddLines(common, rest);
  if (entry.kind === "shell") takeTimeout(common, rest);
  // The entry's types and required arguments are those of the kind.
  return { kind: entry.kind, ...common, ...some(rest) } as unknown as CanonicalTool;
}

/** Several patterns have no common form; a list of one is that one. */
function withOnePattern(input: JsonObject): JsonObject {
  const { patterns } = input;
  return Array.isArray(patterns) && patterns.length === 1 ? { ...input, patterns: patterns[0]! } : input;
}

/** Lines are counted from 1; numbers that are none stay under their own name. */
function setAsideOddLines(common: JsonObject, rest: JsonObject): void {
  for (const [key, native] of [
    ["startLine", "offset"],
    ["lineCount", "limit"],
  ] as const) {
    const value = common[key];
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) continue;
    rest[native] = value;
    delete common[key];
  }
}

/** `timeout` is in seconds. */
function takeTimeout(common: JsonObject, rest: JsonObject): void {
  const { timeout } = rest;
  if (!Number.isSafeInteger(timeout) || (timeout as number) <= 0 || (timeout as number) > 1e9) return;
  common["timeoutMs"] = (timeout as number) * 1000;
  delete rest["timeout"];
}

function editTool(input: JsonObject): CanonicalTool | undefined {
  const { file_path: path, old_str: oldText, new_str: newText, change_all: all, ...rest } = input;
  if (typeof path !== "string" || typeof oldText !== "string" || typeof newText !== "string")
    return undefined;
  if (all !== undefined && typeof all !== "boolean") return undefined;
  return {
    kind: "edit",
    path,
    edit: { oldText, newText, ...(all === undefined ? {} : { replaceAll: all }) },
    ...some(rest),
  };
}

const STATUSES = new Set(["pending", "in_progress", "completed", "cancelled"]);

/** Several replacements in one file, as versions of 2025 had them. */
function multiEditTool(input: JsonObject): CanonicalTool | undefined {
  const key = Array.isArray(input["changes"]) ? "changes" : "edits";
  const { file_path: path, [key]: list, ...rest } = input;
  if (typeof path !== "string" || !Array.isArray(list) || list.length === 0) return undefined;
  const edits: TextEdit[] = [];
  for (const one of list) {
    const tool = isJsonObject(one) ? editTool({ ...one, file_path: path }) : undefined;
    if (tool?.kind !== "edit" || tool.rest !== undefined) return undefined;
    edits.push(tool.edit);
  }
  return { kind: "multi-edit", path, edits, ...some(rest) };
}

/** A list of items with text and status, as versions of 2025 had it; what else an item has stays in lists. */
function todoList(todos: JsonValue[], rest: JsonObject): CanonicalTool | undefined {
  const items: TodoItem[] = [];
  const others: JsonObject[] = [];
  for (const todo of todos) {
    const { content, status, ...more } = isJsonObject(todo) ? todo : {};
    if (typeof content !== "string" || typeof status !== "string" || !STATUSES.has(status)) return undefined;
    items.push({ text: content, status: status as TodoItem["status"] });
    others.push(more);
  }
  const keys = Object.keys(others[0] ?? {});
  const isEven = others.every(
    (more) => Object.keys(more).length === keys.length && keys.every((key) => Object.hasOwn(more, key)),
  );
  if (!isEven || keys.some((key) => Object.hasOwn(rest, key))) return undefined;
  const lists = Object.fromEntries(keys.map((key) => [key, others.map((more) => more[key]!)]));
  return { kind: "todo", items, ...some({ ...rest, ...lists }) };
}

/** A list in one text: `1. [in_progress] A`, a line each. */
function todoTool(input: JsonObject): CanonicalTool | undefined {
  const { todos, ...rest } = input;
  if (Array.isArray(todos)) return todoList(todos, rest);
  if (typeof todos !== "string") return undefined;
  const items: TodoItem[] = [];
  for (const [index, line] of todos.split("\n").entries()) {
    const match = /^(\d{1,6})\. \[([a-z_]+)\] (.+)$/.exec(line);
    if (match?.[1] !== String(index + 1) || !STATUSES.has(match[2]!)) return undefined;
    items.push({ text: match[3]!, status: match[2] as TodoItem["status"] });
  }
  return { kind: "todo", items, ...some(rest) };
}

function patchTool(input: JsonObject, notation: Pick<Toolkit, "parsePatch">): CanonicalTool | undefined {
  const { input: text, ...rest } = input;
  const changes = typeof text === "string" ? notation.parsePatch(text) : undefined;
  return changes === undefined ? undefined : { kind: "patch", text: text as string, changes, ...some(rest) };
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(
  name: string,
  input: JsonValue,
  notation: Pick<Toolkit, "parsePatch">,
): CanonicalTool | undefined {
  if (!isJsonObject(input)) return undefined;
  const mcp = /^(.+?)___(.+)$/s.exec(name);
  if (mcp !== null) return { kind: "mcp", server: mcp[1]!, tool: mcp[2]!, args: input };
  if (name === "Edit") return editTool(input);
  if (name === "MultiEdit") return multiEditTool(input);
  if (name === "TodoWrite") return todoTool(input);
  if (name === "ApplyPatch") return patchTool(input, notation);
  const entry = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (name === "Glob") return plainTool(PLAIN["Glob"]!, withOnePattern(input));
  return entry === undefined ? undefined : plainTool(entry, input);
}
