import type { CanonicalTool, JsonObject, JsonValue, TodoItem } from "casr-cli/provider";
import { isObject } from "./json.ts";
import { mcpParts } from "./tools-table.ts";

/** Takes arguments out of a call's input one by one; what is left becomes `rest`. */
class Arguments {
  readonly #left: JsonObject;
  /** False once an argument had a type the tool does not take. */
  valid = true;

  constructor(input: JsonObject) {
    this.#left = { ...input };
  }

  /** The first of `names` that is there, when it has the wanted type. */
  #take<T extends JsonValue>(names: string[], accepts: (value: JsonValue) => value is T): T | undefined {
    const name = names.find((candidate) => this.#left[candidate] !== undefined);
    if (name === undefined) return undefined;
    const value = this.#left[name]!;
    if (!accepts(value)) {
      this.valid = false;
      return undefined;
    }
    delete this.#left[name];
    return value;
  }

  text(...names: string[]): string | undefined {
    return this.#take(names, (value) => typeof value === "string");
  }

  flag(...names: string[]): boolean | undefined {
    return this.#take(names, (value) => typeof value === "boolean");
  }

  /** A whole number that is not negative. */
  count(...names: string[]): number | undefined {
    return this.#take(
      names,
      (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
    );
  }

  list(...names: string[]): JsonValue[] | undefined {
    return this.#take(names, (value) => Array.isArray(value));
  }

  needed(...names: string[]): string {
    const value = this.text(...names);
    if (value === undefined) this.valid = false;
    return value ?? "";
  }

  /** Looks at an argument without taking it. */
  peek(name: string): JsonValue | undefined {
    return this.#left[name];
  }

  rest(): { rest?: JsonObject } {
    return Object.keys(this.#left).length === 0 ? {} : { rest: this.#left };
  }
}

/** Leaves out undefined fields, as the session types want it. */
function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

const URL_IN_TEXT = /https?:\/\/[^\s<>"'`)\]}]+/u;

type Build = (args: Arguments) => CanonicalTool | undefined;

const BUILDERS: Readonly<Record<string, Build>> = {
  run_shell_command: (args) => ({
    kind: "shell",
    command: args.needed("command"),
    ...defined({
      description: args.text("description"),
      workdir: args.text("dir_path", "directory"),
      background: args.flag("is_background"),
    }),
    ...args.rest(),
  }),
  read_file: (args) => {
    const path = args.needed("file_path", "absolute_path");
    return { kind: "read", path, ...lineRange(args), ...args.rest() };
  },
  write_file: (args) => ({
    kind: "write",
    path: args.needed("file_path"),
    content: args.needed("content"),
    ...args.rest(),
  }),
  replace: (args) => {
    const path = args.needed("file_path");
    const oldText = args.needed("old_string");
    const newText = args.needed("new_string");
    const several = args.peek("expected_replacements");
    const replaceAll =
      args.flag("allow_multiple") ?? (typeof several === "number" && several > 1 ? true : undefined);
    return { kind: "edit", path, edit: { oldText, newText, ...defined({ replaceAll }) }, ...args.rest() };
  },
  list_directory: (args) => ({ kind: "list", path: args.needed("dir_path", "path"), ...args.rest() }),
  glob: (args) => ({
    kind: "glob",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("dir_path", "path") }),
    ...args.rest(),
  }),
  grep_search: grep,
  search_file_content: grep,
  web_fetch: (args) => {
    const prompt = args.needed("prompt");
    const url = URL_IN_TEXT.exec(prompt)?.[0].replace(/[.,;:!?]+$/u, "");
    return { kind: "web-fetch", prompt, ...defined({ url }), ...args.rest() };
  },
  google_web_search: (args) => ({ kind: "web-search", query: args.needed("query"), ...args.rest() }),
  write_todos: (args) => {
    const items = (args.list("todos") ?? [undefined]).map(todoItem);
    return items.every((item) => item !== undefined) ? { kind: "todo", items, ...args.rest() } : undefined;
  },
  invoke_agent: (args) => ({
    kind: "task",
    agent: args.needed("agent_name"),
    prompt: args.needed("prompt"),
    ...args.rest(),
  }),
  ask_user: (args) => {
    const questions = args.list("questions");
    return questions === undefined ? undefined : { kind: "ask-user", questions, ...args.rest() };
  },
};

function grep(args: Arguments): CanonicalTool {
  return {
    kind: "grep",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("dir_path", "path"), include: args.text("include_pattern", "include") }),
    ...args.rest(),
  };
}

/** `start_line`/`end_line` count from 1 and include both; before 0.26 it was `offset` (from 0) and `limit`. */
function lineRange(args: Arguments): { startLine?: number; lineCount?: number } {
  const offset = args.count("offset");
  const limit = args.count("limit");
  const start = args.count("start_line");
  const end = args.count("end_line");
  const old = offset !== undefined || limit !== undefined;
  const startLine = old ? (offset === undefined ? undefined : offset + 1) : start;
  const lineCount = old ? limit : end === undefined ? undefined : end - (start ?? 1) + 1;
  const mixed = old && (start !== undefined || end !== undefined);
  if (mixed || startLine === 0 || (lineCount !== undefined && lineCount < 1)) args.valid = false;
  return defined({ startLine, lineCount });
}

const STATUSES: ReadonlySet<JsonValue> = new Set(["pending", "in_progress", "completed", "cancelled"]);

function todoItem(value: JsonValue | undefined): TodoItem | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined;
  const { description, status } = value;
  if (typeof description !== "string" || status === undefined || !STATUSES.has(status)) return undefined;
  return { text: description, status: status as TodoItem["status"] };
}

/**
 * The call in the common vocabulary; undefined for tools outside the table and for arguments of a wrong
 * type. `displayName` is the label the CLI recorded beside the call, `servers` the session's MCP servers.
 */
export function canonicalTool(
  name: string,
  input: JsonValue,
  displayName?: string,
  servers?: ReadonlySet<string>,
): CanonicalTool | undefined {
  if (!isObject(input)) return undefined;
  const mcp = mcpParts(name, displayName, servers);
  if (mcp !== undefined) return { kind: "mcp", ...mcp, args: input };
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined) return undefined;
  const args = new Arguments(input);
  const tool = build(args);
  return args.valid ? tool : undefined;
}
