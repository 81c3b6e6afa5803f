import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { frame, unframe, type Unframed } from "./frame.ts";
import { isJsonObject, stringAt } from "./json.ts";
import { isShellCall } from "./results.ts";

/** The data of a `tool.execution_complete` event. `own`: the session comes from Copilot CLI itself. */
export async function resultData(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  own: boolean,
  world: World,
): Promise<JsonObject> {
  const texts = result.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  // The format has one text; where it was several, the reader gets told their lengths.
  const text = texts.join("\n");
  const parts = texts.length > 1 ? { parts: texts.map((part) => part.length) } : {};
  const binary: JsonValue[] = [];
  for (const part of result.content)
    if (part.type === "image")
      binary.push({ type: "image", data: await world.base64(part.data), mimeType: part.mediaType });
  const native = own && isJsonObject(result.native) ? result.native : undefined;
  const shell = isShellCall(call);
  const exited = shell && result.exitCode !== undefined;
  // Pictures have no place in an error, and a command that ended with a code is no failure of the tool.
  if (result.isError && !exited && binary.length === 0) return failure(result, text, native, parts);
  const exitCode = exitCodeOf(result, call, shell);
  const framed =
    exitCode === undefined || native?.["unframed"] === true ? undefined : frameOf(text, exitCode, native);
  const looksFramed = shell && framed === undefined && unframe(text).shell !== undefined;
  const readsAsError = exitCode !== undefined && exitCode !== 0;
  const mark: JsonObject = {
    ...parts,
    ...(looksFramed ? { raw: true } : {}),
    ...(readsAsError === result.isError ? {} : { is_error: result.isError }),
    ...(result.synthetic === true ? { synthetic: true } : {}),
  };
  return {
    toolCallId: result.callId,
    ...(exitCode === undefined ? {} : { shellExecution: { exitCode } }),
    success: true,
    result: {
      content: framed ?? text,
      ...(binary.length === 0 ? {} : { binaryResultsForLlm: binary }),
    },
    ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
  };
}

function failure(
  result: ToolResultBlock,
  message: string,
  native: JsonObject | undefined,
  parts: JsonObject,
): JsonObject {
  const mark = { ...parts, ...(result.synthetic === true ? { synthetic: true } : {}) };
  const code = native === undefined ? undefined : stringAt(native, "code");
  return {
    toolCallId: result.callId,
    success: false,
    error: { message, code: code ?? "failure" },
    ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
  };
}

/** A finished command always ends with its exit code; one that went on by itself, or was cut, tells none. */
function exitCodeOf(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  shell: boolean,
): number | undefined {
  if (!shell || result.exitCode !== undefined) return shell ? result.exitCode : undefined;
  const background = call?.tool?.kind === "shell" && call.tool.background === true;
  return result.isError || background || result.truncated === true || call?.name !== "bash" ? undefined : 0;
}

/** The output with its closing line, where reading takes just that off again. */
function frameOf(text: string, exitCode: number, native: JsonObject | undefined): string | undefined {
  const shell = native === undefined ? undefined : stringAt(native, "shell");
  const parts: Unframed & { exitCode: number } = {
    text,
    exitCode,
    ...(shell === undefined ? {} : { shell }),
  };
  const framed = frame(parts);
  const back = unframe(framed);
  return back.text === text && back.exitCode === exitCode ? framed : undefined;
}
