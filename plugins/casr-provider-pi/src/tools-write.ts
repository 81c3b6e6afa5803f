import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  TextEdit,
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

/** Pi's `edit` replaces a text that is there exactly once; it has no way to say "all", nor to begin with nothing. */
function edits(path: string, list: TextEdit[], tool: { rest?: JsonObject }): NativeCall | undefined {
  if (list.length === 0 || list.some(({ oldText, replaceAll }) => oldText === "" || replaceAll === true))
    return undefined;
  return call("edit", { path, edits: list.map(({ oldText, newText }) => ({ oldText, newText })) }, tool);
}

/** A patch of one file: a new one is written, a known one edited. */
function patch(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add") return call("write", { path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined) return undefined;
  return edits(change.path, change.hunks, tool);
}

/** Pi's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, timeoutMs, workdir, description, background } = tool;
      const timeout = timeoutMs === undefined ? undefined : timeoutMs / 1000;
      return call("bash", { command, timeout, workdir, description, background }, tool);
    }
    case "read":
      return call("read", { path: tool.path, offset: tool.startLine, limit: tool.lineCount }, tool);
    case "view-image":
      return call("read", { path: tool.path }, tool);
    case "write":
      return call("write", { path: tool.path, content: tool.content }, tool);
    case "edit":
      return edits(tool.path, [tool.edit], tool);
    case "multi-edit":
      return edits(tool.path, tool.edits, tool);
    case "patch":
      return patch(tool);
    case "list":
      return call("ls", { path: tool.path }, tool);
    case "glob":
      return call("find", { pattern: tool.pattern, path: tool.path }, tool);
    case "grep":
      return call("grep", { pattern: tool.pattern, path: tool.path, glob: tool.include }, tool);
    default:
      return undefined;
  }
}
