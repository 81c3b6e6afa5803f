import type {
  CanonicalTool,
  JsonObject,
  JsonValue,
  NativeCall,
  PatchTool,
  ReadTool,
  WebFetchTool,
} from "casr-cli/provider";
import { isObject } from "./json.ts";

/** Leaves out undefined values and adds what has no argument of its own, without overwriting. */
function input(native: Record<string, JsonValue | undefined>, rest: JsonObject | undefined): JsonObject {
  const own = Object.fromEntries(
    Object.entries(native).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return { ...rest, ...own };
}

function call(name: string, native: Record<string, JsonValue | undefined>, tool: CanonicalTool): NativeCall {
  return { name, input: input(native, tool.rest) };
}

function lineRange(tool: ReadTool): { start_line?: number | undefined; end_line?: number | undefined } {
  const { startLine, lineCount } = tool;
  return {
    start_line: startLine,
    end_line: lineCount === undefined ? undefined : (startLine ?? 1) + lineCount - 1,
  };
}

/** One added file is a write, one file changed in one place an edit; the CLI has nothing for more. */
function patchCall(tool: PatchTool): NativeCall | undefined {
  const [change, ...more] = tool.changes;
  if (change === undefined || more.length > 0) return undefined;
  if (change.op === "add")
    return call("write_file", { file_path: change.path, content: change.content }, tool);
  if (change.op !== "update" || change.movePath !== undefined || change.hunks.length !== 1) return undefined;
  const { oldText, newText } = change.hunks[0]!;
  if (oldText === "") return undefined;
  return call("replace", { file_path: change.path, old_string: oldText, new_string: newText }, tool);
}

/** The CLI's web_fetch takes one text that holds the address. */
function fetchPrompt({ url, prompt }: WebFetchTool): string | undefined {
  if (url === undefined) return prompt !== undefined && /https?:\/\//u.test(prompt) ? prompt : undefined;
  if (prompt === undefined || prompt === "") return url;
  return prompt.includes(url) ? prompt : `${prompt}\n${url}`;
}

/** The CLI's own form of a call; undefined when it has no such tool or the arguments do not fit. */
export function nativeCall(tool: CanonicalTool): NativeCall | undefined {
  switch (tool.kind) {
    case "shell": {
      const { command, description, workdir, background, timeoutMs } = tool;
      // The CLI's tool has no time limit of its own: it stays visible beside the other arguments.
      const own = { command, description, dir_path: workdir, is_background: background, timeout: timeoutMs };
      return call("run_shell_command", own, tool);
    }
    case "read":
      return call("read_file", { file_path: tool.path, ...lineRange(tool) }, tool);
    case "view-image":
      return call("read_file", { file_path: tool.path }, tool);
    case "write":
      return call("write_file", { file_path: tool.path, content: tool.content }, tool);
    case "edit": {
      const { oldText, newText, replaceAll } = tool.edit;
      const counted = replaceAll === true && typeof tool.rest?.["expected_replacements"] === "number";
      const own = { file_path: tool.path, old_string: oldText, new_string: newText };
      return call("replace", { ...own, allow_multiple: counted ? undefined : replaceAll }, tool);
    }
    case "patch":
      return patchCall(tool);
    case "list":
      return call("list_directory", { dir_path: tool.path }, tool);
    case "glob":
      return call("glob", { pattern: tool.pattern, dir_path: tool.path }, tool);
    case "grep":
      return call(
        "grep_search",
        { pattern: tool.pattern, dir_path: tool.path, include_pattern: tool.include },
        tool,
      );
    case "web-fetch": {
      const prompt = fetchPrompt(tool);
      return prompt === undefined ? undefined : call("web_fetch", { prompt }, tool);
    }
    case "web-search":
      return call("google_web_search", { query: tool.query }, tool);
    case "todo": {
      const todos = tool.items.map(({ text, status }) => ({ description: text, status }));
      return call("write_todos", { todos, explanation: tool.explanation }, tool);
    }
    case "task": {
      if (tool.agent === undefined) return undefined;
      return call(
        "invoke_agent",
        { agent_name: tool.agent, prompt: tool.prompt, description: tool.description },
        tool,
      );
    }
    case "ask-user":
      return call("ask_user", { questions: tool.questions }, tool);
    case "mcp":
      return mcpCall(tool.server, tool.tool, tool.args);
    default:
      return undefined;
  }
}

function mcpCall(server: string, tool: string, args: JsonValue): NativeCall | undefined {
  const name = `mcp_${server}_${tool}`;
  return isObject(args) && /^[A-Za-z0-9_.:-]{1,64}$/u.test(name) ? { name, input: args } : undefined;
}
