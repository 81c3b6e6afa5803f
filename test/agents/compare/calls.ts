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
  run_commands: "shells",
  powershell: "shell",
  execute: "shell",
  read: "read",
  view: "read",
  read_file: "read",
  read_files: "reads",
  write: "write",
  write_file: "write",
  create: "write",
  edit: "edit",
  replace: "edit",
  multiedit: "edit",
  editor: "editor",
  create_file: "write",
  edit_file: "edit",
  multi_edit: "edit",
  single_find_and_replace: "edit",
  create_new_file: "write",
  run_terminal_command: "shell",
  checklist: "todo",
  apply_patch: "patch",
  applypatch: "patch",
  todowrite: "todo",
  update_plan: "todo",
  write_todos: "todo",
  todo_write: "todo",
  todolist: "todo",
  // kimi-cli.
  readfile: "read",
  writefile: "write",
  strreplacefile: "edit",
  settodolist: "todo",
};

/** What a call asks for, as a list of actions; undefined when it is a tool of no common kind or misses its arguments. */
export function actionsOf(call: Call, cwd: string): Action[] | undefined {
  const bare = call.name
    .toLowerCase()
    .replace(
      /^(?:mcp__)?(?:amp|claude_code|cline|codex|continue|copilot|factory|gemini|kilo_code|kimi|opencode|pi|qwen)__/,
      "",
    );
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
    case "shells":
      return input && each(input["commands"], (command) => shell({ command }));
    case "reads":
      return input && each(input["files"], (file) => (isJsonObject(file) ? readLines(file, cwd) : undefined));
    case "editor":
      return input && editor(input, cwd);
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
  const path = text(input, "file_path", "filepath", "absolute_path", "filePath", "path");
  if (path === undefined) return undefined;
  const viewed = input["view_range"];
  if (Array.isArray(viewed)) {
    const [first, last] = viewed.map(Number);
    return [
      {
        do: "read",
        path: posix.resolve(cwd, path),
        first: first ?? 1,
        count: last === -1 ? 0 : (last ?? 0) - (first ?? 1) + 1,
      },
    ];
  }
  // Older Gemini CLIs count lines from 0.
  const base = name === "read_file" ? 1 : 0;
  const offset = number(input, "offset");
  // Kimi Code counts from 1, and from the end where it is below 0.
  const first =
    number(input, "start_line") ?? number(input, "line_offset") ?? Math.max(1, (offset ?? 1 - base) + base);
  const range = input["read_range"];
  const ends = Array.isArray(range) ? range.filter((line) => typeof line === "number") : [];
  if (ends.length === 2)
    return [{ do: "read", path: posix.resolve(cwd, path), first: ends[0]!, count: ends[1]! - ends[0]! + 1 }];
  const last = number(input, "end_line");
  const limit = number(input, "limit") ?? number(input, "n_lines");
  const count = last !== undefined ? last - first + 1 : (limit ?? 0);
  return [{ do: "read", path: posix.resolve(cwd, path), first, count }];
}

/** Cline's tools take several commands or files at once. */
function each(
  list: JsonValue | undefined,
  actionsIn: (item: JsonValue) => Action[] | undefined,
): Action[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const actions = list.map(actionsIn);
  return actions.every((action) => action !== undefined) ? actions.flat() : undefined;
}

/** Cline counts lines from 1 and includes the last one. */
function readLines(file: JsonObject, cwd: string): Action[] | undefined {
  const path = text(file, "path");
  if (path === undefined) return undefined;
  const first = number(file, "start_line") ?? 1;
  const last = number(file, "end_line");
  return [
    { do: "read", path: posix.resolve(cwd, path), first, count: last === undefined ? 0 : last - first + 1 },
  ];
}

/** Cline's editor makes a file where it is given no text to replace. */
function editor(input: JsonObject, cwd: string): Action[] | undefined {
  const before = text(input, "old_text");
  const after = text(input, "new_text");
  const path = text(input, "path");
  if (path === undefined || after === undefined || number(input, "insert_line") !== undefined)
    return undefined;
  if (before === undefined) return write({ path, content: after }, cwd);
  return edits({ path, old_string: before, new_string: after }, cwd);
}

