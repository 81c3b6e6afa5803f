import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { exitLine, frame, resultShape, showsQuietExit } from "./frame.ts";
import { arrayAt, isJsonObject } from "./json.ts";
import { resultDetails } from "./tool-details.ts";
import { canonicalTool } from "./tools.ts";

/** A result as it stands in a record. */
export interface NativeResult {
  block: JsonObject;
  /** For the interface. */
  details?: JsonValue;
  /** What a reader has to know to take the framing off again. */
  mark?: JsonObject;
  /** The documents that belong to the result are in `block`. */
  documents?: boolean;
}

/** An image block of the Messages API. */
export async function nativeImageBlock(
  block: { mediaType: string; data: Parameters<World["base64"]>[0] },
  world: World,
): Promise<JsonObject> {
  const data = await world.base64(block.data);
  return { type: "image", source: { type: "base64", media_type: block.mediaType, data } };
}

async function contentList(result: ToolResultBlock, world: World): Promise<JsonValue[]> {
  const list: JsonValue[] = [];
  for (const part of result.content) {
    list.push(part.type === "text" ? { type: "text", text: part.text } : await nativeImageBlock(part, world));
  }
  return list;
}

/**
 * A result with the agent's framing put back. Texts that look framed already are written as a list of
 * parts, which carries no framing but the exit code of a command, as a first part. `own`: the session comes from
 * Claude Code itself.
 */
export async function nativeResult(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  own: boolean,
  world: World,
): Promise<NativeResult> {
  const shape =
    call === undefined ? ({ tool: "other", firstLine: 1 } as const) : resultShape(call.name, call.input);
  const native = own && isJsonObject(result.native) ? result.native : undefined;
  const texts = result.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const hasImages = texts.length < result.content.length;
  const text = texts.join("");
  // A call kept under a foreign name, or one of another kind in the source, was never numbered. A text that was cut
  // has the other agent's notice around it, whose lines are none of the file's; an empty file has no lines.
  const numbering =
    shape.tool === "read" &&
    native === undefined &&
    (call?.tool?.kind !== "read" || result.truncated === true || text === "")
      ? { numbering: "none" }
      : undefined;
  const payloadNative = native ?? numbering;
  const payload = {
    text,
    isError: result.isError,
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    ...(payloadNative === undefined ? {} : { native: payloadNative }),
  };
  const framed =
    hasImages || texts.length > 1 || native?.["list"] === true || native?.["parts"] !== undefined
      ? undefined
      : frame(payload, shape);
  const parts = native === undefined ? [] : arrayAt(native, "parts");
  const line = framed === undefined && parts.length === 0 ? exitLine(payload, shape) : undefined;
  const list = parts.length > 0 ? parts : await contentList(result, world);
  const content = framed ?? (line === undefined ? list : [{ type: "text", text: line }, ...list]);
  const tool =
    call === undefined
      ? undefined
      : (call.tool ?? (call.foreign === undefined ? canonicalTool(call.name, call.input) : undefined));
  const details = resultDetails(tool, { text, raw: framed ?? text, isError: result.isError, hasImages });
  return {
    block: {
      tool_use_id: result.callId,
      type: "tool_result",
      content,
      ...(result.isError ? { is_error: true } : {}),
    },
    ...(details === undefined ? {} : { details }),
    ...((framed !== undefined && showsQuietExit(payload, shape)) || line !== undefined
      ? { mark: { exit_code: true } }
      : {}),
    ...(content === parts && parts.some((part) => isJsonObject(part) && part["type"] === "document")
      ? { documents: true }
      : {}),
  };
}
