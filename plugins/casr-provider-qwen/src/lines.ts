import type { JsonObject, Line, World } from "casr-cli/provider";
import { isObject, parseJson } from "./json.ts";

/**
 * The objects in a line that is not one JSON object: after a crash Qwen Code goes on in the same line, and
 * its reader (0.24.4, `recoverObjectsFromLine`) takes what stands there whole.
 */
function objectsInside(text: string): JsonObject[] {
  const found: JsonObject[] = [];
  let depth = 0;
  let start = -1;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === "\\") index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{") {
      if (depth === 0) start = index;
      depth += 1;
    } else if (character === "}" && depth > 0) {
      depth -= 1;
      const value = depth === 0 ? parseJson(text.slice(start, index + 1)) : undefined;
      if (isObject(value)) found.push(value);
    }
  }
  return found;
}

/** The records of one line: one, none for a blank or damaged line, or the several of a damaged one. */
export function recordsOf(text: string): JsonObject[] {
  const value = parseJson(text);
  if (isObject(value)) return [value];
  return value === undefined ? objectsInside(text) : [];
}

export function isBlank(line: Pick<Line, "bytes">): boolean {
  return line.bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** The records of a line, with a warning when it is damaged. */
export function recordsOfLine(
  line: Line,
  path: string,
  world: World,
): { records: JsonObject[]; damaged: boolean } {
  const text = line.text();
  const value = parseJson(text);
  if (isObject(value)) return { records: [value], damaged: false };
  const records = recordsOf(text);
  if (records.length === 0) {
    // Warns, with file and line.
    world.toolkit.parseJsonLine(line, path);
    return { records, damaged: true };
  }
  const message = `a damaged line; ${records.length} complete ${records.length === 1 ? "record was" : "records were"} kept`;
  world.warn({ code: "bad-line", message, path, line: line.number });
  return { records, damaged: true };
}
