import type { CanonicalTool, JsonObject, JsonValue, Toolkit } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";

type JsonType = "string" | "number" | "boolean";

interface Entry {
  kind: CanonicalTool["kind"];
  /** Native argument → its type and its common name. */
  args: Record<string, [type: JsonType, common: string]>;
  required: string[];
}

const SHELL: Entry = {
  kind: "shell",
  args: { command: ["string", "command"], description: ["string", "description"] },
  required: ["command"],
};

const GREP: Entry = {
  kind: "grep",
  args: { pattern: ["string", "pattern"], paths: ["string", "path"], glob: ["string", "include"] },
  required: ["pattern"],
};

/** Tools whose arguments only change their names. */
const PLAIN: Record<string, Entry> = {
  bash: SHELL,
  powershell: SHELL,
  create: {
    kind: "write",
    args: { path: ["string", "path"], file_text: ["string", "content"] },
    required: ["path", "file_text"],
  },
  grep: GREP,
  rg: GREP,
  glob: {
    kind: "glob",
    args: { pattern: ["string", "pattern"], paths: ["string", "path"] },
    required: ["pattern"],
  },
  web_fetch: {
    kind: "web-fetch",
    args: { url: ["string", "url"], prompt: ["string", "prompt"] },
    required: ["url"],
  },
  task: {
    kind: "task",
    args: {
      prompt: ["string", "prompt"],
      description: ["string", "description"],
      agent_type: ["string", "agent"],
    },
    required: ["prompt"],
  },
};

/** Arguments that may also be lists; as such they stay under their own name. */
const LISTS = new Set(["paths"]);

function plainTool(entry: Entry, input: JsonObject): CanonicalTool | undefined {
  const common: JsonObject = {};
  const others: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(input)) {
    const known = Object.hasOwn(entry.args, key) ? entry.args[key] : undefined;
    if (known === undefined || (LISTS.has(key) && Array.isArray(value))) others.push([key, value]);
    else if (typeof value === known[0]) common[known[1]] = value;
    else return undefined;
  }
  const rest: JsonObject = Object.fromEntries(others);
  if (entry.required.some((key) => common[entry.args[key]![1]] === undefined)) return undefined;
  if (entry.kind === "shell") takeMode(common, rest);
  // The entry's types and required arguments are those of the kind.
  return { kind: entry.kind, ...common, ...some(rest) } as unknown as CanonicalTool;
}

/** `mode` is `sync` or `async`; only the latter says that the command goes on by itself. */
function takeMode(common: JsonObject, rest: JsonObject): void {
  if (rest["mode"] !== "async") return;
  common["background"] = true;
  delete rest["mode"];
}

function some(rest: JsonObject): { rest?: JsonObject } {
  return Object.keys(rest).length === 0 ? {} : { rest };
}

const isLine = (value: JsonValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0;

/** `view_range` is [first, last], both counted from 1; a last line of -1 is the end of the file. */
function viewTool(input: JsonObject): CanonicalTool | undefined {
  const { path, view_range: range, ...rest } = input;
  if (typeof path !== "string") return undefined;
  if (range === undefined) return { kind: "read", path, ...some(rest) };
  const [first, last] = Array.isArray(range) && range.length === 2 ? range : [];
  if (isLine(first) && last === -1) return { kind: "read", path, startLine: first, ...some(rest) };
  if (isLine(first) && isLine(last) && last >= first)
    return { kind: "read", path, startLine: first, lineCount: last - first + 1, ...some(rest) };
  return { kind: "read", path, rest: { ...rest, view_range: range } };
}

function editTool(input: JsonObject): CanonicalTool | undefined {
  const { path, old_str: oldText, new_str: newText, ...rest } = input;
  if (typeof path !== "string" || typeof oldText !== "string" || typeof newText !== "string")
    return undefined;
  return { kind: "edit", path, edit: { oldText, newText }, ...some(rest) };
}

/** What the CLI recorded of a tool of an MCP server. */
export interface McpNames {
  server: string | undefined;
  tool: string | undefined;
}

/** A call in the common vocabulary; undefined for tools without a common kind and for arguments of wrong types. */
export function canonicalTool(
  name: string,
  input: JsonValue,
  notation: Pick<Toolkit, "parsePatch">,
  mcp?: McpNames,
): CanonicalTool | undefined {
  if (mcp?.server !== undefined && mcp.server !== "" && isJsonObject(input)) {
    const prefix = `${mcp.server}-`;
    const tool = mcp.tool ?? (name.startsWith(prefix) ? name.slice(prefix.length) : name);
    return tool === "" ? undefined : { kind: "mcp", server: mcp.server, tool, args: input };
  }
  if (name === "apply_patch" && typeof input === "string") {
    const changes = notation.parsePatch(input);
    return changes === undefined ? undefined : { kind: "patch", text: input, changes };
  }
  if (!isJsonObject(input)) return undefined;
  if (name === "view") return viewTool(input);
  if (name === "edit") return editTool(input);
  const entry = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  return entry === undefined ? undefined : plainTool(entry, input);
}
