import type { Block, ImageBlock, JsonObject, JsonValue, TextBlock, ToolResultBlock } from "casr-cli/provider";
import { contentBlocks, nativeImage } from "./content.ts";
import { exitLineCode, unframe, type RecordedAs, type ResultShape } from "./frame.ts";
import { isJsonObject, numberAt, objectAt, objectsIn, stringAt } from "./json.ts";

const PERSISTED = "<persisted-output>";

interface Payload {
  content: (TextBlock | ImageBlock)[];
  exitCode?: number;
  framed?: string;
  native: JsonObject;
}

function textPayload(raw: string, recorded: RecordedAs, shape: ResultShape): Payload {
  const { text, exitCode, native } = unframe(raw, recorded, shape);
  return {
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === raw ? {} : { framed: raw }),
    native: native ?? {},
  };
}

const isDocument = (part: JsonObject): boolean => part["type"] === "document";

/**
 * Lists of parts carry no framing. Parts of other types (`tool_reference`) stay as their JSON; documents are
 * told by `resultDocuments`.
 */
function listPayload(parts: JsonValue[]): Payload {
  const content: Payload["content"] = [];
  let plain = true;
  for (const part of parts) {
    const image = isJsonObject(part) && part["type"] === "image" ? nativeImage(part) : undefined;
    const text = isJsonObject(part) && part["type"] === "text" ? stringAt(part, "text") : undefined;
    if (image !== undefined) content.push(image);
    else if (text !== undefined) {
      if (text !== "") content.push({ type: "text", text });
    } else if (isJsonObject(part) && isDocument(part)) plain = false;
    else {
      plain = false;
      content.push({ type: "text", text: typeof part === "string" ? part : JSON.stringify(part) });
    }
  }
  return { content, native: plain ? { list: true } : { parts } };
}

/** A list that casr put a command's exit code in front of. */
function markedList(parts: JsonValue[]): Payload {
  const [first, ...rest] = parts;
  const exitCode = exitLineCode(stringAt(isJsonObject(first) ? first : undefined, "text") ?? "");
  return exitCode === undefined ? listPayload(parts) : { ...listPayload(rest), exitCode };
}

/** The documents of a `tool_result` block (Read of a PDF): results of the common form hold none. */
export function resultDocuments(block: JsonObject): Block[] {
  const documents = objectsIn(block["content"]).filter(isDocument);
  return documents.length === 0 ? [] : contentBlocks(documents);
}

/** An answer of one of the service's own tools, as it stands in a response: `web_search_tool_result` and the like. */
export function serverResultBlock(block: JsonObject): ToolResultBlock | undefined {
  const callId = stringAt(block, "tool_use_id");
  if (callId === undefined) return undefined;
  const raw = block["content"];
  const failed = isJsonObject(raw) && (stringAt(raw, "type") ?? "").endsWith("_error");
  const { content } = Array.isArray(raw)
    ? listPayload(raw)
    : listPayload(raw === undefined || raw === null ? [] : [raw]);
  const isError = failed || block["is_error"] === true;
  return { type: "tool_result", callId, content, isError, native: { server: block } };
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
  const isMarked = objectAt(record, "casr")?.["exit_code"] === true;
  const payload = Array.isArray(raw)
    ? isMarked && shape.tool === "shell"
      ? markedList(raw)
      : listPayload(raw)
    : textPayload(
        typeof raw === "string" ? raw : isJsonObject(raw) ? JSON.stringify(raw) : "",
        { isError, exitCode: isMarked },
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
