import type { CanonicalTool, JsonObject, TextEdit } from "casr-cli/provider";
import { isObject, parseJson, restOf, stringOf } from "./json.ts";

/** The tools of the extension's own tasks (to 3.89), which casr reads and never writes. */
export function classicTool(name: string, input: JsonObject): CanonicalTool | undefined {
  const path = stringOf(input, "path");
  switch (name) {
    case "execute_command": {
      const command = stringOf(input, "command");
      return command === undefined ? undefined : { kind: "shell", command, ...restOf(input, "command") };
    }
    case "read_file":
      return path === undefined ? undefined : { kind: "read", path, ...restOf(input, "path") };
    case "write_to_file": {
      const content = stringOf(input, "content");
      if (path === undefined || content === undefined) return undefined;
      return { kind: "write", path, content, ...restOf(input, "path", "content") };
    }
    case "replace_in_file": {
      const edits = searchAndReplace(stringOf(input, "diff") ?? "");
      if (path === undefined || edits === undefined) return undefined;
      const others = restOf(input, "path", "diff");
      return edits.length === 1
        ? { kind: "edit", path, edit: edits[0]!, ...others }
        : { kind: "multi-edit", path, edits, ...others };
    }
    case "search_files": {
      const pattern = stringOf(input, "regex");
      if (pattern === undefined) return undefined;
      const include = stringOf(input, "file_pattern");
      return {
        kind: "grep",
        pattern,
        ...(path === undefined ? {} : { path }),
        ...(include === undefined ? {} : { include }),
        ...restOf(input, "regex", "path", "file_pattern"),
      };
    }
    case "list_files":
      return path === undefined ? undefined : { kind: "list", path, ...restOf(input, "path") };
    case "use_mcp_tool":
      return mcpTool(input);
    default:
      return undefined;
  }
}

/** The arguments of an MCP tool are an object, or JSON text. */
function mcpTool(input: JsonObject): CanonicalTool | undefined {
  const server = stringOf(input, "server_name");
  const tool = stringOf(input, "tool_name");
  const given = input["arguments"];
  const args = typeof given === "string" ? parseJson(given) : given;
  if (server === undefined || tool === undefined || !isObject(args)) return undefined;
  return { kind: "mcp", server, tool, args, ...restOf(input, "server_name", "tool_name", "arguments") };
}

const SEARCH = /^(?:-{3,}|<{3,}) SEARCH>?$/u;
const DIVIDER = /^={3,}$/u;
const REPLACE = /^(?:\+{3,}|>{3,}) REPLACE>?$/u;

/** Reads blocks `------- SEARCH`, `=======`, `+++++++ REPLACE`; undefined when there is anything else. */
function searchAndReplace(diff: string): TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  let old: string[] | undefined;
  let current: string[] | undefined;
  for (const line of diff.split("\n")) {
    const mark = line.trimEnd();
    if (current === undefined) {
      if (SEARCH.test(mark)) current = [];
      else if (mark !== "") return undefined;
    } else if (old === undefined && DIVIDER.test(mark)) {
      old = current;
      current = [];
    } else if (old !== undefined && REPLACE.test(mark)) {
      edits.push({ oldText: old.join("\n"), newText: current.join("\n") });
      old = undefined;
      current = undefined;
    } else current.push(line);
  }
  return current === undefined && edits.length > 0 ? edits : undefined;
}
