import type { CanonicalTool, JsonObject, JsonValue, Toolkit } from "casr-cli/provider";
import { isObject, restOf, stringOf } from "./json.ts";
import { askTool, classicTool } from "./tools-classic.ts";

type Notation = Pick<Toolkit, "parsePatch">;

/** The only member of the list at `key`. */
function only(input: JsonObject, key: string): JsonValue | undefined {
  const list = input[key];
  return Array.isArray(list) && list.length === 1 ? list[0] : undefined;
}

function isLine(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

type Build = (input: JsonObject, notation: Notation) => CanonicalTool | undefined;

/** The CLI's tools (3.0.65). A call for several files, commands or questions at once has no common form. */
const BUILDERS: Readonly<Record<string, Build>> = {
  run_commands: (input) => {
    // Models also give `command` alone, which the tool takes.
    const key = input["commands"] === undefined ? "command" : "commands";
    const command = key === "command" ? input[key] : only(input, key);
    return typeof command === "string" ? { kind: "shell", command, ...restOf(input, key) } : undefined;
  },
  read_files: readFiles,
  search_codebase: (input) => {
    const pattern = only(input, "queries");
    return typeof pattern === "string" ? { kind: "grep", pattern, ...restOf(input, "queries") } : undefined;
  },
  editor,
  apply_patch: (input, notation) => {
    const text = stringOf(input, "input");
    const changes = text === undefined ? undefined : notation.parsePatch(text);
    if (text === undefined || changes === undefined) return undefined;
    return { kind: "patch", text, changes, ...restOf(input, "input") };
  },
  fetch_web_content: (input) => {
    const request = only(input, "requests");
    const url = stringOf(request, "url");
    const prompt = stringOf(request, "prompt");
    if (!isObject(request) || url === undefined || prompt === undefined) return undefined;
    if (Object.keys(request).length !== 2) return undefined;
    return { kind: "web-fetch", url, prompt, ...restOf(input, "requests") };
  },
  ask_question: askTool,
  spawn_agent: (input) => {
    const prompt = stringOf(input, "task");
    return prompt === undefined ? undefined : { kind: "task", prompt, ...restOf(input, "task") };
  },
};

/** Lines count from 1, both included. A bound that is null is none, and stays visible as null. */
function readFiles(input: JsonObject): CanonicalTool | undefined {
  const file = only(input, "files");
  const path = stringOf(file, "path");
  if (!isObject(file) || path === undefined) return undefined;
  const { start_line: start, end_line: end, path: _path, ...others } = file;
  if (Object.keys(others).length > 0) return undefined;
  const isBound = (value: JsonValue | undefined): boolean =>
    value === undefined || value === null || isLine(value);
  if (!isBound(start) || !isBound(end)) return undefined;
  const count = isLine(end) ? end - (isLine(start) ? start : 1) + 1 : undefined;
  if (count !== undefined && count < 1) return undefined;
  const { rest } = restOf(input, "files");
  if (rest !== undefined && ("start_line" in rest || "end_line" in rest)) return undefined;
  const nulls: JsonObject = {
    ...(start === null ? { start_line: null } : {}),
    ...(end === null ? { end_line: null } : {}),
  };
  const kept = { ...rest, ...nulls };
  return {
    kind: "read",
    path,
    ...(isLine(start) ? { startLine: start } : {}),
    ...(count === undefined ? {} : { lineCount: count }),
    ...(Object.keys(kept).length === 0 ? {} : { rest: kept }),
  };
}

/** Makes a file, or replaces text in one; putting text in at a line has no common form. */
function editor(input: JsonObject): CanonicalTool | undefined {
  const path = stringOf(input, "path");
  const newText = stringOf(input, "new_text");
  const { old_text: oldText, insert_line: line } = input;
  if (path === undefined || newText === undefined || (line !== undefined && line !== null)) return undefined;
  if (oldText === undefined || oldText === null)
    return { kind: "write", path, content: newText, ...restOf(input, "path", "new_text") };
  if (typeof oldText !== "string") return undefined;
  return {
    kind: "edit",
    path,
    edit: { oldText, newText },
    ...restOf(input, "path", "old_text", "new_text"),
  };
}

/** Server and tool of an MCP tool's name, `<server>__<tool>`. */
export function mcpParts(name: string): { server: string; tool: string } | undefined {
  const match = /^(.+?)__(.+)$/su.exec(name);
  return match === null ? undefined : { server: match[1]!, tool: match[2]! };
}

/**
 * The call in the common vocabulary; undefined for tools outside the table and for arguments of another form.
 * Tasks of the extension have tools of their own.
 */
export function canonicalTool(name: string, input: JsonValue, notation: Notation): CanonicalTool | undefined {
  if (!isObject(input)) return undefined;
  const mcp = mcpParts(name);
  if (mcp !== undefined) return { kind: "mcp", ...mcp, args: input };
  const build = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  return build === undefined ? classicTool(name, input) : build(input, notation);
}
