import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  TextEdit,
  TodoTool,
} from "casr-cli/provider";

/** The members that have a value. */
function present(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Arguments without a common name stay visible, but never replace one of the tool's own. */
function call(
  name: string,
  members: Record<string, JsonValue | undefined>,
  tool: { rest?: JsonObject },
): NativeCall {
  return { name, input: { ...tool.rest, ...present(members) } };
}

function nativeEdit({ oldText, newText, replaceAll }: TextEdit): JsonObject {
  return present({ old_string: oldText, new_string: newText, replace_all: replaceAll });
}

/** Continue knows open and done; an item in between has no form of its own. */
function todoCall(tool: TodoTool): NativeCall | undefined {
  const lines: string[] = [];
  for (const { text, status } of tool.items) {
    if (status !== "pending" && status !== "completed") return undefined;
    if (text === "" || /[\n\r\u2028\u2029]/u.test(text)) return undefined;
    lines.push(`- [${status === "completed" ? "x" : " "}] ${text}`);
  }
  return lines.length === 0
    ? undefined
    : call("Checklist", { checklist: lines.join("\n"), explanation: tool.explanation }, tool);
}

/** One added file is a write, one file changed in place an edit; for more there is no tool. */
function patchCall(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("Write", { filepath: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined) return undefined;
  if (change.hunks.length === 0 || change.hunks.some((hunk) => hunk.oldText === "")) return undefined;
  const edits = change.hunks.map(({ oldText, newText }) => nativeEdit({ oldText, newText }));
  if (edits.length === 1) return call("Edit", { file_path: change.path, ...edits[0]! }, tool);
  return call("MultiEdit", { file_path: change.path, edits }, tool);
}

/** Continue's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, timeoutMs, description, workdir, background } = tool;
      const timeout = timeoutMs === undefined ? undefined : timeoutMs / 1000;
      // What the tool has no argument for stays visible.
      return call("Bash", { command, timeout, description, workdir, background }, tool);
    }
    case "read":
      return call("Read", { filepath: tool.path, offset: tool.startLine, limit: tool.lineCount }, tool);
    case "write":
      return call("Write", { filepath: tool.path, content: tool.content }, tool);
    case "edit":
      return call("Edit", { file_path: tool.path, ...nativeEdit(tool.edit) }, tool);
    case "multi-edit":
      return call("MultiEdit", { file_path: tool.path, edits: tool.edits.map(nativeEdit) }, tool);
    case "patch":
      return patchCall(tool);
    case "list":
      return call("List", { dirpath: tool.path }, tool);
    case "grep":
      return call("Search", { pattern: tool.pattern, path: tool.path, file_pattern: tool.include }, tool);
    case "web-fetch":
      return tool.url === undefined ? undefined : call("Fetch", { url: tool.url, prompt: tool.prompt }, tool);
    case "todo":
      return todoCall(tool);
    case "task":
      return call(
        "Subagent",
        { description: tool.description, prompt: tool.prompt, subagent_name: tool.agent },
        tool,
      );
    default:
      return undefined;
  }
}
