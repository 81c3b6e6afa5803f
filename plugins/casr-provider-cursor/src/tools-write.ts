import type { CanonicalTool, JsonObject, JsonValue, NativeCall, PatchTool } from "casr-cli/provider";
import { isObject } from "./json.ts";

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

/** One added file is a write, one file changed in one place an edit. */
function patchCall({ changes, rest }: PatchTool): NativeCall | undefined {
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("Write", { path: change.path, contents: change.content }, rest);
  if (change.op !== "update" || change.movePath !== undefined || change.hunks.length !== 1) return undefined;
  const { oldText, newText } = change.hunks[0]!;
  if (oldText === "") return undefined;
  return call("StrReplace", { path: change.path, old_string: oldText, new_string: newText }, rest);
}

/** The call under the names of `cursor-agent` 2026.09; undefined when it has no such tool. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  const { rest } = tool;
  switch (tool.kind) {
    case "shell": {
      const { command, workdir, timeoutMs, description, background } = tool;
      const own = { command, working_directory: workdir, timeout: timeoutMs, description };
      return call("Shell", { ...own, is_background: background }, rest);
    }
    case "read":
      return call("Read", { path: tool.path, offset: tool.startLine, limit: tool.lineCount }, rest);
    case "view-image":
      return call("Read", { path: tool.path }, rest);
    case "write":
      return call("Write", { path: tool.path, contents: tool.content }, rest);
    case "edit": {
      const { oldText, newText, replaceAll } = tool.edit;
      const own = { path: tool.path, old_string: oldText, new_string: newText };
      return call("StrReplace", { ...own, replace_all: replaceAll }, rest);
    }
    case "patch":
      return patchCall(tool);
    case "list":
      return call("LS", { path: tool.path }, rest);
    case "glob":
      return call("Glob", { glob_pattern: tool.pattern, target_directory: tool.path }, rest);
    case "grep":
      return call("Grep", { pattern: tool.pattern, path: tool.path, glob: tool.include }, rest);
    case "web-fetch":
      return tool.url === undefined
        ? undefined
        : call("WebFetch", { url: tool.url, prompt: tool.prompt }, rest);
    case "web-search":
      return call("WebSearch", { search_term: tool.query }, rest);
    case "todo": {
      const todos = tool.items.map(({ text, status }, index) => ({
        id: String(index + 1),
        content: text,
        status,
      }));
      return call("TodoWrite", { todos, explanation: tool.explanation }, rest);
    }
    case "task": {
      const { description, prompt, agent } = tool;
      return call("Task", { description, prompt, subagent_type: agent }, rest);
    }
    case "ask-user":
      return call("AskQuestion", { questions: tool.questions }, rest);
    case "mcp":
      return isObject(tool.args)
        ? call("CallMcpTool", { server: tool.server, toolName: tool.tool, arguments: tool.args }, rest)
        : undefined;
    default:
      return undefined;
  }
}
