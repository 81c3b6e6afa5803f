import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../../session/json.ts";
import { imageFromUrl } from "../digest.ts";
import type { WireItem, WireRole } from "../types.ts";
import { documentFromUrl, opaque, parsedJson } from "./parts.ts";

/** The conversation in a request to the OpenAI Chat Completions API. */
export function readChat(body: JsonValue): WireItem[] {
  const items: WireItem[] = [];
  for (const message of (isJsonObject(body) && arrayAt(body, "messages")) || []) {
    if (isJsonObject(message)) items.push(...readMessage(message));
    else items.push(opaque(message));
  }
  return items;
}

function readMessage(message: JsonObject): WireItem[] {
  const role = message["role"];
  // `function` is what `tool` was called at first; its call had no id.
  if (role === "tool" || role === "function") return [readResult(message)];
  const items = readReasoning(message);
  const calls = (arrayAt(message, "tool_calls") ?? []).map(readCall);
  const old = objectAt(message, "function_call");
  if (old !== undefined) calls.push(readFunction("", old));
  for (const item of readContent(message["content"], roleOf(message))) {
    // Beside calls, an empty text is how some agents write that there is none.
    const nothing = item.kind === "assistant" && item.text === "" && items.length + calls.length > 0;
    if (!nothing) items.push(item);
  }
  const refusal = stringAt(message, "refusal");
  if (refusal !== undefined) items.push({ kind: roleOf(message), text: refusal });
  return [...items, ...calls];
}

function roleOf(message: JsonObject): WireRole {
  const role = stringAt(message, "role");
  if (role === "assistant") return "assistant";
  return role === "system" || role === "developer" ? "system" : "user";
}

/**
 * Thoughts have no place in OpenAI's own API. `reasoning_content` is DeepSeek's and Qwen's name for them,
 * `reasoning` and `reasoning_details` OpenRouter's, `reasoning_text` and `reasoning_opaque` Copilot's.
 */
function readReasoning(message: JsonObject): WireItem[] {
  const text =
    stringAt(message, "reasoning_content") ??
    stringAt(message, "reasoning") ??
    stringAt(message, "reasoning_text");
  if (text !== undefined) return [{ kind: "reasoning", text, readable: text !== "" }];
  const details = (arrayAt(message, "reasoning_details") ?? []).filter(isJsonObject);
  const texts = details.map((part) => stringAt(part, "text") ?? stringAt(part, "summary") ?? "");
  const joined = texts.filter((part) => part !== "").join("\n");
  if (details.length === 0 && stringAt(message, "reasoning_opaque") === undefined) return [];
  return [{ kind: "reasoning", text: joined, readable: joined !== "" }];
}

function readContent(content: JsonValue | undefined, role: WireRole): WireItem[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [{ kind: role, text: content }];
  if (!Array.isArray(content)) return [opaque(content)];
  return content.map((part) => readPart(part, role));
}

function readPart(part: JsonValue, role: WireRole): WireItem {
  if (!isJsonObject(part)) return opaque(part);
  const image = objectAt(part, "image_url") ?? part["image_url"];
  if (typeof image === "string") return { kind: "image", role, image: imageFromUrl(image) };
  if (isJsonObject(image)) return { kind: "image", role, image: imageFromUrl(stringAt(image, "url") ?? "") };
  const file = objectAt(part, "file");
  if (file !== undefined)
    return documentFromUrl(stringAt(file, "file_data") ?? stringAt(file, "file_id") ?? "", role);
  const text = stringAt(part, "text") ?? stringAt(part, "refusal");
  return text === undefined ? opaque(part) : { kind: role, text };
}

function readResult(message: JsonObject): WireItem {
  const callId = stringAt(message, "tool_call_id") ?? "";
  const parts = readContent(message["content"], "user");
  const texts = parts.flatMap((part) => ("text" in part ? [part.text] : []));
  const images = parts.flatMap((part) => (part.kind === "image" ? [part.image] : []));
  const others = parts.flatMap((part) => (part.kind === "opaque" ? [part.type] : []));
  return { kind: "result", callId, text: [...texts, ...others].join("\n"), images, isError: undefined };
}

function readCall(call: JsonValue): WireItem {
  if (!isJsonObject(call)) return opaque(call);
  const id = stringAt(call, "id") ?? "";
  const custom = objectAt(call, "custom");
  if (custom === undefined) return readFunction(id, objectAt(call, "function") ?? {});
  return { kind: "call", id, name: stringAt(custom, "name") ?? "", input: custom["input"] ?? "" };
}

function readFunction(id: string, fn: JsonObject): WireItem {
  const raw = fn["arguments"];
  return { kind: "call", id, name: stringAt(fn, "name") ?? "", input: parsedJson(raw) };
}
