import { isDeeperThan } from "../session/depth.ts";
import type { JsonValue } from "../session/json.ts";

/** JSON text of a value; a note for one that nests too deeply to be written. */
export function jsonText(value: JsonValue): string {
  return isDeeperThan(value) ? "[too deeply nested]" : JSON.stringify(value);
}
