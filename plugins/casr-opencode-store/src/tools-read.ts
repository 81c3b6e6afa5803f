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
    const value = this.#left[name];
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

  list(name: string): JsonValue[] | undefined {
    return this.#take(name, (value) => Array.isArray(value));
  }

  number(name: string): number | undefined {
    return this.#take(name, (value) => typeof value === "number");
  }

  /** A whole number above 0; others stay under their own name. */
  count(name: string): number | undefined {
    const value = this.#left[name];
    const isCount = Number.isSafeInteger(value) && (value as number) > 0;
    if (typeof value === "number" && !isCount) return undefined;
    return this.number(name);
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.valid = false;
    return value ?? "";
  }

  /** Whether an argument of this name is left. */
  has(name: string): boolean {
    return Object.hasOwn(this.#left, name);
  }

  rest(more: JsonObject = {}): { rest?: JsonObject } {
    const rest = { ...this.#left, ...more };
    return Object.keys(rest).length === 0 ? {} : { rest };
  }
}

/** Leaves out undefined fields, as the session types want it. */
function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

type Build = (args: Arguments, parsePatch: PatchParser | undefined) => CanonicalTool | undefined;
type PatchParser = (text: string) => Extract<CanonicalTool, { kind: "patch" }>["changes"] | undefined;

/** Tools of OpenCode 1.18.33 and Kilo Code 7.7.9, and `list`, `multiedit` of versions before. */
const BUILDERS: Readonly<Record<string, Build>> = {
  bash: (args) => ({
    kind: "shell",
    command: args.needed("command"),
    ...defined({
      workdir: args.text("workdir"),
      timeoutMs: args.number("timeout"),
      description: args.text("description"),
      background: args.flag("background"),
    }),
    ...args.rest(),
  }),
  read: (args) => ({
    kind: "read",
    path: args.needed("filePath"),
    ...defined({ startLine: args.count("offset"), lineCount: args.count("limit") }),
    ...args.rest(),
  }),
  write: (args) => ({
    kind: "write",
    path: args.needed("filePath"),
    content: args.needed("content"),
    ...args.rest(),
  }),
  edit: (args) => {
    const path = args.needed("filePath");
    const edit: TextEdit = {
      oldText: args.needed("oldString"),
      newText: args.needed("newString"),
      ...defined({ replaceAll: args.flag("replaceAll") }),
    };
    return { kind: "edit", path, edit, ...args.rest() };
  },
  multiedit: (args) => {
    const path = args.needed("filePath");
    const edits = (args.list("edits") ?? [undefined]).map(textEdit);
    if (!edits.every((edit) => edit !== undefined)) return undefined;
    return { kind: "multi-edit", path, edits, ...args.rest() };
  },
  apply_patch: patch,
  // What `apply_patch` was called before.
  patch,
  list: (args) => ({ kind: "list", path: args.needed("path"), ...args.rest() }),
  glob: (args) => ({
    kind: "glob",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("path") }),
    ...args.rest(),
  }),
  grep: (args) => ({
    kind: "grep",
    pattern: args.needed("pattern"),
    ...defined({ path: args.text("path"), include: args.text("include") }),
    ...args.rest(),
  }),
  webfetch: (args) => ({
    kind: "web-fetch",
    url: args.needed("url"),
    ...defined({ prompt: args.text("prompt") }),
    ...args.rest(),
  }),
  websearch: (args) => ({ kind: "web-search", query: args.needed("query"), ...args.rest() }),
  todowrite: todo,
  task: (args) => ({
    kind: "task",
    prompt: args.needed("prompt"),
    ...defined({ description: args.text("description"), agent: args.text("subagent_type") }),
    ...args.rest(),
  }),
  question: (args) => {
    const questions = args.list("questions");
    return questions === undefined ? undefined : { kind: "ask-user", questions, ...args.rest() };
  },
};

function patch(args: Arguments, parsePatch: PatchParser | undefined): CanonicalTool | undefined {
  const text = args.needed("patchText");
  const changes = parsePatch?.(text);
  return changes === undefined ? undefined : { kind: "patch", text, changes, ...args.rest() };
}

function textEdit(value: JsonValue | undefined): TextEdit | undefined {
  if (!isObject(value)) return undefined;
  const { oldString, newString, replaceAll, ...more } = value;
  if (typeof oldString !== "string" || typeof newString !== "string" || Object.keys(more).length > 0)
    return undefined;
  if (replaceAll === undefined) return { oldText: oldString, newText: newString };
  return typeof replaceAll === "boolean" ? { oldText: oldString, newText: newString, replaceAll } : undefined;
}

const STATUSES: ReadonlySet<JsonValue | undefined> = new Set([
  "pending",
  "in_progress",
  "completed",
  "cancelled",
]);

/** Further keys of the items (`priority`, early also `id`) become lists in `rest`, one value an item. */
function todo(args: Arguments): CanonicalTool | undefined {
  const todos = args.list("todos");
  if (todos === undefined || !todos.every(isObject)) return undefined;
  const further = Object.keys(todos[0] ?? {}).filter((key) => key !== "content" && key !== "status");
  const items: TodoItem[] = [];
  for (const item of todos) {
    const { content, status } = item;
    if (typeof content !== "string" || !STATUSES.has(status)) return undefined;
    if (Object.keys(item).length !== further.length + 2 || !further.every((key) => Object.hasOwn(item, key)))
      return undefined;
    items.push({ text: content, status: status as TodoItem["status"] });
  }
  if (further.some((key) => args.has(key) || !TODO_LISTS.has(key))) return undefined;
  const lists = Object.fromEntries(further.map((key) => [key, todos.map((item) => item[key]!)]));
  return { kind: "todo", items, ...args.rest(lists) };
}

/** Keys of todo items beside content and status. */
export const TODO_LISTS: ReadonlySet<string> = new Set(["priority", "id"]);

/**
 * The call in the common vocabulary; undefined for tools outside the table and for arguments of a wrong type.
 * Patches are only understood with `parsePatch`.
 */
export function canonicalTool(
  name: string,
  input: JsonValue,
  parsePatch?: PatchParser,
): CanonicalTool | undefined {
  if (!isObject(input) || !Object.hasOwn(BUILDERS, name)) return undefined;
  const args = new Arguments(input);
  const tool = BUILDERS[name]!(args, parsePatch);
  return args.valid ? tool : undefined;
}
