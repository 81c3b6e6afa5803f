import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../../session/json.ts";
import { imageFromBase64, imageFromUrl, sha256 } from "../digest.ts";
import type { WireImage, WireItem, WireRole } from "../types.ts";

/** The conversation in a request to the Anthropic Messages API. */
export function readAnthropic(body: JsonValue): WireItem[] {
  const items: WireItem[] = [];
  for (const message of (isJsonObject(body) && arrayAt(body, "messages")) || []) {
    if (!isJsonObject(message)) continue;
    const role = roleOf(message);
    const content = message["content"];
    if (typeof content === "string") items.push({ kind: role, text: content });
    for (const block of arrayAt(message, "content") ?? []) {
      if (!isJsonObject(block)) continue;
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
  const data = stringAt(source, "data") ?? JSON.stringify(source);
  const bytes = stringAt(source, "type") === "base64" ? Buffer.from(data, "base64") : data;
  return { kind: "document", role, mediaType: stringAt(source, "media_type") ?? "", digest: sha256(bytes) };
}

function readBlock(block: JsonObject, role: WireRole): WireItem {
  const type = stringAt(block, "type") ?? "";
  switch (type) {
    case "text":
      return { kind: role, text: stringAt(block, "text") ?? "" };
    case "thinking":
      return { kind: "reasoning", text: stringAt(block, "thinking") ?? "", readable: true };
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
      return type.endsWith("tool_result") ? readResult(block) : { kind: "opaque", type };
  }
}

function readImage(block: JsonObject): WireImage {
  const source = objectAt(block, "source") ?? {};
  const data = stringAt(source, "data");
  if (data === undefined) return imageFromUrl(stringAt(source, "url") ?? "");
  return imageFromBase64(stringAt(source, "media_type") ?? "", data);
}

function readResult(block: JsonObject): WireItem {
  const content = block["content"] ?? "";
  const texts: string[] = [];
  const images: WireImage[] = [];
  if (typeof content === "string") texts.push(content);
  for (const part of Array.isArray(content) ? content : []) {
    if (!isJsonObject(part)) continue;
    if (part["type"] === "image") images.push(readImage(part));
    else if (part["type"] !== "document") texts.push(stringAt(part, "text") ?? JSON.stringify(part));
  }
  return {
    kind: "result",
    callId: stringAt(block, "tool_use_id") ?? "",
    text: texts.join("\n"),
    images,
    isError: block["is_error"] === true,
  };
}
