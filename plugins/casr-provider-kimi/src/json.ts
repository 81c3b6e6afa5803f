import type { JsonObject, JsonValue } from "casr-cli/provider";

/** Whether `value` is a JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The string at `key`, or undefined. */
export function stringAt(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === "string" ? value : undefined;
}

/** The finite number at `key`, or undefined. */
export function numberAt(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The last time that a date of four-digit years can hold. Epoch ms. */
export const LAST_TIME = Date.UTC(9999, 11, 31);

/** A time as whole epoch ms; undefined for what is none, and for the beginning of all time, which stands for none. */
export function usableTime(time: number | undefined): number | undefined {
  return time !== undefined && time >= 1 && time <= LAST_TIME ? Math.floor(time) : undefined;
}

/** When a record was made (epoch ms): `time`, in the first one `created_at`. */
export function timeOf(record: JsonObject | undefined): number | undefined {
  return usableTime(numberAt(record, "time") ?? numberAt(record, "created_at"));
}

/** The object at `key`, or undefined. */
export function objectAt(object: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = object?.[key];
  return isJsonObject(value) ? value : undefined;
}

/** The objects among the elements of an array. */
export function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The arguments of a call that are kept as a text. */
export function argumentsOf(value: JsonValue | undefined): JsonValue {
  if (typeof value !== "string") return value ?? {};
  if (value.trim() === "") return {};
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    // The model wrote no JSON: what it wrote is kept.
    return value;
  }
}
