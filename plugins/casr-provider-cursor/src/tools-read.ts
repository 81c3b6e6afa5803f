import type { CanonicalTool, JsonObject, JsonValue, TextEdit, TodoItem, Toolkit } from "casr-cli/provider";
import { isObject } from "./json.ts";

/** Takes arguments out of a call's input one by one; what is left becomes `rest`. */
class Arguments {
  readonly #left: JsonObject;
  /** False once an argument that is needed is missing or of another type. */
  valid = true;

  constructor(input: JsonObject) {
    this.#left = { ...input };
  }

  /** The first of `names` that has the wanted type; others stay in the rest. */
  take<T extends JsonValue>(names: string[], accepts: (value: JsonValue) => value is T): T | undefined {
    for (const name of names) {
      const value = this.#left[name];
      if (value === undefined || !accepts(value)) continue;
      delete this.#left[name];
      return value;
    }
    return undefined;
  }

  text(...names: string[]): string | undefined {
    return this.take(names, (value) => typeof value === "string");
  }

  /** A text that is not empty: an empty folder means the workspace. */
  place(...names: string[]): string | undefined {
    return this.take(names, (value): value is string => typeof value === "string" && value !== "");
  }

  flag(...names: string[]): boolean | undefined {
    return this.take(names, (value) => typeof value === "boolean");
  }

  /** A whole number from 1. */
  count(...names: string[]): number | undefined {
    return this.take(names, (value): value is number => Number.isSafeInteger(value) && (value as number) > 0);
  }

  list(...names: string[]): JsonValue[] | undefined {
    return this.take(names, (value) => Array.isArray(value));
  }

  /** An argument, which stays where it is. */
  peek(name: string): JsonValue | undefined {
    return this.#left[name];
  }

  needed(...names: string[]): string {
    const value = this.text(...names);
    if (value === undefined) this.valid = false;
    return value ?? "";
  }

