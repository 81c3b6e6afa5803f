import type {
  BinarySource,
  Block,
  JsonObject,
  JsonValue,
  ReasoningBlock,
  TextBlock,
} from "casr-cli/provider";
import { argumentsOf, isJsonObject, objectAt, objectsIn, stringAt } from "./json.ts";

/** What a part of a message is; `nothing` is what Kimi Code leaves out of a request (`isVacuousContentPart`). */
export function partKind(part: JsonValue | undefined): "text" | "think" | "media" | "nothing" {
  if (!isJsonObject(part)) return "nothing";
  switch (part["type"]) {
    case "text":
      return (stringAt(part, "text") ?? "").trim() === "" ? "nothing" : "text";
    case "think": {
      const isEmpty = (stringAt(part, "think") ?? "").trim() === "";
      return isEmpty && stringAt(part, "encrypted") === undefined ? "nothing" : "think";
    }
    case "image_url":
    case "audio_url":
    case "video_url":
      return urlOf(part, part["type"]) === "" ? "nothing" : "media";
    default:
      return "nothing";
  }
}

/** `imageUrl.url` since Kimi Code, `image_url.url` in kimi-cli. */
function urlOf(part: { [key: string]: JsonValue }, type: string): string {
  const own = objectAt(part, type.replace("_url", "Url")) ?? objectAt(part, type);
  return stringAt(own, "url") ?? "";
}

const DATA = /^data:([^;,]{1,100})(?:;[^,]{0,100})?;base64,/;
const BLOB = /^blobref:([^;]{1,100});([0-9a-f]{64})$/;

/** Finds the bytes that the name of a blob stands for; undefined when they are gone. */
export type Blobs = (hash: string) => Promise<BinarySource | undefined>;

/** The block of one part; undefined for what is not sent. `service` is who the model was asked through. */
export async function blockOf(
  part: JsonValue | undefined,
  blobs: Blobs,
  service?: string,
): Promise<Block | undefined> {
  if (!isJsonObject(part)) return undefined;
  switch (partKind(part)) {
    case "text":
      return { type: "text", text: stringAt(part, "text") ?? "" };
    case "think":
      return thoughtOf(part, service);
    case "media":
      return mediaOf(urlOf(part, part["type"] as string), part["type"] === "image_url", blobs);
    default:
      return undefined;
  }
}

/** A call in a message of its own; undefined for one without an id or a name. */
export function storedCall(call: JsonObject): { id: string; name: string; input: JsonValue } | undefined {
  const own = objectAt(call, "function") ?? call;
  const id = stringAt(call, "id") ?? "";
  const name = stringAt(own, "name") ?? "";
  if (id === "" || name === "") return undefined;
  return { id, name, input: argumentsOf(own["arguments"]) };
}

/** The text of an `apply_compaction` that the model goes on from; "" where there is none. */
export function summaryOf(record: JsonObject): string {
  const { summary } = record;
  const own = isJsonObject(summary)
    ? objectsIn(summary["content"]).flatMap((part) => stringAt(part, "text") ?? [])
    : [summary];
  return stringAt(record, "contextSummary") ?? own.filter((each) => typeof each === "string").join("");
}

/** What an answer of the model can hold beside its calls. */
export function isAnswerBlock({ type }: Block): boolean {
  return type === "text" || type === "reasoning";
}

/** What a message to the model can hold. */
export function isPromptBlock({ type }: Block): boolean {
  return type !== "reasoning";
}

/** What the model thought. What is encrypted can be read by the service alone that it came from. */
function thoughtOf(part: { [key: string]: JsonValue }, service: string | undefined): ReasoningBlock {
  const text = stringAt(part, "think") ?? "";
  const secret = stringAt(part, "encrypted");
  const block: ReasoningBlock = { type: "reasoning", text };
  if (secret === undefined || secret === "") return block;
  if (service === "anthropic") {
    if (text.trim() === "") return { ...block, encrypted: secret, redacted: true, issuer: "anthropic" };
    return { ...block, signature: secret, issuer: "anthropic" };
  }
  if (service?.startsWith("openai") === true) return { ...block, encrypted: secret, issuer: "openai" };
  if (service?.startsWith("google") === true || service?.startsWith("vertex") === true)
    return { ...block, signature: secret, issuer: "google" };
  return { ...block, encrypted: secret };
}

/** A picture; sound and films become documents. What lies elsewhere stays a text with its address. */
async function mediaOf(url: string, isImage: boolean, blobs: Blobs): Promise<Block> {
  const data = DATA.exec(url);
  if (data !== null) {
    const source = { base64: url.slice(data[0].length) };
    return { type: isImage ? "image" : "document", mediaType: data[1]!.toLowerCase(), data: source };
  }
  const blob = BLOB.exec(url);
  const source = blob === null ? undefined : await blobs(blob[2]!);
  if (blob !== null && source !== undefined)
    return { type: isImage ? "image" : "document", mediaType: blob[1]!.toLowerCase(), data: source };
  const missing: TextBlock = { type: "text", text: blob === null ? `[media: ${url}]` : "[media missing]" };
  return missing;
}
