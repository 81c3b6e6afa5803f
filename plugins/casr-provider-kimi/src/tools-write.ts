import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  TextEdit,
  TodoItem,
} from "casr-cli/provider";

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

/** Kimi Code's `Edit` replaces one text, which cannot be empty. */
function edit(path: string, list: readonly TextEdit[], tool: { rest?: JsonObject }): NativeCall | undefined {
  const [only, ...more] = list;
  if (only === undefined || more.length > 0 || only.oldText === "") return undefined;
  const { oldText, newText, replaceAll } = only;
  return call("Edit", { path, old_string: oldText, new_string: newText, replace_all: replaceAll }, tool);
}

/** A patch of one file: a new one is written, a known one edited in one place. */
function patch(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("Write", { path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined) return undefined;
  return edit(change.path, change.hunks, tool);
}

const STATUSES: Partial<Record<TodoItem["status"], string>> = {
  pending: "pending",
  in_progress: "in_progress",
  completed: "done",
};

/** The list knows no item that was given up. */
function todo(items: readonly TodoItem[]): JsonValue[] | undefined {
  const list: JsonValue[] = [];
  for (const { text, status } of items) {
    const own = STATUSES[status];
    if (own === undefined) return undefined;
    list.push({ title: text, status: own });
  }
  return list;
}

/** Milliseconds as the whole seconds that `Bash` takes; undefined where they are not whole. */
function seconds(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs % 1000 !== 0) return undefined;
  return timeoutMs / 1000;
}

/** Kimi Code's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, timeoutMs, workdir, description, background } = tool;
      const timeout = seconds(timeoutMs);
      // A time that is not one of whole seconds stays visible as what it is.
      const timeout_ms = timeoutMs !== undefined && timeout === undefined ? timeoutMs : undefined;
      const known = {
        command,
        cwd: workdir,
        timeout,
        timeout_ms,
        description,
        run_in_background: background,
      };
      return call("Bash", known, tool);
    }
    case "read":
      return call("Read", { path: tool.path, line_offset: tool.startLine, n_lines: tool.lineCount }, tool);
    case "view-image":
      return call("ReadMediaFile", { path: tool.path }, tool);
    case "write":
      return call("Write", { path: tool.path, content: tool.content }, tool);
    case "edit":
      return edit(tool.path, [tool.edit], tool);
    case "multi-edit":
      return edit(tool.path, tool.edits, tool);
    case "patch":
      return patch(tool);
    case "glob":
      return call("Glob", { pattern: tool.pattern, path: tool.path }, tool);
    case "grep":
      return call("Grep", { pattern: tool.pattern, path: tool.path, glob: tool.include }, tool);
    case "web-fetch":
      return tool.url === undefined
        ? undefined
        : call("FetchURL", { url: tool.url, prompt: tool.prompt }, tool);
    case "web-search":
      return call("WebSearch", { query: tool.query }, tool);
    case "todo": {
      const todos = todo(tool.items);
      return todos === undefined
        ? undefined
        : call("TodoList", { todos, explanation: tool.explanation }, tool);
    }
    case "task": {
      const { prompt, description, agent } = tool;
      return call("Agent", { description, prompt, subagent_type: agent }, tool);
    }
    case "ask-user":
      return call("AskUserQuestion", { questions: tool.questions }, tool);
    case "mcp":
      return { name: `mcp__${tool.server}__${tool.tool}`, input: tool.args };
    default:
      return undefined;
  }
}