  rest(): { rest?: JsonObject } {
    return Object.keys(this.#left).length === 0 ? {} : { rest: this.#left };
  }
}

const isLine = (value: JsonValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0;

/** Leaves out undefined fields, as the session types want it. */
function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

type Build = (args: Arguments) => CanonicalTool | undefined;

const shell: Build = (args) => ({
  kind: "shell",
  command: args.needed("command"),
  ...defined({
    workdir: args.place("working_directory", "cwd"),
    timeoutMs: args.count("timeout"),
    description: args.text("description"),
    background: args.flag("is_background", "isBackground"),
  }),
  ...args.rest(),
});

const read: Build = (args) => {
  const path = args.needed("path", "target_file", "targetFile", "relativeWorkspacePath");
  // To early 2025: the first and the last line; the whole file is asked for by a flag, whatever these say.
  const isWhole = args.peek("should_read_entire_file") === true;
  const [first, last] = isWhole
    ? []
    : [args.peek("start_line_one_indexed"), args.peek("end_line_one_indexed_inclusive")];
  const isRange = isLine(first) && isLine(last) && last >= first;
  if (isRange) args.count("start_line_one_indexed");
  if (isRange) args.count("end_line_one_indexed_inclusive");
  const startLine = isRange ? first : args.count("offset");
  const lineCount = isRange ? last - first + 1 : args.count("limit");
  return { kind: "read", path, ...defined({ startLine, lineCount }), ...args.rest() };
};

const write: Build = (args) => ({
  kind: "write",
  path: args.needed("path", "file_path", "relativeWorkspacePath"),
  content: args.needed("contents", "content", "contentsAfterEdit"),
  ...args.rest(),
});

const edit: Build = (args) => {
  const path = args.needed("path", "file_path");
  const oldText = args.needed("old_string");
  const newText = args.needed("new_string");
  const replaceAll = args.flag("replace_all");
  return { kind: "edit", path, edit: { oldText, newText, ...defined({ replaceAll }) }, ...args.rest() };
};

const multiEdit: Build = (args) => {
  const path = args.needed("path", "file_path");
  const edits = (args.list("edits") ?? [undefined]).map(textEdit);
  return edits.every((one) => one !== undefined)
    ? { kind: "multi-edit", path, edits, ...args.rest() }
    : undefined;
};

function textEdit(value: JsonValue | undefined): TextEdit | undefined {
  const args = new Arguments(isObject(value) ? value : {});
  const oldText = args.needed("old_string");
  const newText = args.needed("new_string");
  const replaceAll = args.flag("replace_all");
  return args.valid && args.rest().rest === undefined
    ? { oldText, newText, ...defined({ replaceAll }) }
    : undefined;
}

const list: Build = (args) => ({
  kind: "list",
  path: args.needed(
    "path",
    "target_directory",
    "targetDirectory",
    "directoryPath",
    "relative_workspace_path",
  ),
  ...args.rest(),
});

const glob: Build = (args) => ({
  kind: "glob",
  pattern: args.needed("glob_pattern", "globPattern"),
  ...defined({ path: args.place("target_directory", "targetDirectory") }),
  ...args.rest(),
});

const grep: Build = (args) => ({
  kind: "grep",
  pattern: args.needed("pattern", "query"),
  ...defined({ path: args.place("path"), include: args.text("glob", "include_pattern") }),
  ...args.rest(),
});

const webSearch: Build = (args) => ({
  kind: "web-search",
  query: args.needed("search_term", "searchTerm"),
  ...args.rest(),
});

const todo: Build = (args) => {
  const items = (args.list("todos") ?? [undefined]).map(todoItem);
  return items.every((item) => item !== undefined) ? { kind: "todo", items, ...args.rest() } : undefined;
};

const task: Build = (args) => ({
  kind: "task",
  prompt: args.needed("prompt"),
  ...defined({
    description: args.text("description"),
    agent: args.text("subagent_type", "subagentType"),
  }),
  ...args.rest(),
});

const ask: Build = (args) => {
  const questions = args.list("questions");
  return questions === undefined ? undefined : { kind: "ask-user", questions, ...args.rest() };
};

const mcp: Build = (args) => {
  const server = args.needed("server");
  const tool = args.needed("toolName");
  const given = args.take(["arguments"], isObject);
  return given === undefined ? undefined : { kind: "mcp", server, tool, args: given, ...args.rest() };
};

/** By the names of `cursor-agent` (2025-11 to 2026-09) and of the editor (0.4x to 3.16). */
const BUILDERS: Readonly<Record<string, Build>> = {
  Shell: shell,
  run_terminal_cmd: shell,
  run_terminal_command: shell,
  run_terminal_command_v2: shell,
  Read: read,
  ReadFile: read,
  read_file: read,
  read_file_v2: read,
  Write: write,
  write,
  edit_file_v2: write,
  StrReplace: edit,
  search_replace: edit,
  MultiEdit: multiEdit,
  multi_edit: multiEdit,
  LS: list,
  list_dir: list,
  list_dir_v2: list,
  Glob: glob,
  glob_file_search: glob,
  Grep: grep,
  grep,
  grep_search: grep,
  ripgrep_raw_search: grep,
  WebFetch: (args) => ({ kind: "web-fetch", url: args.needed("url"), ...args.rest() }),
  WebSearch: webSearch,
  web_search: webSearch,
  TodoWrite: todo,
  todo_write: todo,
  Task: task,
  task_v2: task,
  AskQuestion: ask,
  ask_question: ask,
  CallMcpTool: mcp,
  call_mcp_tool: mcp,
};

const STATUSES: ReadonlySet<JsonValue> = new Set(["pending", "in_progress", "completed", "cancelled"]);

/** Items are told by an id; only those numbered from 1 have a common form. */
function todoItem(value: JsonValue | undefined, index: number): TodoItem | undefined {
  if (!isObject(value) || Object.keys(value).length !== 3) return undefined;
  const { id, content, status } = value;
  if (id !== String(index + 1) || typeof content !== "string") return undefined;
  if (status === undefined || !STATUSES.has(status)) return undefined;
  return { text: content, status: status as TodoItem["status"] };
}

function patchTool(input: JsonValue, toolkit: Pick<Toolkit, "parsePatch">): CanonicalTool | undefined {
  const key = isObject(input)
    ? ["patch", "input"].find((name) => typeof input[name] === "string")
    : undefined;
  const text = isObject(input) ? (key === undefined ? undefined : input[key]) : input;
  if (typeof text !== "string") return undefined;
  const changes = toolkit.parsePatch(text);
  if (changes === undefined) return undefined;
  const { [key ?? ""]: _text, ...rest } = isObject(input) ? input : {};
  return { kind: "patch", text, changes, ...(Object.keys(rest).length === 0 ? {} : { rest }) };
}

/** The call in the common vocabulary; undefined for tools outside the table and arguments of a wrong type. */
export function canonicalTool(
  name: string,
  input: JsonValue,
  toolkit: Pick<Toolkit, "parsePatch">,
): CanonicalTool | undefined {
  if (name === "ApplyPatch" || name === "apply_patch") return patchTool(input, toolkit);
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined || !isObject(input)) return undefined;
  const args = new Arguments(input);
  const tool = build(args);
  return args.valid ? tool : undefined;
}
