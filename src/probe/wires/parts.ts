import { isJsonObject, stringAt, type JsonValue } from "../../session/json.ts";
import { imageFromUrl } from "../digest.ts";
import type { WireItem, WireRole } from "../types.ts";

/** What nobody here understands, by its type: the one it names, else its keys, else the kind of JSON it is. */
export function opaque(value: JsonValue): WireItem {
  if (!isJsonObject(value)) return { kind: "opaque", type: value === null ? "null" : typeof value };
  return { kind: "opaque", type: stringAt(value, "type") ?? Object.keys(value).join("+") };
}

/** A document sent as a data URL, or by the id of an uploaded file. */
export function documentFromUrl(url: string, role: WireRole): WireItem {
  const { mediaType, digest } = imageFromUrl(url);
  return { kind: "document", role, mediaType, digest };
}

/** Arguments are JSON text that a model may get wrong; they are then compared as text. */
export function parsedJson(value: JsonValue | undefined): JsonValue {
  if (typeof value !== "string") return value ?? {};
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}
