import type {
  ImageBlock,
  JsonObject,
  JsonValue,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from "casr-cli/provider";
import { ERROR_HEAD, frameToNative, isCut, parseFrame } from "./frames.ts";
import { arrayOf, isObject, objectOf, parseJson, stringOf } from "./json.ts";
import type { Envelope } from "./native.ts";
import { imageOf, warnOnce, type ItemContext, type Piece } from "./piece.ts";
import { toCanonical } from "./tools.ts";

function callPiece(
  id: string,
  name: string,
  input: JsonValue,
  native: JsonObject,
  context: ItemContext,
): Piece[] {
  context.callNames.set(id, name);
  const tool = toCanonical(name, input, context.world.toolkit);
  const block: ToolCallBlock = {
    type: "tool_call",
    id,
    name,
    input,
    ...(tool === undefined ? {} : { tool }),
    native,
  };
  return [{ speaker: "assistant", blocks: [block] }];
}

/** The tool's name with its namespace in front, as MCP tools are named in all agents. */
function qualifiedName(item: JsonObject): { name: string; native: JsonObject } {
  const name = stringOf(item, "name") ?? "";
  const namespace = stringOf(item, "namespace");
  if (namespace === undefined || namespace === "") return { name, native: {} };
  return { name: `${namespace}__${name}`, native: { namespace } };
}

function functionCall(item: JsonObject, context: ItemContext): Piece[] {
  const id = stringOf(item, "call_id");
  const text = stringOf(item, "arguments");
  if (id === undefined || text === undefined || stringOf(item, "name") === undefined) return [];
  const { name, native } = qualifiedName(item);
  // Arguments that are not JSON were sent to the model as they stand.
  const parsed = parseJson(text);
  return callPiece(
    id,
    name,
    parsed === undefined ? text : parsed,
    { ...native, type: "function_call" },
    context,
  );
}

function customCall(item: JsonObject, context: ItemContext): Piece[] {
  const id = stringOf(item, "call_id");
  const input = stringOf(item, "input");
  if (id === undefined || input === undefined || stringOf(item, "name") === undefined) return [];
  const { name, native } = qualifiedName(item);
  return callPiece(id, name, input, { ...native, type: "custom_tool_call" }, context);
}

function outputPiece(item: JsonObject, envelope: Envelope, context: ItemContext): Piece[] {
  const callId = stringOf(item, "call_id");
  if (callId === undefined) return [];
  const output = item["output"];
  if (typeof output !== "string" && !Array.isArray(output)) return [];
  const name = context.callNames.get(callId) ?? stringOf(item, "name") ?? "";
  const noted = envelope.casr?.["frame"];
  // casr's own notes: the text is payload as it stands, or behind the words that say that the call failed.
  const plain = noted === "none" || noted === "error";
  let pending = noted === "error" ? ERROR_HEAD : "";
  const parts = typeof output === "string" ? [{ type: "input_text", text: output }] : output;
  let whole: string | undefined;
  const content: (TextBlock | ImageBlock)[] = [];
  let frame = parseFrame("", name);
  let framed = false;
  for (const [index, part] of parts.entries()) {
    if (!isObject(part)) continue;
    let text = stringOf(part, "text");
    if (text !== undefined) {
      whole = whole === undefined ? text : `${whole}\n${text}`;
      if (index === 0 && !plain) {
        frame = parseFrame(text, name);
        framed = frame.head !== "";
        text = frame.payload;
      } else if (pending !== "" && text.startsWith(pending)) {
        text = text.slice(pending.length);
      }
      pending = "";
      if (text !== "") content.push({ type: "text", text });
    } else if (stringOf(part, "type") === "input_image") {
      const image = imageOf(part, undefined, context);
      if (image !== undefined) content.push(image);
    } else if (stringOf(part, "type") === "encrypted_content") {
      warnOnce(context, "encrypted-text", "text that only the service can read was left out");
    }
  }
  const first = content[0];
  const native = plain ? undefined : frameToNative(frame, Array.isArray(output));
  const result: ToolResultBlock = {
    type: "tool_result",
    callId,
    content,
    isError: frame.isError || context.failed.has(callId) || envelope.casr?.["error"] === true,
    ...(frame.exitCode === undefined ? {} : { exitCode: frame.exitCode }),
    ...(frame.durationMs === undefined ? {} : { durationMs: frame.durationMs }),
    ...(framed ? { framed: whole ?? "" } : {}),
    ...(first?.type === "text" && isCut(first.text, name) ? { truncated: true } : {}),
    ...(native === undefined ? {} : { native }),
  };
  return [{ speaker: "tool", result }];
}

/**
 * A search that the service itself ran while it answered. What it found is in no file: the answer is empty,
 * but no failure.
 */
function webSearch(item: JsonObject, id: string, context: ItemContext): Piece[] {
  const status = stringOf(item, "status");
  const native = { type: "web_search_call", ...(status === undefined ? {} : { status }) };
  return [
    ...callPiece(id, "web_search", objectOf(item, "action") ?? {}, native, context),
    {
      speaker: "tool",
      result: { type: "tool_result", callId: id, content: [], isError: status === "failed", synthetic: true },
    },
  ];
}

function imageGeneration(item: JsonObject, context: ItemContext): Piece[] {
  const id = stringOf(item, "id");
  const data = stringOf(item, "result");
  if (id === undefined) return [];
  const prompt = stringOf(item, "revised_prompt");
  const pieces = callPiece(
    id,
    "image_generation",
    prompt === undefined ? {} : { prompt },
    { type: "image_generation_call" },
    context,
  );
  if (data === undefined || data === "") return pieces;
  const image: ImageBlock = { type: "image", mediaType: "image/png", data: { base64: data } };
  return [
    ...pieces,
    { speaker: "tool", result: { type: "tool_result", callId: id, content: [image], isError: false } },
  ];
}

/** The pieces of a call or an output (codex-cli 0.47 to 0.169.0); undefined for items of other types. */
export function readToolItem(
  item: JsonObject,
  envelope: Envelope,
  record: number,
  context: ItemContext,
): Piece[] | undefined {
  switch (stringOf(item, "type")) {
    case "function_call":
      return functionCall(item, context);
    case "custom_tool_call":
      return customCall(item, context);
    case "local_shell_call": {
      const id = stringOf(item, "call_id") ?? stringOf(item, "id");
      if (id === undefined) return [];
      return callPiece(
        id,
        "local_shell",
        objectOf(item, "action") ?? {},
        { type: "local_shell_call" },
        context,
      );
    }
    case "web_search_call":
      return webSearch(
        item,
        stringOf(item, "id") ?? stringOf(envelope.casr, "id") ?? `web_search_${record}`,
        context,
      );
    case "tool_search_call": {
      const id = stringOf(item, "call_id");
      if (id === undefined) return [];
      return callPiece(id, "tool_search", item["arguments"] ?? {}, { type: "tool_search_call" }, context);
    }
    case "tool_search_output": {
      const callId = stringOf(item, "call_id");
      if (callId === undefined) return [];
      const text = JSON.stringify(arrayOf(item, "tools"));
      return [
        {
          speaker: "tool",
          result: { type: "tool_result", callId, content: [{ type: "text", text }], isError: false },
        },
      ];
    }
    case "function_call_output":
    case "custom_tool_call_output":
      return outputPiece(item, envelope, context);
    case "image_generation_call":
      return imageGeneration(item, context);
    default:
      return undefined;
  }
}
