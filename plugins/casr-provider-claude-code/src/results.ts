import type { ImageBlock, JsonObject, JsonValue, TextBlock, ToolResultBlock } from "casr-cli/provider";
import { nativeImage } from "./content.ts";
import { unframe, type ResultShape } from "./frame.ts";
import { isJsonObject, numberAt, objectAt, stringAt } from "./json.ts";

const PERSISTED = "<persisted-output>";

interface Payload {
  content: (TextBlock | ImageBlock)[];
  exitCode?: number;
  framed?: string;
  native: JsonObject;
}

function textPayload(raw: string, isError: boolean, shape: ResultShape): Payload {
  const { text, exitCode, native } = unframe(raw, isError, shape);
  return {
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === raw ? {} : { framed: raw }),
    native: native ?? {},
  };
}

/** Lists of parts carry no framing. Parts of other types (`tool_reference`) stay as their JSON. */
function listPayload(parts: JsonValue[]): Payload {
  const content: Payload["content"] = [];
  let plain = true;
  for (const part of parts) {
    const image = isJsonObject(part) && part["type"] === "image" ? nativeImage(part) : undefined;
    const text = isJsonObject(part) && part["type"] === "text" ? stringAt(part, "text") : undefined;
    if (image !== undefined) content.push(image);
    else if (text !== undefined) {
      if (text !== "") content.push({ type: "text", text });
    } else {
      plain = false;
      content.push({ type: "text", text: typeof part === "string" ? part : JSON.stringify(part) });
    }
  }
  return { content, native: plain ? { list: true } : { parts } };
}

/** Where the whole of an output lies that was too long for the record. */
function persistedPath(text: string, details: JsonObject | undefined): string | undefined {
  if (!text.startsWith(PERSISTED)) return undefined;
  return stringAt(details, "persistedOutputPath") ?? /Full output saved to: (.+)/.exec(text)?.[1];
}

/** A native `tool_result` block. `record` is the line it stands in. */
export function resultBlock(block: JsonObject, record: JsonObject, shape: ResultShape): ToolResultBlock {
  const isError = block["is_error"] === true;
  const raw = block["content"];
  const payload = Array.isArray(raw)
    ? listPayload(raw)
    : textPayload(
        typeof raw === "string" ? raw : isJsonObject(raw) ? JSON.stringify(raw) : "",
        isError,
        shape,
      );
  const details = objectAt(record, "toolUseResult");
  const first = payload.content[0];
  const persisted = first?.type === "text" ? persistedPath(first.text, details) : undefined;
  const durationMs = numberAt(details, "durationMs") ?? numberAt(details, "totalDurationMs");
  const native = { ...payload.native, ...(persisted === undefined ? {} : { persistedOutput: persisted }) };
  return {
    type: "tool_result",
    callId: stringAt(block, "tool_use_id") ?? "",
    content: payload.content,
    isError,
    ...(payload.exitCode === undefined ? {} : { exitCode: payload.exitCode }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(payload.framed === undefined ? {} : { framed: payload.framed }),
    ...(first?.type === "text" && first.text.startsWith(PERSISTED) ? { truncated: true } : {}),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}
