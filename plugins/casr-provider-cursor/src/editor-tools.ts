import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { isObject } from "./json.ts";
import { TOOL_NUMBERS } from "./native.ts";

interface EditorTool {
  name: string;
  params: JsonObject;
}

function present(values: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as JsonObject;
}

/**
 * The editor's own name and parameters for a tool of `cursor-agent`. The editor shows it by them; what the model
 * asked for stays in `rawArgs`, and its name in casr's record.
 */
function editorTool(name: string, input: JsonObject): EditorTool | undefined {
  switch (name) {
    case "Shell": {
      const { command, working_directory: cwd = "", timeout, is_background: isBackground } = input;
      const options = typeof timeout === "number" ? { timeout } : undefined;
      return { name: "run_terminal_command_v2", params: present({ command, cwd, options, isBackground }) };
    }
    case "Read":
      return {
        name: "read_file_v2",
        params: present({ targetFile: input["path"], offset: input["offset"], limit: input["limit"] }),
      };
    case "Grep":
      return {
        name: "ripgrep_raw_search",
        params: present({ pattern: input["pattern"], path: input["path"], glob: input["glob"] }),
      };
    case "Glob": {
      const { glob_pattern: globPattern, target_directory: targetDirectory } = input;
      return { name: "glob_file_search", params: present({ globPattern, targetDirectory }) };
    }
    default:
      return undefined;
  }
}

/** `toolFormerData` of a call with its answer, and what of it casr has to note. */
export function toolFormerData(
  call: ToolCallBlock,
  result: ToolResultBlock | undefined,
  response: string,
): { data: JsonObject; mark: JsonObject } {
  const { name, foreign } = call;
  const input = isObject(call.input) ? call.input : { input: call.input };
  const own = foreign === undefined && call.tool !== undefined ? editorTool(name, input) : undefined;
  const shown = own ?? { name, params: input };
  const number = Object.hasOwn(TOOL_NUMBERS, shown.name) ? TOOL_NUMBERS[shown.name] : undefined;
  const data: JsonObject = {
    ...(number === undefined ? {} : { tool: number }),
    name: shown.name,
    toolCallId: call.id,
    toolIndex: 0,
    modelCallId: response,
    params: JSON.stringify(shown.params),
    rawArgs: JSON.stringify(input),
    ...(result === undefined ? { status: "cancelled", result: "" } : answer(call, result)),
  };
  const mark: JsonObject = {
    ...(own === undefined ? {} : { name }),
    ...(foreign === undefined ? {} : { foreign: { ...foreign } }),
  };
  return { data, mark };
}

function answer(call: ToolCallBlock, result: ToolResultBlock): JsonObject {
  const payload = result.content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const kind = call.foreign === undefined ? call.tool?.kind : undefined;
  if (kind === "shell") {
    const { exitCode, isError } = result;
    const outcome = { output: payload, ...(exitCode === undefined ? {} : { exitCode }) };
    return {
      status: "completed",
      result: JSON.stringify({ ...outcome, rejected: false, notInterrupted: true }),
      additionalData: { status: isError ? "error" : "success" },
    };
  }
  if (result.isError) {
    const error = { clientVisibleErrorMessage: payload, modelVisibleErrorMessage: payload };
    return { status: "error", result: "", error: JSON.stringify(error) };
  }
  const shape = kind === "read" ? { contents: payload } : { result: payload };
  return { status: "completed", result: JSON.stringify(shape) };
}
