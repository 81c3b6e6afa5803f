import type { Block, ImageBlock, JsonObject, JsonValue, TextBlock } from "casr-cli/provider";
import { isJsonObject, objectAt, stringAt } from "./json.ts";

/** A text block, or nothing for a text that is only white space: such texts are not sent. */
export function textBlock(text: string | undefined): TextBlock[] {
  return text === undefined || text.trim() === "" ? [] : [{ type: "text", text }];
}

/** An image with its bytes inline. */
export function imageBlock(mediaType: string, base64: string, name?: string): ImageBlock {
  return {
    type: "image",
    mediaType,
    data: { base64 },
    ...(name === undefined || name === "" ? {} : { name }),
  };
}

/** The image in a native `image` block; undefined when its bytes are not in the record. */
export function nativeImage(block: JsonObject): ImageBlock | undefined {
  const source = objectAt(block, "source");
  const data = stringAt(source, "data");
  if (data === undefined) return undefined;
  return imageBlock(stringAt(source, "media_type") ?? "image/png", data);
}

function documentBlock(block: JsonObject): Block[] {
  const source = objectAt(block, "source");
  const data = stringAt(source, "data");
  if (data === undefined) return textBlock(stringAt(source, "url"));
  const isText = stringAt(source, "type") === "text";
  const name = stringAt(block, "title");
  return [
    {
      type: "document",
      mediaType: stringAt(source, "media_type") ?? "application/pdf",
      data: { base64: isText ? Buffer.from(data, "utf8").toString("base64") : data },
      ...(name === undefined ? {} : { name }),
    },
  ];
}

/** One block of a user message; results are not made here. */
function userBlock(value: JsonValue): Block[] {
  if (typeof value === "string") return textBlock(value);
  if (!isJsonObject(value)) return [];
  switch (value["type"]) {
    case "text":
      return textBlock(stringAt(value, "text"));
    case "image": {
      const image = nativeImage(value);
      return image === undefined ? textBlock(stringAt(objectAt(value, "source"), "url")) : [image];
    }
    case "document":
      return documentBlock(value);
    default:
      return [];
  }
}

/** The blocks of native user content: a string, or a list of native blocks. */
export function contentBlocks(content: JsonValue | undefined): Block[] {
  if (typeof content === "string") return textBlock(content);
  return Array.isArray(content) ? content.flatMap(userBlock) : [];
}
