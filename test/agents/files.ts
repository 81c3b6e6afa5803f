import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/session/json.ts";

/** All regular files below `folder` of `root`, relative to `root`, sorted; none when the folder is missing. */
export async function listFiles(root: string, folder = ""): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await listFiles(root, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

/** Size and sha256 of every file below `root`, but for those that `skip` names. */
export async function hashTree(root: string, skip: (path: string) => boolean): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const path of await listFiles(root)) {
    if (skip(path)) continue;
    hashes.set(
      path,
      createHash("sha256")
        .update(await readFile(join(root, path)))
        .digest("hex"),
    );
  }
  return hashes;
}

/** The file's text, or undefined when it cannot be read. */
export async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

export function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

/** The JSON values of the lines that are JSON. */
export function jsonLines(data: string | Buffer): JsonValue[] {
  const lines = data.toString("utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map(parseJson);
}

export function stringField(value: JsonValue | undefined, key: string): string | undefined {
  const field = isJsonObject(value) ? value[key] : undefined;
  return typeof field === "string" ? field : undefined;
}

export function objectField(value: JsonValue | undefined, key: string): JsonObject | undefined {
  const field = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(field) ? field : undefined;
}
