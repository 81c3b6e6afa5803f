import type { CanonicalTool, JsonObject, JsonValue, TextEdit, TodoItem } from "casr-cli/provider";
import { isObject } from "./json.ts";

/** Takes arguments out of a call's input one by one; what is left becomes `rest`. */
class Arguments {
  readonly #left: JsonObject;
  /** False once an argument had a type the tool does not take. */
  valid = true;

  constructor(input: JsonObject) {
    this.#left = { ...input };
  }

  #take<T extends JsonValue>(name: string, accepts: (value: JsonValue) => value is T): T | undefined {
    const value = Object.hasOwn(this.#left, name) ? this.#left[name] : undefined;
    if (value === undefined) return undefined;
    if (!accepts(value)) {
      this.valid = false;
      return undefined;
    }
    delete this.#left[name];
    return value;
  }

  text(name: string): string | undefined {
    return this.#take(name, (value) => typeof value === "string");
  }

  flag(name: string): boolean | undefined {
    return this.#take(name, (value) => typeof value === "boolean");
  }

  number(name: string): number | undefined {
    return this.#take(name, (value) => typeof value === "number");
  }

  list(name: string): JsonValue[] | undefined {
    return this.#take(name, (value) => Array.isArray(value));
  }

  /** A whole number of at least `least`; another number stays in `rest`. */
  count(name: string, least: number): number | undefined {
    const value = this.#left[name];
    if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= least)) return undefined;
    return this.number(name);
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.valid = false;
    return value ?? "";
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#left, name);
  }

  add(more: JsonObject): void {
    Object.assign(this.#left, more);
  }

  rest(): { rest?: JsonObject } {
    return Object.keys(this.#left).length === 0 ? {} : { rest: this.#left };
  }
}

/** Leaves out undefined fields, as the session types want it. */
function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

type Build = (args: Arguments) => CanonicalTool | undefined;

const BUILDERS: Readonly<Record<string, Build>> = {
  run_shell_command: (args) => ({
    kind: "shell",
    command: args.needed("command"),
    ...defined({
      description: args.text("description"),
      workdir: args.text("directory"),
      timeoutMs: args.number("timeout"),
      background: args.flag("is_background"),
    }),
    ...args.rest(),
  }),
  read_file: (args) => {
    // `absolute_path` up to 0.5.
    const path = args.needed(args.has("file_path") ? "file_path" : "absolute_path");
    // `offset` counts lines from 0.
    const offset = args.count("offset", 0);
    const startLine = offset === undefined ? undefined : offset + 1;
    return {
      kind: "read",
      path,
      ...defined({ startLine, lineCount: args.count("limit", 1) }),
      ...args.rest(),
    };
  },
  write_file: (args) => ({
    kind: "write",
    path: args.needed("file_path"),
    content: args.needed("content"),
    ...args.rest(),
  }),
  edit,
  // What `edit` was called when Qwen Code was new.
  replace: edit,
  list_directory: (args) => ({ kind: "list", path: args.needed("path"), ...args.rest() }),
  glob: (args) => ({
    kind: "glob",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("path") }),
    ...args.rest(),
  }),
  grep_search: (args) => ({
    kind: "grep",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("path"), include: args.text("glob") }),
    ...args.rest(),
  }),
  web_fetch: (args) => ({
    kind: "web-fetch",
    url: args.needed("url"),
    prompt: args.needed("prompt"),
    ...args.rest(),
  }),
  web_search: (args) => ({ kind: "web-search", query: args.needed("query"), ...args.rest() }),
  todo_write: todos,
  agent: task,
  // What `agent` was called before.
  task,
  ask_user_question: (args) => {
    const questions = args.list("questions");
    return questions === undefined ? undefined : { kind: "ask-user", questions, ...args.rest() };
  },
};

function edit(args: Arguments): CanonicalTool {
  const path = args.needed("file_path");
  const change: TextEdit = { oldText: args.needed("old_string"), newText: args.needed("new_string") };
  const replaceAll = args.flag("replace_all");
  return { kind: "edit", path, edit: { ...change, ...defined({ replaceAll }) }, ...args.rest() };
}

function task(args: Arguments): CanonicalTool {
  return {
    kind: "task",
    prompt: args.needed("prompt"),
    ...defined({ description: args.text("description"), agent: args.text("subagent_type") }),
    ...args.rest(),
  };
}

const STATUSES: ReadonlySet<JsonValue | undefined> = new Set(["pending", "in_progress", "completed"]);

/** Further keys of the items (`id`, `blockedBy`) become lists in `rest`, one value an item. */
function todos(args: Arguments): CanonicalTool | undefined {
  const list = args.list("todos");
  if (list === undefined || !list.every(isObject)) return undefined;
  const further = Object.keys(list[0] ?? {}).filter((key) => key !== "content" && key !== "status");
  if (list.length > 0 && !further.includes("id")) return undefined;
  const items: TodoItem[] = [];
  for (const todo of list) {
    const { content, status } = todo;
    if (typeof content !== "string" || !STATUSES.has(status)) return undefined;
    if (Object.keys(todo).length !== further.length + 2 || !further.every((key) => Object.hasOwn(todo, key)))
      return undefined;
    items.push({ text: content, status: status as TodoItem["status"] });
  }
  for (const key of further) {
    if (args.has(key) || !PER_ITEM.has(key)) return undefined;
    args.add({ [key]: list.map((todo) => todo[key]!) });
  }
  return { kind: "todo", items, ...args.rest() };
}

/** Keys that agents give each item of a list of tasks, besides text and status. */
export const PER_ITEM: ReadonlySet<string> = new Set(["id", "activeForm", "priority", "blockedBy"]);

/** Server and tool in the name of an MCP tool. */
const MCP = /^mcp__(.+?)__(.+)$/su;

/**
 * The call in the common vocabulary; undefined for tools outside the table and for arguments of a wrong type.
 * A call made through `tool_call`, which reaches tools that are not declared, is the call it makes.
 */
export function canonicalTool(name: string, input: JsonValue): CanonicalTool | undefined {
  if (!isObject(input)) return undefined;
  const { name: wanted, input: given } = meantCall(name, input);
  const mcp = MCP.exec(wanted);
  if (mcp !== null) return { kind: "mcp", server: mcp[1]!, tool: mcp[2]!, args: given };
  const build = Object.hasOwn(BUILDERS, wanted) ? BUILDERS[wanted] : undefined;
  if (build === undefined) return undefined;
  const args = new Arguments(given);
  const tool = build(args);
  return args.valid ? tool : undefined;
}

/** The call that is meant: `tool_call` names another tool and its arguments. */
export function meantCall(name: string, input: JsonValue): { name: string; input: JsonObject } {
  if (!isObject(input)) return { name, input: {} };
  const { name: meant, arguments: given, ...more } = input;
  const isWrapped = name === "tool_call" && typeof meant === "string" && Object.keys(more).length === 0;
  return isWrapped && isObject(given) ? { name: meant as string, input: given } : { name, input };
}
