import type { CanonicalTool, JsonObject, JsonValue, TextEdit, TodoItem } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

type JsonType = "string" | "number" | "boolean";

/**
 * Takes the arguments named in `types` out of `input`; what is left becomes `rest`.
 * Undefined when one of them has another type than it should.
 */
function take(
  input: JsonObject,
  types: Record<string, JsonType>,
): { args: JsonObject; rest?: JsonObject } | undefined {
  const args: JsonObject = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(input)) {
    const type = Object.hasOwn(types, key) ? types[key] : undefined;
    if (type === undefined) rest[key] = value;
    else if (typeof value === type) args[key] = value;
    else return undefined;
  }
  return Object.keys(rest).length === 0 ? { args } : { args, rest };
}

/** Copies the arguments that are there to their common names. */
function renamed(args: JsonObject, names: Record<string, string>): JsonObject {
  const result: JsonObject = {};
  for (const [native, common] of Object.entries(names)) {
    const value = args[native];
    if (value !== undefined) result[common] = value;
  }
  return result;
}

interface Entry {
  kind: CanonicalTool["kind"];
  types: Record<string, JsonType>;
  names: Record<string, string>;
  required: string[];
}

/** Tools whose arguments only change their names. */
const PLAIN: Record<string, Entry> = {
  Bash: {
    kind: "shell",
    types: { command: "string", timeout: "number", description: "string", run_in_background: "boolean" },
    names: {
      command: "command",
      timeout: "timeoutMs",
      description: "description",
      run_in_background: "background",
    },
    required: ["command"],
  },
  Read: {
    kind: "read",
    types: { file_path: "string", offset: "number", limit: "number" },
    names: { file_path: "path", offset: "startLine", limit: "lineCount" },
    required: ["file_path"],
  },
  Write: {
    kind: "write",
    types: { file_path: "string", content: "string" },
    names: { file_path: "path", content: "content" },
    required: ["file_path", "content"],
  },
  LS: { kind: "list", types: { path: "string" }, names: { path: "path" }, required: ["path"] },
  Glob: {
    kind: "glob",
    types: { pattern: "string", path: "string" },
    names: { pattern: "pattern", path: "path" },
    required: ["pattern"],
  },
  Grep: {
    kind: "grep",
    types: { pattern: "string", path: "string", glob: "string" },
    names: { pattern: "pattern", path: "path", glob: "include" },
    required: ["pattern"],
  },
  WebFetch: {
    kind: "web-fetch",
    types: { url: "string", prompt: "string" },
    names: { url: "url", prompt: "prompt" },
    required: ["url", "prompt"],
  },
  WebSearch: {
    kind: "web-search",
    types: { query: "string" },
    names: { query: "query" },
    required: ["query"],
  },
  Agent: {
    kind: "task",
    types: { description: "string", prompt: "string", subagent_type: "string" },
    names: { description: "description", prompt: "prompt", subagent_type: "agent" },
    required: ["prompt"],
  },
};

/** Lines are counted from 1; numbers that are none, such as an `offset` of 0, stay under their own name. */
function setAsideOddNumbers(args: JsonObject, rest: JsonObject): JsonObject {
  const odd: JsonObject = {};
  for (const key of ["offset", "limit"]) {
    const value = args[key];
    if (typeof value !== "number" || (Number.isSafeInteger(value) && value > 0)) continue;
    odd[key] = value;
    delete args[key];
  }
  return { ...rest, ...odd };
}

function plainTool(entry: Entry, input: JsonObject): CanonicalTool | undefined {
  const taken = take(input, entry.types);
  if (taken === undefined || entry.required.some((key) => taken.args[key] === undefined)) return undefined;
  if (entry.kind === "read") {
    const rest = setAsideOddNumbers(taken.args, taken.rest ?? {});
    if (Object.keys(rest).length > 0) taken.rest = rest;
  }
  const common = renamed(taken.args, entry.names);
  const rest = taken.rest === undefined ? {} : { rest: taken.rest };
  // The entry's types and required keys are those of the kind.
  return { kind: entry.kind, ...common, ...rest } as unknown as CanonicalTool;
}

