import type { Block, ImageBlock, JsonObject, JsonValue, ReasoningBlock } from "casr-cli/provider";
import { isJsonObject, objectAt, stringAt } from "./json.ts";

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}

/** A picture of the Messages API; undefined when it holds none. */
export function imageOf(block: JsonObject): ImageBlock | undefined {
  const source = objectAt(block, "source");
  const mediaType = nonEmpty(stringAt(source, "media_type"));
  const base64 = nonEmpty(stringAt(source, "data"));
  return mediaType === undefined || base64 === undefined
    ? undefined
    : { type: "image", mediaType, data: { base64 } };
}

function documentOf(block: JsonObject): Block | undefined {
  const source = objectAt(block, "source");
  const mediaType = nonEmpty(stringAt(source, "media_type"));
  const data = nonEmpty(stringAt(source, "data"));
  if (mediaType === undefined || data === undefined) return undefined;
  const base64 = source?.["type"] === "text" ? Buffer.from(data, "utf8").toString("base64") : data;
  const name = nonEmpty(stringAt(block, "title"));
  return { type: "document", mediaType, data: { base64 }, ...(name === undefined ? {} : { name }) };
}

/** Thoughts: those that Anthropic signed are sent again as such, all others as text. */
function reasoningOf(block: JsonObject): ReasoningBlock | undefined {
  if (block["type"] === "redacted_thinking") {
    const encrypted = nonEmpty(stringAt(block, "data"));
    return encrypted === undefined
      ? undefined
      : { type: "reasoning", text: "", encrypted, redacted: true, issuer: "anthropic" };
  }
  const text = stringAt(block, "thinking");
  const signature = nonEmpty(stringAt(block, "signature"));
  const provider = stringAt(block, "signatureProvider") ?? "anthropic";
  if (text === undefined || (text === "" && signature === undefined)) return undefined;
  return {
    type: "reasoning",
    text,
    ...(signature === undefined || provider !== "anthropic"
      ? {}
      : { signature, issuer: "anthropic" as const }),
  };
}

/** The spoken blocks of a message: texts, thoughts, pictures, documents. Calls and results are the caller's. */
export function spokenBlock(block: JsonValue): Block | undefined {
  if (!isJsonObject(block)) return undefined;
  switch (block["type"]) {
    case "text": {
      const text = stringAt(block, "text") ?? "";
      return text.trim() === "" ? undefined : { type: "text", text };
    }
    case "thinking":
    case "redacted_thinking":
      return reasoningOf(block);
    case "image":
      return imageOf(block);
    case "document":
      return documentOf(block);
    default:
      return undefined;
  }
}

/** The blocks of a message's content; a string is one text. */
export function blocksOf(content: JsonValue | undefined): JsonValue[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content : [];
}
