import type { JsonObject, JsonValue } from "casr-cli/provider";

/** Whether `value` is a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The string at `key` of `value`, when `value` is an object that has one there. */
export function stringOf(value: JsonValue | undefined, key: string): string | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === "string" ? found : undefined;
}

/** The finite number at `key` of `value`. */
export function numberOf(value: JsonValue | undefined, key: string): number | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** The object at `key` of `value`. */
export function objectOf(value: JsonValue | undefined, key: string): JsonObject | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : undefined;
}

/** The array at `key` of `value`; empty when there is none. */
export function arrayOf(value: JsonValue | undefined, key: string): JsonValue[] {
  const found = isObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found : [];
}

/** `text` as JSON, or undefined. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
