import type { CanonicalTool, JsonObject, JsonValue, TextEdit, TodoItem } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

const STATUSES: Record<string, TodoItem["status"]> = {
  pending: "pending",
  in_progress: "in_progress",
  done: "completed",
};

/** Arguments on their way into the common form: what is not taken stays visible under its own name. */
class Arguments {
  readonly rest: JsonObject;

  constructor(input: JsonObject) {
    this.rest = Object.fromEntries(Object.entries(input));
  }

  text(key: string): string | undefined {
    const value = this.rest[key];
    if (typeof value !== "string") return undefined;
    delete this.rest[key];
    return value;
  }

  /** A whole number above zero. */
  count(key: string): number | undefined {
    const value = this.rest[key];
    if (!Number.isSafeInteger(value) || (value as number) <= 0 || (value as number) > 1e9) return undefined;
    delete this.rest[key];
    return value as number;
  }

  flag(key: string): boolean | undefined {
    const value = this.rest[key];
    if (typeof value !== "boolean") return undefined;
    delete this.rest[key];
    return value;
  }

  /** The members that have a value, and what is left. */
  with<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } & { rest?: JsonObject } {
    const known = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
    const more = Object.keys(this.rest).length === 0 ? {} : { rest: this.rest };
    return { ...known, ...more } as { [K in keyof T]: Exclude<T[K], undefined> } & { rest?: JsonObject };
  }
}

function todo(given: Arguments, key: string): CanonicalTool | undefined {
  const list = given.rest[key];
  if (!Array.isArray(list)) return undefined;
  const items: TodoItem[] = [];
  for (const item of list) {
    if (!isJsonObject(item) || Object.keys(item).length !== 2) return undefined;
    const { title, status } = item;
    if (typeof title !== "string" || typeof status !== "string") return undefined;
    if (!Object.hasOwn(STATUSES, status)) return undefined;
    items.push({ text: title, status: STATUSES[status]! });
  }
  delete given.rest[key];
  return given.with({ kind: "todo" as const, items });
}

function shell(given: Arguments): CanonicalTool | undefined {
  const command = given.text("command");
  if (command === undefined) return undefined;
  const seconds = given.count("timeout");
  return given.with({
    kind: "shell" as const,
    command,
    workdir: given.text("cwd"),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    description: given.text("description"),
    background: given.flag("run_in_background"),
  }) as CanonicalTool;
}

function edit(given: Arguments): CanonicalTool | undefined {
  const path = given.text("path");
  const oldText = given.text("old_string");
  const newText = given.text("new_string");
  if (path === undefined || oldText === undefined || newText === undefined) return undefined;
  const replaceAll = given.flag("replace_all");
  const change: TextEdit = { oldText, newText, ...(replaceAll === undefined ? {} : { replaceAll }) };
  return given.with({ kind: "edit" as const, path, edit: change });
}

/** `edit: {old, new, replace_all}` or a list of them (kimi-cli). */
function replacements(given: Arguments): CanonicalTool | undefined {
  const path = given.text("path");
  const { edit: own } = given.rest;
  const list = Array.isArray(own) ? own : [own ?? null];
  const edits: TextEdit[] = [];
  for (const item of list) {
    if (!isJsonObject(item)) return undefined;
    const { old, new: fresh, replace_all: all, ...more } = item;
    if (typeof old !== "string" || typeof fresh !== "string" || Object.keys(more).length > 0)
      return undefined;
    if (all !== undefined && typeof all !== "boolean") return undefined;
    edits.push({ oldText: old, newText: fresh, ...(all === undefined ? {} : { replaceAll: all }) });
  }
  const [first, ...others] = edits;
  if (path === undefined || first === undefined) return undefined;
  delete given.rest["edit"];
  if (others.length === 0) return given.with({ kind: "edit" as const, path, edit: first });
  return given.with({ kind: "multi-edit" as const, path, edits });
}

function write(given: Arguments): CanonicalTool | undefined {
  // To append is not to write.
  if (given.rest["mode"] !== undefined) return undefined;
  const path = given.text("path");
  const content = given.text("content");
  if (path === undefined || content === undefined) return undefined;
  return given.with({ kind: "write" as const, path, content });
}

function read(given: Arguments): CanonicalTool | undefined {
  const path = given.text("path");
  if (path === undefined) return undefined;
  const startLine = given.count("line_offset");
  return given.with({
    kind: "read" as const,
    path,
    startLine,
    lineCount: given.count("n_lines"),
  }) as CanonicalTool;
}

function glob(given: Arguments, folder: string): CanonicalTool | undefined {
  const pattern = given.text("pattern");
  if (pattern === undefined) return undefined;
  return given.with({ kind: "glob" as const, pattern, path: given.text(folder) }) as CanonicalTool;
}

function grep(given: Arguments): CanonicalTool | undefined {
  const pattern = given.text("pattern");
  if (pattern === undefined) return undefined;
  const path = given.text("path");
  return given.with({ kind: "grep" as const, pattern, path, include: given.text("glob") }) as CanonicalTool;
}

function task(given: Arguments, agentKey: string): CanonicalTool | undefined {
  const prompt = given.text("prompt");
  if (prompt === undefined) return undefined;
  const description = given.text("description");
  return given.with({
    kind: "task" as const,
    prompt,
    description,
    agent: given.text(agentKey),
  }) as CanonicalTool;
}

/** A tool of an MCP server: `mcp__server__tool`. */
function mcp(name: string, input: JsonObject): CanonicalTool | undefined {
  const parts = /^mcp__(.+?)__(.+)$/.exec(name);
  return parts === null ? undefined : { kind: "mcp", server: parts[1]!, tool: parts[2]!, args: input };
}

type Table = Record<string, (given: Arguments) => CanonicalTool | undefined>;

/** Tools of Kimi Code 2.1.0; behind them those of kimi-cli that have other names. */
const TABLE: Table = {
  Bash: shell,
  Read: read,
  Write: write,
  Edit: edit,
  Glob: (given) => glob(given, given.rest["path"] === undefined ? "directory" : "path"),
  Grep: grep,
  FetchURL: (given) => {
    const url = given.text("url");
    return url === undefined ? undefined : given.with({ kind: "web-fetch" as const, url });
  },
  WebSearch: search,
  TodoList: (given) => todo(given, "todos"),
  Agent: (given) => task(given, "subagent_type"),
  AskUserQuestion: (given) => {
    const { questions } = given.rest;
    if (!Array.isArray(questions)) return undefined;
    delete given.rest["questions"];
    return given.with({ kind: "ask-user" as const, questions });
  },
  ReadMediaFile: (given) => {
    const path = given.text("path");
    return path === undefined ? undefined : given.with({ kind: "view-image" as const, path });
  },
  Shell: shell,
  ReadFile: read,
  WriteFile: write,
  StrReplaceFile: replacements,
  SearchWeb: search,
  SetTodoList: (given) => todo(given, "todos"),
  Task: (given) => task(given, "subagent_name"),
};

function search(given: Arguments): CanonicalTool | undefined {
  const query = given.text("query");
  return query === undefined ? undefined : given.with({ kind: "web-search" as const, query });
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(name: string, input: JsonValue): CanonicalTool | undefined {
  if (!isJsonObject(input)) return undefined;
  if (Object.hasOwn(TABLE, name)) return TABLE[name]!(new Arguments(input));
  return mcp(name, input);
}
