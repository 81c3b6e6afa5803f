import type { CanonicalTool, JsonObject, JsonValue, TextEdit } from "casr-cli/provider";
import { isObject, parseJson, restOf, stringOf } from "./json.ts";

/** The tools of the extension's own tasks (to 3.89), which casr reads and never writes. */
export function classicTool(name: string, input: JsonObject): CanonicalTool | undefined {
  // Models with tools of their own wire are given `absolutePath` where a file is changed.
  const pathKey = typeof input["path"] === "string" ? "path" : "absolutePath";
  const path = stringOf(input, pathKey);
  switch (name) {
    case "execute_command": {
      const command = stringOf(input, "command");
      return command === undefined ? undefined : { kind: "shell", command, ...restOf(input, "command") };
    }
    case "read_file":
      return path === undefined ? undefined : readTool(path, restOf(input, pathKey).rest ?? {});
    case "write_to_file": {
      const content = stringOf(input, "content");
      if (path === undefined || content === undefined) return undefined;
      return { kind: "write", path, content, ...restOf(input, pathKey, "content") };
    }
    case "replace_in_file": {
      const edits = searchAndReplace(stringOf(input, "diff") ?? "");
      if (path === undefined || edits === undefined) return undefined;
      const others = restOf(input, pathKey, "diff");
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
    case "web_fetch": {
      const url = stringOf(input, "url");
      const prompt = stringOf(input, "prompt");
      if (url === undefined || prompt === undefined) return undefined;
      return { kind: "web-fetch", url, prompt, ...restOf(input, "url", "prompt") };
    }
    case "web_search": {
      const query = stringOf(input, "query");
      return query === undefined ? undefined : { kind: "web-search", query, ...restOf(input, "query") };
    }
    case "ask_followup_question":
      return askTool(input);
    default:
      return undefined;
  }
}

/** Lines count from 1, both included. */
function readTool(path: string, others: JsonObject): CanonicalTool {
  const { start_line: start, end_line: end, ...more } = others;
  const isLine = (value: JsonValue | undefined): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 1;
  const isRange = (start === undefined || isLine(start)) && (end === undefined || isLine(end));
  const count = isLine(end) ? end - (isLine(start) ? start : 1) + 1 : undefined;
  if (!isRange || (count !== undefined && count < 1))
    return { kind: "read", path, ...restOf({ path, ...others }, "path") };
  return {
    kind: "read",
    path,
    ...(isLine(start) ? { startLine: start } : {}),
    ...(count === undefined ? {} : { lineCount: count }),
    ...restOf({ path, ...more }, "path"),
  };
}

/** One question with answers to choose from: a list, or the JSON text of one. */
export function askTool(input: JsonObject): CanonicalTool | undefined {
  const question = stringOf(input, "question");
  const { options: given } = input;
  const options = typeof given === "string" ? parseJson(given) : (given ?? []);
  if (question === undefined || !Array.isArray(options)) return undefined;
  const labels = options.filter((option) => typeof option === "string");
  if (labels.length < options.length) return undefined;
  const choices = labels.length === 0 ? {} : { options: labels.map((label) => ({ label })) };
  return { kind: "ask-user", questions: [{ question, ...choices }], ...restOf(input, "question", "options") };
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
