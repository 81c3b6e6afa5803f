import { arrayAt, isJsonObject, objectAt, type JsonObject, type JsonValue } from "../session/json.ts";

/** Deep enough for any schema an agent sends; a schema that refers to itself must still end. */
const MAX_DEPTH = 8;

/**
 * The smallest value that a JSON schema accepts: first enum value, empty array, required members only.
 * Agents that ask for JSON retry for a long time when the answer does not fit their schema.
 */
export function sampleJson(schema: JsonValue, depth = 0): JsonValue {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return {};
  const allowed = arrayAt(schema, "enum");
  if (allowed !== undefined && allowed.length > 0) return allowed[0] ?? null;
  const declared = schema["type"];
  const type = String(Array.isArray(declared) ? declared[0] : declared).toLowerCase();
  switch (type) {
    case "string":
      return "ok";
    case "number":
    case "integer":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 0;
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return [];
    default:
      return sampleObject(schema, depth);
  }
}

function sampleObject(schema: JsonObject, depth: number): JsonObject {
  const properties = objectAt(schema, "properties") ?? {};
  const required = arrayAt(schema, "required") ?? Object.keys(properties);
  const value: JsonObject = {};
  for (const key of required) {
    if (typeof key === "string") value[key] = sampleJson(properties[key] ?? {}, depth + 1);
  }
  return value;
}
