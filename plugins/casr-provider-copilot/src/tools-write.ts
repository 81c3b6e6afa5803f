import type { CanonicalTool, JsonObject, JsonValue, NativeCall, ReadTool } from "casr-cli/provider";
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

function viewRange({ startLine, lineCount }: ReadTool): JsonValue | undefined {
  if (startLine === undefined && lineCount === undefined) return undefined;
  const first = startLine ?? 1;
  return [first, lineCount === undefined ? -1 : first + lineCount - 1];
}

/** The name of a tool of an MCP server, as the model knows it. */
function mcpName(server: string, tool: string): string {
  return `${server}-${tool}`.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** The CLI's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell":
      return call(
        "bash",
        {
          command: tool.command,
          description: tool.description,
          mode: tool.background === true ? "async" : undefined,
          timeout: tool.timeoutMs,
          workdir: tool.workdir,
        },
        tool,
      );
    case "read":
      return call("view", { path: tool.path, view_range: viewRange(tool) }, tool);
    case "view-image":
    case "list":
      return call("view", { path: tool.path }, tool);
    case "write":
      return call("create", { path: tool.path, file_text: tool.content }, tool);
    case "edit":
      // The tool replaces exactly one occurrence.
      if (tool.edit.replaceAll === true) return undefined;
      return call("edit", { path: tool.path, old_str: tool.edit.oldText, new_str: tool.edit.newText }, tool);
    case "patch":
      return tool.rest === undefined ? { name: "apply_patch", input: tool.text } : undefined;
    case "glob":
      return call("glob", { pattern: tool.pattern, paths: tool.path }, tool);
    case "grep":
      return call("grep", { pattern: tool.pattern, paths: tool.path, glob: tool.include }, tool);
    case "web-fetch":
      return tool.url === undefined
        ? undefined
        : call("web_fetch", { url: tool.url, prompt: tool.prompt }, tool);
    case "task":
      return call(
        "task",
        { description: tool.description, prompt: tool.prompt, agent_type: tool.agent },
        tool,
      );
    case "mcp":
      if (!isJsonObject(tool.args) || tool.server === "" || tool.tool === "") return undefined;
      return { name: mcpName(tool.server, tool.tool), input: tool.args };
    default:
      return undefined;
  }
}