function textEdit(value: JsonValue | undefined): { edit: TextEdit; rest?: JsonObject } | undefined {
  if (!isJsonObject(value)) return undefined;
  const taken = take(value, { old_string: "string", new_string: "string", replace_all: "boolean" });
  const oldText = taken?.args["old_string"];
  const newText = taken?.args["new_string"];
  const replaceAll = taken?.args["replace_all"];
  if (typeof oldText !== "string" || typeof newText !== "string") return undefined;
  const edit = { oldText, newText, ...(typeof replaceAll === "boolean" ? { replaceAll } : {}) };
  return taken?.rest === undefined ? { edit } : { edit, rest: taken.rest };
}

function editTool(input: JsonObject): CanonicalTool | undefined {
  const { file_path: path, ...changes } = input;
  const read = textEdit(changes);
  if (typeof path !== "string" || read === undefined) return undefined;
  return { kind: "edit", path, edit: read.edit, ...(read.rest === undefined ? {} : { rest: read.rest }) };
}

function multiEditTool(input: JsonObject): CanonicalTool | undefined {
  const { file_path: path, edits, ...rest } = input;
  if (typeof path !== "string" || !Array.isArray(edits)) return undefined;
  const read: TextEdit[] = [];
  for (const value of edits) {
    const one = textEdit(value);
    if (one === undefined || one.rest !== undefined) return undefined;
    read.push(one.edit);
  }
  return { kind: "multi-edit", path, edits: read, ...(Object.keys(rest).length === 0 ? {} : { rest }) };
}

const TODO_STATES: ReadonlySet<string> = new Set(["pending", "in_progress", "completed"]);

/** Further keys of the items (`activeForm`, early also `id` and `priority`) become lists in `rest`, one value an item. */
function todoTool(input: JsonObject): CanonicalTool | undefined {
  const { todos, ...rest } = input;
  if (!Array.isArray(todos) || !todos.every(isJsonObject)) return undefined;
  const items: TodoItem[] = [];
  const extra: JsonObject = {};
  const further = Object.keys(todos[0] ?? {}).filter((key) => key !== "content" && key !== "status");
  for (const todo of todos) {
    const { content, status } = todo;
    if (typeof content !== "string" || typeof status !== "string" || !TODO_STATES.has(status))
      return undefined;
    if (Object.keys(todo).length !== further.length + 2 || !further.every((key) => Object.hasOwn(todo, key)))
      return undefined;
    items.push({ text: content, status: status as TodoItem["status"] });
  }
  for (const key of further) {
    if (Object.hasOwn(rest, key)) return undefined;
    extra[key] = todos.map((todo) => todo[key]!);
  }
  const left = { ...rest, ...extra };
  return { kind: "todo", items, ...(Object.keys(left).length === 0 ? {} : { rest: left }) };
}

function askTool(input: JsonObject): CanonicalTool | undefined {
  const { questions, ...rest } = input;
  if (!Array.isArray(questions)) return undefined;
  return { kind: "ask-user", questions, ...(Object.keys(rest).length === 0 ? {} : { rest }) };
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(name: string, input: JsonValue): CanonicalTool | undefined {
  if (!isJsonObject(input)) return undefined;
  const mcp = /^mcp__(.+?)__(.+)$/s.exec(name);
  if (mcp !== null) return { kind: "mcp", server: mcp[1]!, tool: mcp[2]!, args: input };
  if (name === "Edit") return editTool(input);
  if (name === "MultiEdit") return multiEditTool(input);
  if (name === "TodoWrite") return todoTool(input);
  if (name === "AskUserQuestion") return askTool(input);
  // `Task` is what `Agent` was called up to 2.0; 2.1.329 itself sends it as `Agent`.
  const known = name === "Task" ? "Agent" : name;
  const entry = Object.hasOwn(PLAIN, known) ? PLAIN[known] : undefined;
  return entry === undefined ? undefined : plainTool(entry, input);
}
