import type { ImageBlock, JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, objectOf, stringOf } from "./json.ts";

const MAGIC: [prefix: string, mediaType: string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

/** Bytes as the editor may have written them into JSON: base64, a data URL, numbers by position. */
function base64Of(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") {
    const text = /^data:[^,]*;base64,([\s\S]*)$/u.exec(value)?.[1] ?? value;
    return /^[A-Za-z0-9+/]{8,}={0,2}$/u.test(text) ? text : undefined;
  }
  const list = Array.isArray(value)
    ? value
    : isObject(value)
      ? (value["data"] ?? Object.values(value))
      : undefined;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const bytes = list.every(
    (byte) => Number.isInteger(byte) && (byte as number) >= 0 && (byte as number) < 256,
  );
  return bytes ? Buffer.from(list as number[]).toString("base64") : undefined;
}

/** An image of a bubble, where its bytes are in the bubble. No public source shows this field filled. */
export function imageOf(value: JsonObject): ImageBlock | undefined {
  const base64 = base64Of(value["data"]) ?? base64Of(objectOf(value, "image")?.["data"]);
  if (base64 === undefined) return undefined;
  const named = stringOf(value, "mimeType") ?? stringOf(value, "mediaType");
  const mediaType = named ?? MAGIC.find(([prefix]) => base64.startsWith(prefix))?.[1];
  return mediaType?.startsWith("image/") === true
    ? { type: "image", mediaType, data: { base64 } }
    : undefined;
}
