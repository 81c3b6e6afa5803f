import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchChange,
  TextEdit,
  TodoTool,
} from "casr-cli/provider";
import { isJsonObject } from "./json.ts";
import { SLUG } from "./native.ts";

/** The members that have a value. */
function present(members: Record<string, JsonValue | undefined>): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(members)) if (value !== undefined) result[key] = value;
  return result;
}

/** Arguments without a common name stay visible, but never replace one of the tool's own. */
function call(
  name: string,
  members: Record<string, JsonValue | undefined>,
  tool: { rest?: JsonObject },
): NativeCall {
  return { name, input: { ...tool.rest, ...present(members) } };
}

function nativeEdit(edit: TextEdit): JsonObject {
  return present({ old_string: edit.oldText, new_string: edit.newText, replace_all: edit.replaceAll });
}

function todoCall(tool: TodoTool): NativeCall | undefined {
  if (tool.items.some((item) => item.status === "cancelled")) return undefined;
  const count = tool.items.length;
  const lists: Record<string, JsonValue[]> = {};
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(tool.rest ?? {})) {
    const perItem =
      Array.isArray(value) && value.length === count && ["activeForm", "id", "priority"].includes(key);
    if (perItem) lists[key] = value;
    else rest[key] = value;
  }
  const own = Object.keys(lists).length > 0;
  const todos = tool.items.map((item, index) => ({
    content: item.text,
    status: item.status,
    ...(own
      ? Object.fromEntries(Object.entries(lists).map(([key, values]) => [key, values[index]!]))
      : { activeForm: item.text }),
  }));
  return call("TodoWrite", { todos, explanation: tool.explanation }, { rest });
}

/** A patch is one of Claude Code's edits only when it adds one file, or changes text inside one file. */
function patchCall(changes: PatchChange[], tool: { rest?: JsonObject }): NativeCall | undefined {
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("Write", { file_path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined) return undefined;
  if (change.hunks.length === 0 || change.hunks.some((hunk) => hunk.oldText === "")) return undefined;
  const edits = change.hunks.map((hunk) => ({ old_string: hunk.oldText, new_string: hunk.newText }));
  if (edits.length === 1) return call("Edit", { file_path: change.path, ...edits[0]! }, tool);
  return call("MultiEdit", { file_path: change.path, edits }, tool);
}

/** Claude Code's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell":
      return call(
        "Bash",
        {
          command: tool.command,
          timeout: tool.timeoutMs,
          description: tool.description,
          run_in_background: tool.background,
          workdir: tool.workdir,
        },
        tool,
      );
    case "read":
      return call("Read", { file_path: tool.path, offset: tool.startLine, limit: tool.lineCount }, tool);
    case "view-image":
      return call("Read", { file_path: tool.path }, tool);
    case "write":
      return call("Write", { file_path: tool.path, content: tool.content }, tool);
    case "edit":
      return call("Edit", { file_path: tool.path, ...nativeEdit(tool.edit) }, tool);
    case "multi-edit":
      return call("MultiEdit", { file_path: tool.path, edits: tool.edits.map(nativeEdit) }, tool);
    case "patch":
      return patchCall(tool.changes, tool);
    case "list":
      return call("LS", { path: tool.path }, tool);
    case "glob":
      return call("Glob", { pattern: tool.pattern, path: tool.path }, tool);
    case "grep":
      return call("Grep", { pattern: tool.pattern, path: tool.path, glob: tool.include }, tool);
    case "web-fetch":
      if (tool.url === undefined || tool.prompt === undefined) return undefined;
      return call("WebFetch", { url: tool.url, prompt: tool.prompt }, tool);
    case "web-search":
      return call("WebSearch", { query: tool.query }, tool);
    case "todo":
      return todoCall(tool);
    case "task":
      return call(
        "Agent",
        { description: tool.description, prompt: tool.prompt, subagent_type: tool.agent },
        tool,
      );
    case "ask-user":
      return call("AskUserQuestion", { questions: tool.questions }, tool);
    case "mcp":
      if (!isJsonObject(tool.args)) return undefined;
      return { name: `mcp__${tool.server}__${tool.tool}`, input: tool.args };
    default:
      return undefined;
  }
}

/** Names of other agents' tools look like tools of an MCP server, which the interface can show. */
export function foreignName(name: string, source: string): string {
  if (source === SLUG || name.startsWith("mcp__")) return name;
  const clean = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, "_");
  return `mcp__${clean(source)}__${clean(name)}`;
}
