import { posix } from "node:path";
import type { WireItem } from "../../../src/probe/index.ts";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "../../../src/session/json.ts";
import { parsePatch } from "./patch.ts";

export type Call = Extract<WireItem, { kind: "call" }>;

/** The same request for action, whatever the agent calls the tool. Compared by its JSON. */
export type Action = JsonObject;

/** Tool names by what they do, lower-cased. Written from the format notes; casr's own tables are not used here. */
const KINDS: Record<string, string> = {
  bash: "shell",
  exec_command: "shell",
  shell: "shell",
  local_shell: "shell",
  run_shell_command: "shell",
  read: "read",
  read_file: "read",
  write: "write",
  write_file: "write",
  edit: "edit",
  replace: "edit",
  multiedit: "edit",
  apply_patch: "patch",
  todowrite: "todo",
  update_plan: "todo",
  write_todos: "todo",
};

/** What a call asks for, as a list of actions; undefined when it is a tool of no common kind or misses its arguments. */
export function actionsOf(call: Call, cwd: string): Action[] | undefined {
  const bare = call.name
    .toLowerCase()
    .replace(/^(?:mcp__)?(?:codex|claude_code|gemini|opencode|kilo_code)__/, "");
  const input = isJsonObject(call.input) ? call.input : undefined;
  switch (KINDS[bare]) {
    case "shell":
      return input && shell(input);
    case "read":
      return input && read(input, cwd, bare);
    case "write":
      return input && write(input, cwd);
    case "edit":
      return input && edits(input, cwd);
    case "patch":
      return parsePatch(patchText(call.input), (path) => posix.resolve(cwd, path));
    case "todo":
      return input && todo(input);
    default:
      return undefined;
  }
}

function text(input: JsonObject, ...keys: string[]): string | undefined {
  for (const key of keys) if (typeof input[key] === "string") return input[key];
  return undefined;
}

function number(input: JsonObject, key: string): number | undefined {
  return typeof input[key] === "number" ? input[key] : undefined;
}

/** A vector such as ["bash","-lc",X] means the command line X. */
function shell(input: JsonObject): Action[] | undefined {
  const line = text(input, "cmd", "command");
  if (line !== undefined) return [{ do: "shell", command: line.trim() }];
  const argv = input["command"];
  if (!Array.isArray(argv)) return undefined;
  const viaShell =
    argv.length === 3 && /(?:^|\/)(?:ba|z)?sh$/.test(String(argv[0])) && /^-l?c$/.test(String(argv[1]));
  return [{ do: "shell", command: (viaShell ? String(argv[2]) : argv.join(" ")).trim() }];
}

function read(input: JsonObject, cwd: string, name: string): Action[] | undefined {
  const path = text(input, "file_path", "absolute_path", "filePath", "path");
  if (path === undefined) return undefined;
  // Older Gemini CLIs count lines from 0.
  const base = name === "read_file" ? 1 : 0;
  const offset = number(input, "offset");
  const first = number(input, "start_line") ?? Math.max(1, (offset ?? 1 - base) + base);
  const last = number(input, "end_line");
  const limit = number(input, "limit");
  const count = last !== undefined ? last - first + 1 : (limit ?? 0);
  return [{ do: "read", path: posix.resolve(cwd, path), first, count }];
}

function write(input: JsonObject, cwd: string): Action[] | undefined {
  const path = text(input, "file_path", "filePath", "path");
  const content = text(input, "content");
  if (path === undefined || content === undefined) return undefined;
  return [{ do: "write", path: posix.resolve(cwd, path), content: content.replace(/\n$/, "") }];
}

function edits(input: JsonObject, cwd: string): Action[] | undefined {
  const path = text(input, "file_path", "filePath", "path");
  if (path === undefined) return undefined;
  const list = Array.isArray(input["edits"]) ? input["edits"] : [input];
  const actions: Action[] = [];
  for (const item of list) {
    if (!isJsonObject(item)) return undefined;
    const before = text(item, "old_string", "oldString");
    const after = text(item, "new_string", "newString");
    if (before === undefined || after === undefined) return undefined;
    const all =
      item["replace_all"] === true ||
      item["replaceAll"] === true ||
      item["allow_multiple"] === true ||
      (number(item, "expected_replacements") ?? 1) > 1;
    actions.push({
      do: "edit",
      path: posix.resolve(cwd, path),
      before: before.replace(/\n$/, ""),
      after: after.replace(/\n$/, ""),
      all,
    });
  }
  return actions;
}

