import type { CanonicalTool, JsonObject, JsonValue, NativeCall, TodoTool } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

/** The members that have a value; arguments without a common name stay visible but never replace one of the tool's own. */
function call(
  name: string,
  members: Record<string, JsonValue | undefined>,
  tool: { rest?: JsonObject },
): NativeCall {
  const input: JsonObject = { ...tool.rest };
  for (const [key, value] of Object.entries(members)) if (value !== undefined) input[key] = value;
  return { name, input };
}

/** A list with a line each; texts of several lines do not fit. */
function todoCall(tool: TodoTool): NativeCall | undefined {
  if (tool.items.length === 0 || tool.items.some(({ text }) => !/^.+$/.test(text))) return undefined;
  const todos = tool.items.map(({ text, status }, index) => `${index + 1}. [${status}] ${text}`).join("\n");
  return call("TodoWrite", { todos, explanation: tool.explanation }, tool);
}

/** Droid's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell":
      return call(
        "Execute",
        {
          summary: tool.description,
          command: tool.command,
          timeout: tool.timeoutMs === undefined ? undefined : tool.timeoutMs / 1000,
          fireAndForget: tool.background,
          workdir: tool.workdir,
        },
        tool,
      );
    case "read":
      return call("Read", { file_path: tool.path, offset: tool.startLine, limit: tool.lineCount }, tool);
    case "view-image":
      return call("Read", { file_path: tool.path }, tool);
    case "write":
      return call("Create", { file_path: tool.path, content: tool.content }, tool);
    case "edit":
      return call(
        "Edit",
        {
          file_path: tool.path,
          old_str: tool.edit.oldText,
          new_str: tool.edit.newText,
          change_all: tool.edit.replaceAll,
        },
        tool,
      );
    case "patch":
      return call("ApplyPatch", { input: tool.text }, tool);
    case "list":
      return call("LS", { directory_path: tool.path }, tool);
    case "glob":
      return call("Glob", { patterns: tool.pattern, folder: tool.path }, tool);
    case "grep":
      return call("Grep", { pattern: tool.pattern, path: tool.path, glob_pattern: tool.include }, tool);
    case "web-fetch":
      return tool.url === undefined
        ? undefined
        : call("FetchUrl", { url: tool.url, prompt: tool.prompt }, tool);
    case "web-search":
      return call("WebSearch", { query: tool.query }, tool);
    case "todo":
      return todoCall(tool);
    case "task":
      return call(
        "Task",
        { subagent_type: tool.agent, description: tool.description, prompt: tool.prompt },
        tool,
      );
    case "mcp":
      if (!isJsonObject(tool.args) || !/^[A-Za-z0-9_-]+$/.test(`${tool.server}${tool.tool}`))
        return undefined;
      return `${tool.server}___${tool.tool}`.length > 64 || tool.server === "" || tool.tool === ""
        ? undefined
        : { name: `${tool.server}___${tool.tool}`, input: tool.args };
    default:
      return undefined;
  }
}