function write(input: JsonObject, cwd: string): Action[] | undefined {
  const path = text(input, "file_path", "filepath", "filePath", "path");
  const content = text(input, "content", "contents", "file_text");
  if (path === undefined || content === undefined) return undefined;
  return [{ do: "write", path: posix.resolve(cwd, path), content: content.replace(/\n$/, "") }];
}

function edits(input: JsonObject, cwd: string): Action[] | undefined {
  const path = text(input, "file_path", "filepath", "filePath", "path");
  if (path === undefined) return undefined;
  // kimi-cli takes one or a list of them.
  const own = isJsonObject(input["edit"]) ? [input["edit"]] : (input["edits"] ?? input["edit"]);
  const list = Array.isArray(own) ? own : [input];
  const actions: Action[] = [];
  for (const item of list) {
    if (!isJsonObject(item)) return undefined;
    const before = text(item, "old_string", "oldString", "old_str", "oldText", "old");
    const after = text(item, "new_string", "newString", "new_str", "newText", "new");
    if (before === undefined || after === undefined) return undefined;
    const all =
      item["replace_all"] === true ||
      item["replaceAll"] === true ||
      item["change_all"] === true ||
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

/** Amp's words for what the others call pending and in_progress, and Kimi Code's for completed. */
const TODO_STATUSES: Record<string, string> = {
  todo: "pending",
  "in-progress": "in_progress",
  done: "completed",
};

function todo(input: JsonObject): Action[] | undefined {
  const checklist = text(input, "checklist");
  if (checklist !== undefined) return checks(checklist);
  const list = todoLines(input["todos"]) ?? input["todos"] ?? input["plan"];
  if (!Array.isArray(list)) return undefined;
  return list.filter(isJsonObject).map((item) => ({
    do: "todo",
    text: text(item, "content", "step", "description", "title") ?? "",
    status: TODO_STATUSES[text(item, "status") ?? ""] ?? text(item, "status") ?? "",
  }));
}

/** Continue's list of tasks is Markdown. */
function checks(checklist: string): Action[] {
  return [...checklist.matchAll(/^- \[([ x])\] (.*)$/gm)].map(([, box, item]) => ({
    do: "todo",
    text: item ?? "",
    status: box === "x" ? "completed" : "pending",
  }));
}

/** Factory Droid has the list in one text: `1. [in_progress] A`, a line each. */
function todoLines(list: JsonValue | undefined): JsonObject[] | undefined {
  if (typeof list !== "string") return undefined;
  return list.split("\n").map((line) => {
    const match = /^\d+\. \[(\w+)\] (.*)$/.exec(line);
    return { content: match?.[2] ?? line, status: match?.[1] ?? "" };
  });
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
  // Gemini CLI puts mcp_ before server and tool; others join the two alone.
  const own = (source.name.split(/\.|__/).at(-1) ?? source.name).replace(/^mcp_/, "");
  return (
    // A tool of an MCP server need not be marked as such.
    plain(target.name).includes(plain(own).replace(/^mcp/, "")) ||
    leaves(target.input).some((leaf) => leaf.value.includes(source.name))
  );
}

/** Names of one tool that differ between agents and take the same arguments. */
const SAME_TOOL: readonly string[][] = [
  ["task", "agent", "invokeagent", "spawnagent", "subagent"],
  ["grep", "grepsearch", "searchfilecontent", "searchcodebase", "search"],
  ["glob", "find"],
  ["webfetch", "readwebpage", "fetchwebcontent", "fetch", "fetchurl", "fetchurlcontent"],
  ["websearch", "googlewebsearch"],
  ["askuserquestion", "askuser", "requestuserinput", "question"],
  ["ls", "listdirectory", "list", "view"],
  ["read", "readfile", "readfiles", "viewimage", "view", "readmediafile"],
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

/** Qwen Code reaches tools that are not declared through another one. */
function meant(call: Call): Call {
  const { input } = call;
  if (!/(?:^|__)tool_call$/.test(call.name) || !isJsonObject(input)) return call;
  const { name, arguments: given } = input;
  return typeof name === "string" && isJsonObject(given) ? { ...call, name, input: given } : call;
}

/** Whether these target calls together ask for what the source call asked for. */
export function sameCall(source: Call, target: readonly Call[], cwd: string): boolean {
  return sameMeantCall(meant(source), target.map(meant), cwd);
}

function sameMeantCall(source: Call, target: readonly Call[], cwd: string): boolean {
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
