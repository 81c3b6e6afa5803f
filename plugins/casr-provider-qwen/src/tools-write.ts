import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  TodoTool,
} from "casr-cli/provider";
import { isObject } from "./json.ts";
import { PER_ITEM } from "./tools-read.ts";

/** Leaves out undefined values and adds what has no argument of its own, without overwriting. */
function call(
  name: string,
  native: Record<string, JsonValue | undefined>,
  tool: { rest?: JsonObject },
): NativeCall {
  const own = Object.fromEntries(
    Object.entries(native).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return { name, input: { ...tool.rest, ...own } };
}

/** One added file is a write, one file changed in one place an edit; the CLI has nothing for more. */
function patchCall(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add")
    return call("write_file", { file_path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined || change.hunks.length !== 1) return undefined;
  const { oldText, newText } = change.hunks[0]!;
  if (oldText === "") return undefined;
  return call("edit", { file_path: change.path, old_string: oldText, new_string: newText }, tool);
}

/** Each item needs an id; lists of one value an item, as the source had them, go into the items. */
function todoCall(tool: TodoTool): NativeCall | undefined {
  if (tool.items.some((item) => item.status === "cancelled")) return undefined;
  const rest: JsonObject = {};
  const lists: [key: string, values: JsonValue[]][] = [];
  for (const [key, value] of Object.entries(tool.rest ?? {})) {
    if (PER_ITEM.has(key) && Array.isArray(value) && value.length === tool.items.length)
      lists.push([key, value]);
    else rest[key] = value;
  }
  const todos = tool.items.map(({ text, status }, index) => ({
    id: String(index + 1),
    ...Object.fromEntries(lists.map(([key, values]) => [key, values[index]!])),
    content: text,
    status,
  }));
  return call("todo_write", { todos, explanation: tool.explanation }, { rest });
}

/** The CLI's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, description, workdir, timeoutMs, background } = tool;
      const own = { command, description, directory: workdir, timeout: timeoutMs, is_background: background };
      return call("run_shell_command", own, tool);
    }
    case "read": {
      const offset = tool.startLine === undefined ? undefined : tool.startLine - 1;
      return call("read_file", { file_path: tool.path, offset, limit: tool.lineCount }, tool);
    }
    case "view-image":
      return call("read_file", { file_path: tool.path }, tool);
    case "write":
      return call("write_file", { file_path: tool.path, content: tool.content }, tool);
    case "edit": {
      const { oldText, newText, replaceAll } = tool.edit;
      const own = { file_path: tool.path, old_string: oldText, new_string: newText, replace_all: replaceAll };
      return call("edit", own, tool);
    }
    case "patch":
      return patchCall(tool);
    case "list":
      return call("list_directory", { path: tool.path }, tool);
    case "glob":
      return call("glob", { pattern: tool.pattern, path: tool.path }, tool);
    case "grep":
      return call("grep_search", { pattern: tool.pattern, path: tool.path, glob: tool.include }, tool);
    case "web-fetch":
      if (tool.url === undefined || tool.prompt === undefined) return undefined;
      return call("web_fetch", { url: tool.url, prompt: tool.prompt }, tool);
    case "web-search":
      return call("web_search", { query: tool.query }, tool);
    case "todo":
      return todoCall(tool);
    case "task": {
      const { description, prompt, agent } = tool;
      return call("agent", { description, prompt, subagent_type: agent }, tool);
    }
    case "ask-user":
      return call("ask_user_question", { questions: tool.questions }, tool);
    case "mcp":
      return mcpCall(tool.server, tool.tool, tool.args);
    default:
      return undefined;
  }
}

function mcpCall(server: string, tool: string, args: JsonValue): NativeCall | undefined {
  const name = `mcp__${server}__${tool}`;
  return isObject(args) && /^[A-Za-z0-9_-]{1,64}$/u.test(name) ? { name, input: args } : undefined;
}
