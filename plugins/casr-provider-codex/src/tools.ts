import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchHunk,
  ShellTool,
  TodoItem,
  Toolkit,
} from "casr-cli/provider";
import { isObject } from "./json.ts";

/** The parts of the toolkit that the tool table needs. */
export type PatchNotation = Pick<Toolkit, "parsePatch" | "formatPatch">;

/** Splits `input` into the wanted keys and `rest`; null and missing values count as not given. */
function take(input: JsonObject, keys: string[]): { taken: JsonObject; rest: { rest?: JsonObject } } {
  const taken: JsonObject = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(input)) {
    if (keys.includes(key) && value !== null) taken[key] = value;
    else rest[key] = value;
  }
  return { taken, rest: Object.keys(rest).length === 0 ? {} : { rest } };
}

const optional = (value: JsonValue | undefined, type: "string" | "number" | "boolean"): boolean =>
  value === undefined || typeof value === type;

function shellFields(taken: JsonObject, workdirKey: string): Partial<ShellTool> | undefined {
  const { [workdirKey]: workdir, timeout_ms: timeout, description, background } = taken;
  if (!optional(workdir, "string") || !optional(timeout, "number")) return undefined;
  if (!optional(description, "string") || !optional(background, "boolean")) return undefined;
  return {
    ...(typeof workdir === "string" ? { workdir } : {}),
    ...(typeof timeout === "number" ? { timeoutMs: timeout } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...(typeof background === "boolean" ? { background } : {}),
  };
}

const SHELL_KEYS = ["timeout_ms", "description", "background"];

function execCommand(input: JsonObject): CanonicalTool | undefined {
  const { taken, rest } = take(input, ["cmd", "workdir", ...SHELL_KEYS]);
  const fields = shellFields(taken, "workdir");
  if (typeof taken["cmd"] !== "string" || fields === undefined) return undefined;
  return { kind: "shell", command: taken["cmd"], ...fields, ...rest };
}

/** `shell_command` of about 0.60 to 0.104: the command is one line of text. */
function commandShell(input: JsonObject): CanonicalTool | undefined {
  const { taken, rest } = take(input, ["command", "workdir", ...SHELL_KEYS]);
  const fields = shellFields(taken, "workdir");
  if (typeof taken["command"] !== "string" || fields === undefined) return undefined;
  return { kind: "shell", command: taken["command"], ...fields, ...rest };
}

/** One line for an argument vector: the script of `bash -lc SCRIPT`, else the words, quoted where needed. */
export function commandLine(argv: string[]): string {
  const [shell, flag, script] = argv;
  if (argv.length === 3 && /(?:^|\/)(?:ba|z|da)?sh$/.test(shell ?? "") && /^-l?c$/.test(flag ?? ""))
    return script ?? "";
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

function argvShell(input: JsonObject, workdirKey: string): CanonicalTool | undefined {
  const { taken, rest } = take(input, ["command", workdirKey, ...SHELL_KEYS]);
  const argv = taken["command"];
  const fields = shellFields(taken, workdirKey);
  if (!Array.isArray(argv) || argv.length === 0 || fields === undefined) return undefined;
  const words = argv.filter((word) => typeof word === "string");
  if (words.length !== argv.length) return undefined;
  return { kind: "shell", command: commandLine(words), argv: words, ...fields, ...rest };
}

function plan(input: JsonObject): CanonicalTool | undefined {
  const { taken, rest } = take(input, ["plan", "explanation"]);
  if (!Array.isArray(taken["plan"]) || !optional(taken["explanation"], "string")) return undefined;
  const items: TodoItem[] = [];
  for (const item of taken["plan"]) {
    if (!isObject(item) || Object.keys(item).length !== 2 || typeof item["step"] !== "string")
      return undefined;
    const status = item["status"];
    if (status !== "pending" && status !== "in_progress" && status !== "completed") return undefined;
    items.push({ text: item["step"], status });
  }
  const explanation = taken["explanation"];
  return { kind: "todo", items, ...(typeof explanation === "string" ? { explanation } : {}), ...rest };
}

function mcp(name: string, input: JsonValue): CanonicalTool | undefined {
  const match = /^mcp__(.+?)__(.+)$/.exec(name);
  return match === null ? undefined : { kind: "mcp", server: match[1]!, tool: match[2]!, args: input };
}

/**
 * A Codex call in the common vocabulary (codex-cli 0.47 to 0.169.0). `name` carries its namespace in front
 * (`collaboration__spawn_agent`). Undefined for tools without a common form and for arguments of other types.
 */
export function toCanonical(
  name: string,
  input: JsonValue,
  notation: PatchNotation,
): CanonicalTool | undefined {
  if (name === "apply_patch" && typeof input === "string") {
    const changes = notation.parsePatch(input);
    return changes === undefined ? undefined : { kind: "patch", text: input, changes };
  }
  if (name.startsWith("mcp__")) return mcp(name, input);
  if (!isObject(input)) return undefined;
  switch (name) {
    case "exec_command":
      return execCommand(input);
    case "shell":
      return argvShell(input, "workdir");
    case "shell_command":
      return commandShell(input);
    case "local_shell":
      return input["type"] === "exec" ? argvShell(input, "working_directory") : undefined;
    case "update_plan":
      return plan(input);
    case "view_image": {
      const { taken, rest } = take(input, ["path"]);
      return typeof taken["path"] === "string"
        ? { kind: "view-image", path: taken["path"], ...rest }
        : undefined;
    }
    case "request_user_input": {
      const { taken, rest } = take(input, ["questions"]);
      return Array.isArray(taken["questions"])
        ? { kind: "ask-user", questions: taken["questions"], ...rest }
        : undefined;
    }
    case "web_search": {
      const { taken, rest } = take(input, ["query"]);
      return typeof taken["query"] === "string"
        ? { kind: "web-search", query: taken["query"], ...rest }
        : undefined;
    }
    case "collaboration__spawn_agent":
    case "multi_agent_v1__spawn_agent":
    case "spawn_agent": {
      const { taken, rest } = take(input, ["message", "task_name"]);
      const { message, task_name: task } = taken;
      if (typeof message !== "string" || !optional(task, "string")) return undefined;
      return {
        kind: "task",
        prompt: message,
        ...(typeof task === "string" ? { description: task } : {}),
        ...rest,
      };
    }
    default:
      return undefined;
  }
}

/** `own` with the members of `rest` behind it; members of `own` win. */
function withRest(own: JsonObject, rest: JsonObject | undefined): JsonObject {
  const input: JsonObject = { ...own };
  for (const [key, value] of Object.entries(rest ?? {})) if (!(key in input)) input[key] = value;
  return input;
}

function shellCall(tool: ShellTool): NativeCall {
  const local = tool.argv !== undefined && tool.rest?.["type"] === "exec";
  const own: JsonObject = {
    ...(tool.argv === undefined ? { cmd: tool.command } : { command: tool.argv }),
    ...(tool.workdir === undefined ? {} : { [local ? "working_directory" : "workdir"]: tool.workdir }),
    ...(tool.timeoutMs === undefined ? {} : { timeout_ms: tool.timeoutMs }),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(tool.background === undefined ? {} : { background: tool.background }),
  };
  const name = tool.argv === undefined ? "exec_command" : local ? "local_shell" : "shell";
  return { name, input: withRest(own, tool.rest) };
}

/** A patch call, when the notation holds these changes without a difference and nothing else has to be shown. */
function patchCall(
  changes: Parameters<PatchNotation["formatPatch"]>[0],
  rest: JsonObject | undefined,
  notation: PatchNotation,
): NativeCall | undefined {
  if (rest !== undefined && Object.keys(rest).length > 0) return undefined;
  const text = notation.formatPatch(changes);
  const back = notation.parsePatch(text);
  return JSON.stringify(back) === JSON.stringify(changes) ? { name: "apply_patch", input: text } : undefined;
}

/** Whether `text` can only begin where a line begins: at an indented line, or level with a later line that is not indented. */
function beginsLine(text: string): boolean {
  const [first = "", ...later] = text.split("\n");
  if (/^\s/.test(first) || text === "") return true;
  return later.some((line) => /^\S/.test(line));
}

/**
 * A replacement of text as a hunk, which replaces whole lines; a line end that both texts have behind their
 * last line is none of theirs. Undefined when the texts may be parts of lines: a hunk would then say that
 * the rest of those lines went away.
 */
function wholeLines(edit: { oldText: string; newText: string; replaceAll?: boolean }): PatchHunk | undefined {
  const { oldText, newText } = edit;
  if (edit.replaceAll === true || oldText === "" || oldText === newText) return undefined;
  const closed = oldText.endsWith("\n") && (newText.endsWith("\n") || newText === "");
  if (!closed && (oldText.endsWith("\n") || newText.endsWith("\n"))) return undefined;
  if (!beginsLine(oldText) || (!closed && !beginsLine(newText))) return undefined;
  const bare = (text: string): string => (closed ? text.replace(/\n$/, "") : text);
  return { oldText: bare(oldText), newText: bare(newText) };
}

function hunksCall(
  path: string,
  edits: { oldText: string; newText: string; replaceAll?: boolean }[],
  rest: JsonObject | undefined,
  notation: PatchNotation,
): NativeCall | undefined {
  const hunks = edits.flatMap((edit) => wholeLines(edit) ?? []);
  if (hunks.length === 0 || hunks.length < edits.length) return undefined;
  return patchCall([{ op: "update", path, hunks }], rest, notation);
}

/** Codex's own call for a tool of the common vocabulary; undefined when Codex has none that fits. */
export function toNative(tool: CanonicalTool, notation: PatchNotation): NativeCall | undefined {
  switch (tool.kind) {
    case "shell":
      return shellCall(tool);
    case "patch":
      return tool.rest === undefined ? { name: "apply_patch", input: tool.text } : undefined;
    case "write":
      return patchCall([{ op: "add", path: tool.path, content: tool.content }], tool.rest, notation);
    case "edit":
      return hunksCall(tool.path, [tool.edit], tool.rest, notation);
    case "multi-edit":
      return hunksCall(tool.path, tool.edits, tool.rest, notation);
    case "todo": {
      if (tool.items.some((item) => item.status === "cancelled")) return undefined;
      const own: JsonObject = {
        ...(tool.explanation === undefined ? {} : { explanation: tool.explanation }),
        plan: tool.items.map((item) => ({ step: item.text, status: item.status })),
      };
      return { name: "update_plan", input: withRest(own, tool.rest) };
    }
    case "ask-user":
      return { name: "request_user_input", input: withRest({ questions: tool.questions }, tool.rest) };
    case "view-image":
      return { name: "view_image", input: withRest({ path: tool.path }, tool.rest) };
    case "mcp":
      return tool.rest === undefined
        ? { name: `mcp__${tool.server}__${tool.tool}`, input: tool.args }
        : undefined;
    default:
      return undefined;
  }
}
