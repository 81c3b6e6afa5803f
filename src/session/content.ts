import { isJsonObject, type JsonValue } from "./json.ts";
import type { Block, Message, Role } from "./types.ts";

const TEXT_TYPES = new Set(["text", "input_text", "output_text", "summary_text", "reasoning_text"]);

function toolUseLabel(block: { [key: string]: JsonValue }): string {
  const name = typeof block["name"] === "string" ? block["name"] : "unknown";
  const input = isJsonObject(block["input"]) ? block["input"] : {};
  const about = input["description"] ?? input["file_path"];
  return typeof about === "string" ? `[Tool: ${name} - ${about}]` : `[Tool: ${name}]`;
}

function flattenPart(part: JsonValue): string | undefined {
  if (typeof part === "string") return part;
  if (!isJsonObject(part)) return undefined;
  if (part["type"] === "tool_use") return toolUseLabel(part);
  const known = typeof part["type"] !== "string" || TEXT_TYPES.has(part["type"]);
  return known && typeof part["text"] === "string" ? part["text"] : undefined;
}

/**
 * One string from any shape agents store message content in: a string, an array of strings and text
 * parts (joined by "\n"), `{parts: […]}`, `{text}`. Null, numbers and booleans give "".
 */
export function flattenContent(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    return value
      .map(flattenPart)
      .filter((text) => text !== undefined)
      .join("\n");
  }
  if (!isJsonObject(value)) return "";
  if (Array.isArray(value["parts"])) {
    const texts = value["parts"].filter((part) => typeof part === "string");
    if (texts.length > 0) return texts.join("\n");
  }
  return typeof value["text"] === "string" ? value["text"] : "";
}

/** The common role for an agent's own word; words nobody knows come back in lower case. */
export function normalizeRole(role: string): Role {
  const word = role.toLowerCase();
  if (word === "model" || word === "agent" || word === "gemini") return "assistant";
  if (word === "developer") return "system";
  return word;
}

/** The messages in their order with contiguous indexes from 0. */
export function reindexMessages(messages: Message[]): Message[] {
  return messages.map((message, index) => (message.index === index ? message : { ...message, index }));
}

/** The text of one block as a person would read it; "" for blocks without text. */
function blockText(block: Block): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "compaction":
      return block.summary;
    default:
      return "";
  }
}

/** The spoken text of a message: text and compaction blocks joined by "\n". */
export function messageText(message: Message): string {
  return message.content
    .map(blockText)
    .filter((text) => text !== "")
    .join("\n");
}

/** First non-blank line of `text` cut to `maxLength` UTF-16 units with an ellipsis; undefined when blank. */
export function titleFrom(text: string, maxLength = 100): string | undefined {
  const line = text
    .split(/\r?\n/, 50)
    .map((part) => part.trim())
    .find((part) => part !== "");
  if (line === undefined) return undefined;
  if (line.length <= maxLength) return line;
  let end = maxLength - 1;
  // Never cut a surrogate pair in two.
  const last = line.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${line.slice(0, end).trimEnd()}…`;
}

/** A one-line excerpt of a message for transcripts, at most `maxLength` UTF-16 units. */
export function messageSnippet(message: Message, maxLength: number): string {
  const text = messageText(message).replace(/\s+/g, " ").trim();
  if (text !== "") return titleFrom(text, maxLength) ?? "";
  const calls = message.content.filter((block) => block.type === "tool_call").map((block) => block.name);
  if (calls.length > 0) return `[tool call: ${calls.join(", ")}]`;
  for (const block of message.content) {
    if (block.type === "tool_result") return "[tool result]";
    if (block.type === "reasoning") return "[reasoning]";
    if (block.type === "image") return "[image]";
    if (block.type === "document") return "[document]";
  }
  return "";
}
