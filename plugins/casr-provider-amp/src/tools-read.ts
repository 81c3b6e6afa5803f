import type { CanonicalTool, JsonObject, JsonValue, TodoItem, Toolkit } from "casr-cli/provider";
import { isObject } from "./json.ts";

type JsonType = "string" | "number" | "boolean";

interface Taken {
  args: JsonObject;
  rest: JsonObject;
}

/** Takes the arguments named in `types` out of `input`. Undefined when one of them has another type. */
function take(input: JsonObject, types: Record<string, JsonType>): Taken | undefined {
  const args: JsonObject = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(input)) {
    const type = Object.hasOwn(types, key) ? types[key] : undefined;
    if (type === undefined) rest[key] = value;
    else if (typeof value === type) args[key] = value;
    else return undefined;
  }
  return { args, rest };
}

interface Entry {
  kind: CanonicalTool["kind"];
  /** Arguments by name: type and name in the common vocabulary; all are strings. */
  names: Record<string, string>;
  required: string[];
}

const BASH: Entry = { kind: "shell", names: { cmd: "command", cwd: "workdir" }, required: ["cmd"] };
const WEB_SEARCH: Entry = { kind: "web-search", names: { objective: "query" }, required: ["objective"] };

/** Tools whose arguments only change their names (0.0.1767830505; `shell_command` since September 2026). */
const PLAIN: Readonly<Record<string, Entry>> = {
  Bash: BASH,
  shell_command: {
    kind: "shell",
    names: { command: "command", workdir: "workdir" },
    required: ["command"],
  },
  create_file: { kind: "write", names: { path: "path", content: "content" }, required: ["path", "content"] },
  list_directory: { kind: "list", names: { path: "path" }, required: ["path"] },
  glob: { kind: "glob", names: { filePattern: "pattern" }, required: ["filePattern"] },
  Grep: {
    kind: "grep",
    names: { pattern: "pattern", path: "path", glob: "include" },
    required: ["pattern"],
  },
  read_web_page: { kind: "web-fetch", names: { url: "url", objective: "prompt" }, required: ["url"] },
  web_search: WEB_SEARCH,
  Task: { kind: "task", names: { prompt: "prompt", description: "description" }, required: ["prompt"] },
};

/** Whether the tool runs commands. */
export function isShell(name: string): boolean {
  return Object.hasOwn(PLAIN, name) && PLAIN[name]!.kind === "shell";
}

function restOf(rest: JsonObject): { rest?: JsonObject } {
  return Object.keys(rest).length === 0 ? {} : { rest };
}

function plainTool(entry: Entry, input: JsonObject): CanonicalTool | undefined {
  const types = Object.fromEntries(Object.keys(entry.names).map((key) => [key, "string" as const]));
  const taken = take(input, types);
  if (taken === undefined || entry.required.some((key) => taken.args[key] === undefined)) return undefined;
  const common: JsonObject = {};
  for (const [key, value] of Object.entries(taken.args)) common[entry.names[key]!] = value;
  // The entry's names are those of the kind, and all are strings there.
  return { kind: entry.kind, ...common, ...restOf(taken.rest) } as unknown as CanonicalTool;
}

function isLine(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** `read_range` is `[first, last]`, counted from 1; pairs that are no lines stay as they are. */
function readTool(input: JsonObject): CanonicalTool | undefined {
  const { path, read_range: range, ...others } = input;
  if (typeof path !== "string") return undefined;
  if (range === undefined) return { kind: "read", path, ...restOf(others) };
  if (!Array.isArray(range)) return undefined;
  const [first, last] = range;
  if (range.length === 2 && isLine(first) && isLine(last) && last >= first)
    return { kind: "read", path, startLine: first, lineCount: last - first + 1, ...restOf(others) };
  return { kind: "read", path, ...restOf({ ...others, read_range: range }) };
}

function editTool(input: JsonObject): CanonicalTool | undefined {
  const taken = take(input, {
    path: "string",
    old_str: "string",
    new_str: "string",
    replace_all: "boolean",
  });
  const { path, old_str: oldText, new_str: newText, replace_all: replaceAll } = taken?.args ?? {};
  if (typeof path !== "string" || typeof oldText !== "string" || typeof newText !== "string")
    return undefined;
  const edit = { oldText, newText, ...(typeof replaceAll === "boolean" ? { replaceAll } : {}) };
  return { kind: "edit", path, edit, ...restOf(taken!.rest) };
}

const STATUSES: Readonly<Record<string, TodoItem["status"]>> = {
  todo: "pending",
  "in-progress": "in_progress",
  completed: "completed",
};

/** What an item has beside its text and status: Amp's own keys, and one other agents have. */
export const ITEM_KEYS: ReadonlySet<string> = new Set(["id", "priority", "activeForm"]);

/** Further keys of the items become lists in `rest`, one value an item. */
function todoTool(input: JsonObject): CanonicalTool | undefined {
  const { todos, ...rest } = input;
  if (!Array.isArray(todos) || !todos.every(isObject)) return undefined;
  const further = Object.keys(todos[0] ?? {}).filter((key) => key !== "content" && key !== "status");
  if (further.some((key) => !ITEM_KEYS.has(key) || Object.hasOwn(rest, key))) return undefined;
  const items: TodoItem[] = [];
  for (const todo of todos) {
    const { content, status } = todo;
    if (typeof content !== "string" || typeof status !== "string" || !Object.hasOwn(STATUSES, status))
      return undefined;
    if (Object.keys(todo).length !== further.length + 2 || !further.every((key) => Object.hasOwn(todo, key)))
      return undefined;
    items.push({ text: content, status: STATUSES[status]! });
  }
  const lists = Object.fromEntries(further.map((key) => [key, todos.map((todo) => todo[key]!)]));
  return { kind: "todo", items, ...restOf({ ...rest, ...lists }) };
}

/** Amp's patch tool in the modes of OpenAI's models. */
function patchTool(input: JsonObject, notation: Pick<Toolkit, "parsePatch">): CanonicalTool | undefined {
  const { patchText, ...rest } = input;
  const changes = typeof patchText === "string" ? notation.parsePatch(patchText) : undefined;
  if (changes === undefined) return undefined;
  return { kind: "patch", text: patchText as string, changes, ...restOf(rest) };
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(
  name: string,
  input: JsonValue,
  notation: Pick<Toolkit, "parsePatch">,
): CanonicalTool | undefined {
  if (!isObject(input)) return undefined;
  const mcp = /^mcp__(.+?)__(.+)$/s.exec(name);
  if (mcp !== null) return { kind: "mcp", server: mcp[1]!, tool: mcp[2]!, args: input };
  if (name === "Read") return readTool(input);
  if (name === "edit_file") return editTool(input);
  if (name === "todo_write") return todoTool(input);
  if (name === "apply_patch") return patchTool(input, notation);
  return Object.hasOwn(PLAIN, name) ? plainTool(PLAIN[name]!, input) : undefined;
}
