import { arrayAt, isJsonObject, stringAt, type JsonObject, type JsonValue } from "../../session/json.ts";
import { imageFromUrl } from "../digest.ts";
import { jsonText } from "../json-text.ts";
import type { WireImage, WireItem, WireRole } from "../types.ts";
import { documentFromUrl, opaque, parsedJson } from "./parts.ts";

/** The conversation in a request to the OpenAI Responses API. */
export function readResponses(body: JsonValue): WireItem[] {
  if (!isJsonObject(body)) return [];
  const input = body["input"];
  if (typeof input === "string") return [{ kind: "user", text: input }];
  return (Array.isArray(input) ? input : []).flatMap((item) =>
    isJsonObject(item) ? readItem(item) : [opaque(item)],
  );
}

function readItem(item: JsonObject): WireItem[] {
  // An item without a type is a message in the short notation.
  const type = stringAt(item, "type") ?? "message";
  switch (type) {
    case "message":
      return readMessage(item);
    case "reasoning":
      return [readReasoning(item)];
    case "function_call":
      return [callItem(item, qualifiedName(item), parsedJson(item["arguments"]))];
    case "custom_tool_call":
      return [callItem(item, qualifiedName(item), item["input"] ?? "")];
    case "local_shell_call":
      return [callItem(item, "local_shell", item["action"] ?? {})];
    case "shell_call":
      return [callItem(item, "shell", item["action"] ?? {})];
    case "apply_patch_call":
      return [callItem(item, "apply_patch", item["operation"] ?? {})];
    case "mcp_call":
      return readMcpCall(item);
    case "web_search_call":
      return [callItem(item, "web_search", item["action"] ?? {})];
    case "tool_search_call":
      return [callItem(item, "tool_search", item["arguments"] ?? {})];
    case "tool_search_output":
      return [resultItem(item, item["tools"] ?? [])];
    case "agent_message":
      return [{ kind: "user", text: contentText(item["content"]) }];
    default:
      return type.endsWith("_call_output") ? [resultItem(item, item["output"] ?? "")] : [opaque(item)];
  }
}

function readMessage(item: JsonObject): WireItem[] {
  const role = roleOf(item);
  const content = item["content"];
  if (typeof content === "string") return [{ kind: role, text: content }];
  const items: WireItem[] = [];
  for (const part of Array.isArray(content) ? content : []) {
    if (isJsonObject(part)) items.push(readPart(part, role));
    else items.push(opaque(part));
  }
  return items;
}

function readPart(part: JsonObject, role: WireRole): WireItem {
  const url = imageUrl(part);
  if (url !== undefined) return { kind: "image", role, image: imageFromUrl(url) };
  if (part["type"] === "input_file") {
    const data = stringAt(part, "file_data") ?? stringAt(part, "file_url") ?? stringAt(part, "file_id");
    return documentFromUrl(data ?? "", role);
  }
  const text = stringAt(part, "text") ?? stringAt(part, "refusal");
  return text === undefined ? opaque(part) : { kind: role, text };
}

/** A tool that the service called by itself: one item is the call and its result. */
function readMcpCall(item: JsonObject): WireItem[] {
  const id = stringAt(item, "id") ?? "";
  const { output, error } = item;
  const call = callItem(item, stringAt(item, "name") ?? "", parsedJson(item["arguments"]));
  if (output === undefined && error === undefined) return [call];
  const text = contentText(error ?? output);
  return [call, { kind: "result", callId: id, text, images: [], isError: (error ?? null) !== null }];
}

function roleOf(item: JsonObject): WireRole {
  const role = stringAt(item, "role");
  if (role === "assistant") return "assistant";
  return role === "developer" || role === "system" ? "system" : "user";
}

/** Text may be a summary, or the raw thoughts; either way it may be empty beside an encrypted blob. */
function readReasoning(item: JsonObject): WireItem {
  const parts = [...(arrayAt(item, "summary") ?? []), ...(arrayAt(item, "content") ?? [])];
  const texts = parts.map((part) => (isJsonObject(part) ? (stringAt(part, "text") ?? "") : ""));
  const text = texts.filter((part) => part !== "").join("\n");
  return { kind: "reasoning", text, readable: text !== "" };
}

function qualifiedName(item: JsonObject): string {
  const name = stringAt(item, "name") ?? "";
  const namespace = stringAt(item, "namespace");
  return namespace === undefined ? name : `${namespace}.${name}`;
}

function callItem(item: JsonObject, name: string, input: JsonValue): WireItem {
  return { kind: "call", id: stringAt(item, "call_id") ?? stringAt(item, "id") ?? "", name, input };
}

function resultItem(item: JsonObject, output: JsonValue): WireItem {
  const images: WireImage[] = [];
  for (const part of Array.isArray(output) ? output : []) {
    const url = isJsonObject(part) ? imageUrl(part) : undefined;
    if (url !== undefined) images.push(imageFromUrl(url));
  }
  const callId = stringAt(item, "call_id") ?? "";
  return { kind: "result", callId, text: contentText(output), images, isError: undefined };
}

function imageUrl(part: JsonObject): string | undefined {
  return part["type"] === "input_image"
    ? (stringAt(part, "image_url") ?? stringAt(part, "file_id") ?? "")
    : undefined;
}

/** The texts of a content list, a line break between them. */
function contentText(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return content === undefined ? "" : jsonText(content);
  const texts = content.map((part) => {
    if (!isJsonObject(part)) return jsonText(part);
    if (part["type"] === "input_image" || part["type"] === "encrypted_content") return undefined;
    return stringAt(part, "text") ?? jsonText(part);
  });
  return texts.filter((text) => text !== undefined).join("\n");
}
