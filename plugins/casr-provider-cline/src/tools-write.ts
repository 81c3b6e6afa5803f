import type { CanonicalTool, JsonObject, JsonValue, NativeCall, ReadTool } from "casr-cli/provider";
import { isObject } from "./json.ts";
import { mcpParts } from "./tools-read.ts";

/** The call with what has no argument of its own beside it; nothing of the tool's own is overwritten. */
function call(name: string, own: Record<string, JsonValue | undefined>, rest?: JsonObject): NativeCall {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { name, input: { ...rest, ...given } as JsonObject };
}

function readCall(tool: ReadTool): NativeCall {
  const { startLine, lineCount, rest = {} } = tool;
  const { start_line: start, end_line: end, ...others } = rest;
  const file: JsonObject = { path: tool.path };
  if (startLine !== undefined) file["start_line"] = startLine;
  else if (start === null) file["start_line"] = null;
  if (lineCount !== undefined) file["end_line"] = (startLine ?? 1) + lineCount - 1;
  else if (end === null) file["end_line"] = null;
  const kept = {
    ...others,
    ...(start === undefined || start === null ? {} : { start_line: start }),
    ...(end === undefined || end === null ? {} : { end_line: end }),
  };
  return call("read_files", { files: [file] }, kept);
}

/** A name the CLI itself could have given a tool of that server. */
const MCP_NAME = /^[A-Za-z0-9_-]{1,64}$/u;

function mcpCall(server: string, tool: string, args: JsonValue): NativeCall | undefined {
  const name = `${server}__${tool}`;
  const parts = mcpParts(name);
  if (!isObject(args) || !MCP_NAME.test(name)) return undefined;
  return parts?.server === server && parts.tool === tool ? { name, input: args } : undefined;
}

/** The CLI's own form of a call (3.0.65); undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  const { rest } = tool;
  switch (tool.kind) {
    case "shell": {
      // The tool takes nothing but command lines; what else was asked for stays visible.
      const { command, workdir, timeoutMs: timeout, description, background } = tool;
      return call("run_commands", { commands: [command], workdir, timeout, description, background }, rest);
    }
    case "read":
      return readCall(tool);
    case "view-image":
      return call("read_files", { files: [{ path: tool.path }] }, rest);
    case "write":
      if (rest?.["insert_line"] != null || rest?.["old_text"] != null) return undefined;
      return call("editor", { path: tool.path, new_text: tool.content }, rest);
    case "edit": {
      // It replaces a text that stands there exactly once.
      const { oldText, newText, replaceAll } = tool.edit;
      if (replaceAll === true || rest?.["insert_line"] != null) return undefined;
      return call("editor", { path: tool.path, old_text: oldText, new_text: newText }, rest);
    }
    case "patch":
      return call("apply_patch", { input: tool.text }, rest);
    case "grep":
      return call(
        "search_codebase",
        { queries: [tool.pattern], path: tool.path, include: tool.include },
        rest,
      );
    case "web-fetch": {
      const { url, prompt } = tool;
      if (url === undefined || prompt === undefined) return undefined;
      return call("fetch_web_content", { requests: [{ url, prompt }] }, rest);
    }
    case "task":
      return call(
        "spawn_agent",
        { task: tool.prompt, description: tool.description, agent: tool.agent },
        rest,
      );
    case "mcp":
      return rest === undefined ? mcpCall(tool.server, tool.tool, tool.args) : undefined;
    default:
      return undefined;
  }
}
