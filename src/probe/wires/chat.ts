import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../../session/json.ts";
import { imageFromUrl } from "../digest.ts";
import type { WireImage, WireItem, WireRole } from "../types.ts";

/** The conversation in a request to the OpenAI Chat Completions API. */
export function readChat(body: JsonValue): WireItem[] {
  const items: WireItem[] = [];
  for (const message of (isJsonObject(body) && arrayAt(body, "messages")) || []) {
    if (isJsonObject(message)) items.push(...readMessage(message));
  }
  return items;
}

function readMessage(message: JsonObject): WireItem[] {
  const { texts, images } = readContent(message["content"]);
  if (message["role"] === "tool") {
    const callId = stringAt(message, "tool_call_id") ?? "";
    return [{ kind: "result", callId, text: texts.join("\n"), images, isError: undefined }];
  }
  const role = roleOf(message);
  const items: WireItem[] = [];
  const reasoning = stringAt(message, "reasoning_content") ?? stringAt(message, "reasoning");
  if (reasoning !== undefined) items.push({ kind: "reasoning", text: reasoning, readable: true });
  for (const text of texts) items.push({ kind: role, text });
  for (const image of images) items.push({ kind: "image", role, image });
  for (const call of arrayAt(message, "tool_calls") ?? []) {
    if (isJsonObject(call)) items.push(readCall(call));
  }
  return items;
}

function roleOf(message: JsonObject): WireRole {
  const role = stringAt(message, "role");
  if (role === "assistant") return "assistant";
  return role === "system" || role === "developer" ? "system" : "user";
}

function readContent(content: JsonValue | undefined): { texts: string[]; images: WireImage[] } {
  if (typeof content === "string") return { texts: [content], images: [] };
  const texts: string[] = [];
  const images: WireImage[] = [];
  for (const part of Array.isArray(content) ? content : []) {
    if (!isJsonObject(part)) continue;
    const image = objectAt(part, "image_url");
    if (image !== undefined) images.push(imageFromUrl(stringAt(image, "url") ?? ""));
    else texts.push(stringAt(part, "text") ?? JSON.stringify(part));
  }
  return { texts, images };
}

function readCall(call: JsonObject): WireItem {
  const fn = objectAt(call, "function") ?? objectAt(call, "custom") ?? {};
  const raw = stringAt(fn, "arguments") ?? stringAt(fn, "input") ?? "";
  let input: JsonValue = raw;
  try {
    input = JSON.parse(raw) as JsonValue;
  } catch {
    // A model may write arguments that are no JSON; they are then compared as text.
  }
  return { kind: "call", id: stringAt(call, "id") ?? "", name: stringAt(fn, "name") ?? "", input };
}
