import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { exitLine, frame, unframe, type Unframed } from "./frame.ts";
import { isJsonObject } from "./json.ts";
import { isReported, sentText } from "./results.ts";

/** A picture of the Messages API. */
export async function nativeImage(
  block: { mediaType: string; data: Parameters<World["base64"]>[0] },
  world: World,
): Promise<JsonObject> {
  const data = await world.base64(block.data);
  return { type: "image", source: { type: "base64", media_type: block.mediaType, data } };
}

/** A result as it stands in a record. */
export interface NativeResult {
  block: JsonObject;
  /** Told by the last part of the list; a reader has to know that it is no text of the result. */
  exitCode?: number;
}

/**
 * A `tool_result` block. Several texts, pictures, and texts that would be taken for framing are written as a list of
 * parts, which carries none but a command's exit code, as a last part. `own`: the session comes from Droid itself.
 */
export async function nativeResult(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  own: boolean,
  world: World,
): Promise<NativeResult> {
  const base = { type: "tool_result", tool_use_id: result.callId, is_error: result.isError };
  const [only, ...more] = result.content;
  if (more.length === 0 && only?.type !== "image") {
    const text = dressed(only?.text ?? "", result, call, own);
    if (text !== undefined) return { block: { ...base, content: text } };
  }
  const parts: JsonValue[] = [];
  for (const part of result.content)
    parts.push(part.type === "text" ? { type: "text", text: part.text } : await nativeImage(part, world));
  const { exitCode } = result;
  const isTold = call?.foreign === undefined && call?.name === "Execute" && exitCode !== undefined;
  if (!isTold || (exitCode === 0 && !result.isError)) return { block: { ...base, content: parts } };
  return { block: { ...base, content: [...parts, { type: "text", text: exitLine(exitCode) }] }, exitCode };
}

/** The text as Droid records it; undefined when reading would not give the same payload back. */
function dressed(
  text: string,
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  own: boolean,
): string | undefined {
  if (call === undefined || call.foreign !== undefined) return text;
  const native = own && isJsonObject(result.native) ? result.native : undefined;
  if (call.name !== "Execute") {
    const recorded = native?.["raw"];
    if (typeof recorded === "string" && sentText(recorded, call.name) === text) return recorded;
    return !isReported(call.name) || text === "" || text.startsWith("Error: ") ? text : undefined;
  }
  const exitCode = exitCodeOf(result, call);
  if (exitCode === undefined) return unframe(text, result.isError).exitCode === undefined ? text : undefined;
  const parts: Unframed & { exitCode: number } = {
    text,
    exitCode,
    ...(native?.["bare"] === true ? { bare: true } : {}),
  };
  const framed = frame(parts, result.isError);
  const back = unframe(framed, result.isError);
  return back.text === text && back.exitCode === exitCode ? framed : undefined;
}

/** A finished command always ends with its exit code; one that went on by itself, or was cut, tells none. */
function exitCodeOf(result: ToolResultBlock, call: ToolCallBlock): number | undefined {
  if (result.exitCode !== undefined) return result.exitCode;
  const background = call.tool?.kind === "shell" && call.tool.background === true;
  return result.isError || background || result.truncated === true || call.tool === undefined ? undefined : 0;
}
