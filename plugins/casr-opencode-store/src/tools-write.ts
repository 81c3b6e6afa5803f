import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  TodoTool,
} from "casr-cli/provider";
import { isObject } from "./json.ts";
import { TODO_LISTS } from "./tools-read.ts";

/** Leaves out undefined values and adds what has no argument of its own, without overwriting. */
function call(
  name: string,
  native: Record<string, JsonValue | undefined>,
  rest: JsonObject | undefined,
): NativeCall {
  const own = Object.fromEntries(
    Object.entries(native).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return { name, input: { ...rest, ...own } };
}

/** The agent's todo items; lists in `rest` that belong to the items go back into them. */
function todoCall({ items, explanation, rest }: TodoTool): NativeCall {
  const left: JsonObject = {};
  const lists: [string, JsonValue[]][] = [];
  for (const [key, value] of Object.entries(rest ?? {})) {
    if (TODO_LISTS.has(key) && Array.isArray(value) && value.length === items.length)
      lists.push([key, value]);
    else left[key] = value;
  }
  const todos = items.map(({ text, status }, index) => ({
    content: text,
    status,
    ...Object.fromEntries(lists.map(([key, values]) => [key, values[index]!])),
  }));
  return call("todowrite", { todos, explanation }, left);
}

/** A patch as it is; the text may be in another notation than the agent's, then there is no call for it. */
function patchCall({ text, rest }: PatchTool): NativeCall | undefined {
  return text.trimStart().startsWith("*** Begin Patch")
    ? call("apply_patch", { patchText: text }, rest)
    : undefined;
}

/** `<server>_<tool>`, with what the agent does not take in a name replaced. */
function mcpCall(server: string, tool: string, args: JsonValue): NativeCall | undefined {
  const name = `${server}_${tool}`.replace(/[^A-Za-z0-9_-]/g, "_");
  return isObject(args) && name.length <= 64 ? { name, input: args } : undefined;
}

/** The agent's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  const { rest } = tool;
  switch (tool.kind) {
    case "shell": {
      const { command, workdir, timeoutMs, description, background } = tool;
      // There are no background commands: that one was meant to be stays visible.
      return call("bash", { command, workdir, timeout: timeoutMs, description, background }, rest);
    }
    case "read":
      return call("read", { filePath: tool.path, offset: tool.startLine, limit: tool.lineCount }, rest);
    case "view-image":
      return call("read", { filePath: tool.path }, rest);
    case "write":
      return call("write", { filePath: tool.path, content: tool.content }, rest);
    case "edit": {
      const { oldText, newText, replaceAll } = tool.edit;
      return call("edit", { filePath: tool.path, oldString: oldText, newString: newText, replaceAll }, rest);
    }
    case "patch":
      return patchCall(tool);
    case "glob":
      return call("glob", { pattern: tool.pattern, path: tool.path }, rest);
    case "grep":
      return call("grep", { pattern: tool.pattern, path: tool.path, include: tool.include }, rest);
    case "web-fetch":
      return tool.url === undefined
        ? undefined
        : call("webfetch", { url: tool.url, prompt: tool.prompt }, rest);
    case "web-search":
      return call("websearch", { query: tool.query }, rest);
    case "todo":
      return todoCall(tool);
    case "task": {
      const { description, prompt, agent } = tool;
      return call("task", { description, prompt, subagent_type: agent }, rest);
    }
    case "ask-user":
      return call("question", { questions: tool.questions }, rest);
    case "mcp":
      return mcpCall(tool.server, tool.tool, tool.args);
    default:
      return undefined;
  }
}
