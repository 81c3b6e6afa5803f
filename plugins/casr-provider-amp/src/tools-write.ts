import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  ReadTool,
  TodoItem,
  TodoTool,
} from "casr-cli/provider";
import { isObject, present } from "./json.ts";
import { ITEM_KEYS } from "./tools-read.ts";

/** Arguments without a name of Amp's stay visible, but never replace one of the tool's own. */
function call(
  name: string,
  members: Record<string, JsonValue | undefined>,
  tool: { rest?: JsonObject },
): NativeCall {
  return { name, input: { ...tool.rest, ...present(members) } };
}

/** Amp names both ends of a range: a first line alone, which means "to the end", stays visible beside it. */
function readCall(tool: ReadTool): NativeCall {
  const { path, startLine, lineCount } = tool;
  const first = startLine ?? 1;
  const range = lineCount === undefined ? undefined : [first, first + lineCount - 1];
  return call("Read", { path, read_range: range, offset: range === undefined ? startLine : undefined }, tool);
}

const STATUSES: Readonly<Record<TodoItem["status"], string | undefined>> = {
  pending: "todo",
  in_progress: "in-progress",
  completed: "completed",
  cancelled: undefined,
};

function todoCall(tool: TodoTool): NativeCall | undefined {
  if (tool.items.some((item) => STATUSES[item.status] === undefined)) return undefined;
  const lists: Record<string, JsonValue[]> = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(tool.rest ?? {})) {
    const perItem = ITEM_KEYS.has(key) && Array.isArray(value) && value.length === tool.items.length;
    if (perItem && value.length > 0) lists[key] = value;
    else rest[key] = value;
  }
  const todos = tool.items.map((item, index) => ({
    ...Object.fromEntries(Object.entries(lists).map(([key, values]) => [key, values[index]!])),
    content: item.text,
    status: STATUSES[item.status]!,
  }));
  return call("todo_write", { todos, explanation: tool.explanation }, { rest });
}

/** A patch is one of Amp's edits only when it adds one file, or changes one place of one file. */
function patchCall(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("create_file", { path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined || change.hunks.length !== 1) return undefined;
  const { oldText, newText } = change.hunks[0]!;
  if (oldText === "") return undefined;
  return call("edit_file", { path: change.path, old_str: oldText, new_str: newText }, tool);
}

/** Amp's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, workdir, timeoutMs, description, background } = tool;
      const visible = { timeout: timeoutMs, description, run_in_background: background };
      return call("Bash", { cmd: command, cwd: workdir, ...visible }, tool);
    }
    case "read":
      return readCall(tool);
    case "view-image":
      return call("Read", { path: tool.path }, tool);
    case "write":
      return call("create_file", { path: tool.path, content: tool.content }, tool);
    case "edit": {
      const { oldText, newText, replaceAll } = tool.edit;
      const members = { path: tool.path, old_str: oldText, new_str: newText, replace_all: replaceAll };
      return call("edit_file", members, tool);
    }
    case "patch":
      return patchCall(tool);
    case "glob":
      return call("glob", { filePattern: tool.pattern, path: tool.path }, tool);
    case "grep":
      return call("Grep", { pattern: tool.pattern, path: tool.path, glob: tool.include }, tool);
    case "web-fetch":
      if (tool.url === undefined) return undefined;
      return call("read_web_page", { url: tool.url, objective: tool.prompt }, tool);
    case "web-search":
      return call("web_search", { objective: tool.query }, tool);
    case "todo":
      return todoCall(tool);
    case "task": {
      const members = { prompt: tool.prompt, description: tool.description, subagent_type: tool.agent };
      return call("Task", members, tool);
    }
    case "mcp": {
      const name = `mcp__${tool.server}__${tool.tool}`;
      const fits = /^[A-Za-z0-9_-]{1,64}$/u.test(name) && isObject(tool.args);
      return fits ? { name, input: tool.args as JsonObject } : undefined;
    }
    default:
      return undefined;
  }
}
