import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { isJsonObject, type JsonValue } from "../../src/session/json.ts";
import { jsonLines, listFiles, parseJson } from "./files.ts";

/** Tells whether a text stands in any JSON file of a recorded home, decoded. */
export async function homeSearch(home: string): Promise<(text: string) => boolean> {
  const strings: string[] = [];
  for (const path of await listFiles(home)) {
    const name = path.replace(/\.zst$/, "");
    if (!/\.jsonl?$/.test(name)) continue;
    const raw = await readFile(join(home, path));
    const bytes = name === path ? raw : zstdDecompressSync(raw);
    const values = name.endsWith(".json") ? [parseJson(bytes.toString("utf8"))] : jsonLines(bytes);
    for (const value of values) collect(value, strings);
  }
  return (text) => strings.some((candidate) => candidate.includes(text));
}

function collect(value: JsonValue, strings: string[]): void {
  if (typeof value === "string") {
    strings.push(value);
    // Arguments and results are often JSON inside a string.
    if (value.startsWith("{")) collect(parseJson(value), strings);
  }
  if (Array.isArray(value)) for (const item of value) collect(item, strings);
  else if (isJsonObject(value)) for (const item of Object.values(value)) collect(item, strings);
}