function patchText(input: JsonValue): string {
  if (typeof input === "string") return input;
  return (isJsonObject(input) && text(input, "input", "patch", "patchText", "text")) || "";
}

function todo(input: JsonObject): Action[] | undefined {
  const list = input["todos"] ?? input["plan"];
  if (!Array.isArray(list)) return undefined;
  return list.filter(isJsonObject).map((item) => ({
    do: "todo",
    text: text(item, "content", "step", "description") ?? "",
    status: text(item, "status") ?? "",
  }));
}

/** Strings, numbers and booleans of an argument, at any depth, with their place. */
function leaves(value: JsonValue, place = ""): { place: string; value: string }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${place}[${index}]`));
  if (isJsonObject(value))
    return Object.entries(value).flatMap(([key, item]) =>
      leaves(item, place === "" ? key : `${place}.${key}`),
    );
  return value === null ? [] : [{ place, value: String(value) }];
}

/** Arguments of `source` that are nowhere in `target`. */
export function lostArguments(source: Call, target: readonly Call[]): { place: string; value: string }[] {
  const kept = target.flatMap((call) => leaves(call.input).map((leaf) => leaf.value));
  return leaves(source.input).filter(
    (leaf) =>
      leaf.value.trim() !== "" && !kept.some((value) => value === leaf.value || value.includes(leaf.value)),
  );
}

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The tool can still be recognised: its own name (without namespace) is part of the new one. */
function keepsName(source: Call, target: Call): boolean {
  const own = source.name.split(/\.|__/).at(-1) ?? source.name;
  return (
    // A tool of an MCP server need not be marked as such.
    plain(target.name).includes(plain(own).replace(/^mcp/, "")) ||
    leaves(target.input).some((leaf) => leaf.value.includes(source.name))
  );
}

/** Names of one tool that differ between agents and take the same arguments. */
const SAME_TOOL: readonly string[][] = [
  ["task", "agent", "invokeagent", "spawnagent"],
  ["grep", "grepsearch", "searchfilecontent"],
  ["glob"],
  ["webfetch"],
  ["websearch", "googlewebsearch"],
  ["askuserquestion", "askuser", "requestuserinput", "question"],
  ["ls", "listdirectory"],
  ["read", "readfile", "viewimage"],
];

function sameTool(source: Call, target: Call): boolean {
  const [own, other] = [source, target].map((call) => plain(call.name.split(/\.|__/).at(-1) ?? call.name));
  return SAME_TOOL.some((names) => names.includes(own!) && names.includes(other!));
}

/** The texts that a call is about, whatever notation they are in. */
export function substance(call: Call, cwd: string): string[] {
  const values = actionsOf(call, cwd)?.flatMap((action) => leaves(action)) ?? leaves(call.input);
  const isNotation = /^(?:do|path|status|all|first|count|replace_all)$/;
  const texts = values.filter(({ place }) => !isNotation.test(place));
  // A call that only names a file is about that file.
  return (texts.length > 0 ? texts : leaves(call.input)).map(({ value }) => value);
}

/** Whether these target calls together ask for what the source call asked for. */
export function sameCall(source: Call, target: readonly Call[], cwd: string): boolean {
  const wanted = actionsOf(source, cwd);
  const given = target.map((call) => actionsOf(call, cwd));
  if (wanted !== undefined && given.every((actions) => actions !== undefined)) {
    return canonicalJson(wanted) === canonicalJson(given.flat());
  }
  const [only] = target;
  if (only === undefined || target.length > 1) return false;
  return (
    (keepsName(source, only) || sameTool(source, only)) &&
    lostArguments(source, target).every((leaf) => isPathOf(leaf.value, only, cwd))
  );
}

/** An agent that wants absolute paths gets them from relative ones. */
function isPathOf(value: string, target: Call, cwd: string): boolean {
  const absolute = posix.resolve(cwd, value);
  return leaves(target.input).some((leaf) => posix.resolve(cwd, leaf.value) === absolute);
}

/** Into how many target calls a source call may have been split. */
export function maxParts(source: Call, cwd: string): number {
  return Math.max(1, actionsOf(source, cwd)?.length ?? 1);
}
