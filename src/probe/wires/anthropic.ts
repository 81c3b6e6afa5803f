import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../../session/json.ts";
import { imageFromBase64, imageFromUrl, sha256 } from "../digest.ts";
import { jsonText } from "../json-text.ts";
import type { WireImage, WireItem, WireRole } from "../types.ts";
import { opaque } from "./parts.ts";

/** The conversation in a request to the Anthropic Messages API. */
export function readAnthropic(body: JsonValue): WireItem[] {
  const items: WireItem[] = [];
  for (const message of (isJsonObject(body) && arrayAt(body, "messages")) || []) {
    if (!isJsonObject(message)) {
      items.push(opaque(message));
      continue;
    }
    const role = roleOf(message);
    const content = message["content"];
    if (typeof content === "string") items.push({ kind: role, text: content });
    for (const block of arrayAt(message, "content") ?? []) {
      if (!isJsonObject(block)) {
        items.push(opaque(block));
        continue;
      }
      items.push(readBlock(block, role));
      if (block["type"] !== "tool_result") continue;
      for (const part of arrayAt(block, "content") ?? [])
        if (isJsonObject(part) && part["type"] === "document") items.push(readDocument(part, role));
    }
  }
  return items;
}

function roleOf(message: JsonObject): WireRole {
  const role = stringAt(message, "role");
  return role === "assistant" || role === "system" ? role : "user";
}

/** Digests are those of the bytes, however they were sent. */
function readDocument(block: JsonObject, role: WireRole): WireItem {
  const source = objectAt(block, "source") ?? {};
  const data = stringAt(source, "data") ?? jsonText(source);
  const bytes = stringAt(source, "type") === "base64" ? Buffer.from(data, "base64") : data;
  return { kind: "document", role, mediaType: stringAt(source, "media_type") ?? "", digest: sha256(bytes) };
}

function readBlock(block: JsonObject, role: WireRole): WireItem {
  const type = stringAt(block, "type") ?? "";
  switch (type) {
    case "text":
      return { kind: role, text: stringAt(block, "text") ?? "" };
    case "thinking": {
      // Newest models are told their thoughts by the signature alone.
      const text = stringAt(block, "thinking") ?? "";
      return { kind: "reasoning", text, readable: text !== "" };
    }
    case "redacted_thinking":
      return { kind: "reasoning", text: "", readable: false };
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return {
        kind: "call",
        id: stringAt(block, "id") ?? "",
        name: stringAt(block, "name") ?? "",
        input: block["input"] ?? null,
      };
    case "image":
      return { kind: "image", role, image: readImage(block) };
    case "document":
      return readDocument(block, role);
    default:
      return type.endsWith("tool_result") ? readResult(block) : opaque(block);
  }
}

function readImage(block: JsonObject): WireImage {
  const source = objectAt(block, "source") ?? {};
  const data = stringAt(source, "data");
  if (data === undefined) return imageFromUrl(stringAt(source, "url") ?? stringAt(source, "file_id") ?? "");
  return imageFromBase64(stringAt(source, "media_type") ?? "", data);
}

function readResult(block: JsonObject): WireItem {
  const content = block["content"] ?? "";
  // A server tool's failure is an object of its own.
  const list = isJsonObject(content) ? [content] : content;
  const texts: string[] = [];
  const images: WireImage[] = [];
  if (typeof content === "string") texts.push(content);
  for (const part of Array.isArray(list) ? list : []) {
    if (!isJsonObject(part)) texts.push(jsonText(part));
    else if (part["type"] === "image") images.push(readImage(part));
    else if (part["type"] !== "document") texts.push(stringAt(part, "text") ?? jsonText(part));
  }
  return {
    kind: "result",
    callId: stringAt(block, "tool_use_id") ?? "",
    text: texts.join("\n"),
    images,
    isError: block["is_error"] === true,
  };
}
