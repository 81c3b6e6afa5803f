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
  Bash: (args) => {
    const command = args.needed("command");
    // In seconds.
    const seconds = args.count("timeout", 0);
    return {
      kind: "shell",
      command,
      ...defined({ timeoutMs: seconds === undefined ? undefined : seconds * 1000 }),
      ...args.rest(),
    };
  },
  run_terminal_command: (args) => ({ kind: "shell", command: args.needed("command"), ...args.rest() }),
  Read: read,
  read_file: read,
  Write: (args) => ({
    kind: "write",
    path: args.needed("filepath"),
    content: args.needed("content"),
    ...args.rest(),
  }),
  create_new_file: (args) => ({
    kind: "write",
    path: args.needed("filepath"),
    content: args.needed("contents"),
    ...args.rest(),
  }),
  Edit: (args) => edit(args, "file_path"),
  single_find_and_replace: (args) => edit(args, "filepath"),
  MultiEdit: (args) => edits(args, "file_path"),
  multi_edit: (args) => edits(args, "filepath"),
  List: (args) => ({ kind: "list", path: args.needed("dirpath"), ...args.rest() }),
  ls: (args) => ({ kind: "list", path: args.needed("dirPath"), ...args.rest() }),
  Search: (args) => ({
    kind: "grep",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("path"), include: args.text("file_pattern") }),
    ...args.rest(),
  }),
  grep_search: (args) => ({ kind: "grep", pattern: args.needed("query"), ...args.rest() }),
  file_glob_search: (args) => ({ kind: "glob", pattern: args.needed("pattern"), ...args.rest() }),
  Fetch: fetch,
  fetch_url_content: fetch,
  search_web: (args) => ({ kind: "web-search", query: args.needed("query"), ...args.rest() }),
  read_file_range: range,
  AskQuestion: ask,
  Checklist: checklist,
  Subagent: (args) => ({
    kind: "task",
    prompt: args.needed("prompt"),
    ...defined({ description: args.text("description"), agent: args.text("subagent_name") }),
    ...args.rest(),
  }),
};

function read(args: Arguments): CanonicalTool {
  return { kind: "read", path: args.needed("filepath"), ...args.rest() };
}

/** Lines count from 1, both included. */
function range(args: Arguments): CanonicalTool | undefined {
  const path = args.needed("filepath");
  const start = args.count("startLine", 1);
  const end = args.count("endLine", 1);
  if (start === undefined || end === undefined || end < start) return undefined;
  return { kind: "read", path, startLine: start, lineCount: end - start + 1, ...args.rest() };
}

/** One question; an answer may be proposed, which stays in the rest. */
function ask(args: Arguments): CanonicalTool | undefined {
  const question = args.needed("question");
  const options = args.list("options") ?? [];
  const labels = options.filter((option) => typeof option === "string");
  if (labels.length < options.length) return undefined;
  const choices = labels.length === 0 ? {} : { options: labels.map((label) => ({ label })) };
  return { kind: "ask-user", questions: [{ question, ...choices }], ...args.rest() };
}

function fetch(args: Arguments): CanonicalTool {
  return {
    kind: "web-fetch",
    url: args.needed("url"),
    ...defined({ prompt: args.text("prompt") }),
    ...args.rest(),
  };
}

function change(take: (name: string) => string, flag: (name: string) => boolean | undefined): TextEdit {
  return {
    oldText: take("old_string"),
    newText: take("new_string"),
    ...defined({ replaceAll: flag("replace_all") }),
  };
}

function edit(args: Arguments, pathName: string): CanonicalTool {
  const path = args.needed(pathName);
  const one = change(
    (name) => args.needed(name),
    (name) => args.flag(name),
  );
  return { kind: "edit", path, edit: one, ...args.rest() };
}

function edits(args: Arguments, pathName: string): CanonicalTool | undefined {
  const path = args.needed(pathName);
  const all: TextEdit[] = [];
  for (const value of args.list("edits") ?? [undefined]) {
    if (!isObject(value)) return undefined;
    const inner = new Arguments(value);
    const one = change(
      (name) => inner.needed(name),
      (name) => inner.flag(name),
    );
    if (!inner.valid || inner.rest().rest !== undefined) return undefined;
    all.push(one);
  }
  return { kind: "multi-edit", path, edits: all, ...args.rest() };
}

const CHECK = /^- \[( |x)\] (.+)$/u;

/** A list in Markdown; one with anything but open and done items is no list of tasks. */
function checklist(args: Arguments): CanonicalTool | undefined {
  const items: TodoItem[] = [];
  for (const line of args.needed("checklist").split("\n")) {
    const [, box, text] = CHECK.exec(line) ?? [];
    if (text === undefined) return undefined;
    items.push({ text, status: box === "x" ? "completed" : "pending" });
  }
  return { kind: "todo", items, ...args.rest() };
}

/**
 * The call in the common vocabulary; undefined for tools outside the table (those of MCP servers have their bare
 * names) and for arguments of a wrong type. cn 1.5.47 and the extensions of its time.
 */
export function canonicalTool(name: string, input: JsonValue): CanonicalTool | undefined {
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (build === undefined || !isObject(input)) return undefined;
  const args = new Arguments(input);
  const tool = build(args);
  return args.valid ? tool : undefined;
}
