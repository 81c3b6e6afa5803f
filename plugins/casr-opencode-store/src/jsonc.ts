import type { JsonObject } from "casr-cli/provider";
import { isObject, parseJson } from "./json.ts";

/** A string, a comment, or a comma before a closing bracket. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g;

/** The object in JSON with comments and trailing commas; undefined when it is none. */
export function parseJsonc(text: string): JsonObject | undefined {
  const strip = (source: string): string =>
    source.replace(TOKEN, (token) => (token.startsWith('"') ? token : ""));
  // A comment may stand between a comma and its bracket, so the commas are looked at once more.
  const value = parseJson(strip(strip(text)));
  return isObject(value) ? value : undefined;
}
