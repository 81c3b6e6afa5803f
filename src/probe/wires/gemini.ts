import {
  arrayAt,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../../session/json.ts";
import { imageFromBase64, sha256 } from "../digest.ts";
import { jsonText } from "../json-text.ts";
import type { WireImage, WireItem, WireRole } from "../types.ts";
import { opaque } from "./parts.ts";

type ResultItem = Extract<WireItem, { kind: "result" }>;

/** The conversation in a request to Gemini's generateContent. */
export function readGemini(body: JsonValue): WireItem[] {
  const contents = (isJsonObject(body) && arrayAt(body, "contents")) || [];
  return contents.flatMap((content) => (isJsonObject(content) ? readContent(content) : [opaque(content)]));
}

function readContent(content: JsonObject): WireItem[] {
  const role: WireRole = content["role"] === "model" ? "assistant" : "user";
  const items: WireItem[] = [];
  // A picture right after a function response is that tool's picture.
  let result: ResultItem | undefined;
  for (const part of arrayAt(content, "parts") ?? []) {
    if (!isJsonObject(part)) {
      items.push(opaque(part));
      continue;
    }
    const response = objectAt(part, "functionResponse");
    const media = objectAt(part, "inlineData");
    if (response !== undefined) {
      result = readResponse(response);
      items.push(result);
    } else if (media !== undefined && result !== undefined && isImage(media)) {
      result.images.push(readImage(media));
    } else {
      const item = readPart(part, role);
      if (item.kind !== "opaque") result = undefined;
      items.push(item);
    }
  }
  return items;
}

function readPart(part: JsonObject, role: WireRole): WireItem {
  const call = objectAt(part, "functionCall");
  if (call !== undefined) {
    const name = stringAt(call, "name") ?? "";
    return { kind: "call", id: stringAt(call, "id") ?? "", name, input: call["args"] ?? {} };
  }
  const media = objectAt(part, "inlineData");
  if (media !== undefined) {
    if (isImage(media)) return { kind: "image", role, image: readImage(media) };
    const digest = sha256(Buffer.from(stringAt(media, "data") ?? "", "base64"));
    return { kind: "document", role, mediaType: stringAt(media, "mimeType") ?? "", digest };
  }
  const file = objectAt(part, "fileData");
  if (file !== undefined) {
    const uri = stringAt(file, "fileUri") ?? "";
    const mediaType = stringAt(file, "mimeType") ?? "";
    if (!isImage(file)) return { kind: "document", role, mediaType, digest: sha256(uri) };
    return { kind: "image", role, image: { mediaType, digest: sha256(uri), bytes: 0 } };
  }
  const text = stringAt(part, "text");
  if (text === undefined) return opaque(part);
  if (part["thought"] === true) return { kind: "reasoning", text, readable: text !== "" };
  return { kind: role, text };
}

function isImage(media: JsonObject): boolean {
  return (stringAt(media, "mimeType") ?? "").startsWith("image/");
}

function readImage(media: JsonObject): WireImage {
  return imageFromBase64(stringAt(media, "mimeType") ?? "", stringAt(media, "data") ?? "");
}

/** `output` and `error` are the two keys every agent writes; anything else is shown as JSON. */
function readResponse(functionResponse: JsonObject): ResultItem {
  const response = objectAt(functionResponse, "response") ?? {};
  const { error, output, ...others } = response;
  const texts: string[] = [];
  if (output !== undefined) texts.push(asText(output));
  if (error !== undefined) texts.push(asText(error));
  if (Object.keys(others).length > 0) texts.push(jsonText(others));
  const images: WireImage[] = [];
  for (const part of arrayAt(functionResponse, "parts") ?? []) {
    const media = isJsonObject(part) ? objectAt(part, "inlineData") : undefined;
    if (media !== undefined && isImage(media)) images.push(readImage(media));
  }
  return {
    kind: "result",
    callId: stringAt(functionResponse, "id") ?? "",
    text: texts.join("\n"),
    images,
    isError: error !== undefined,
  };
}

function asText(value: JsonValue): string {
  return typeof value === "string" ? value : jsonText(value);
}
