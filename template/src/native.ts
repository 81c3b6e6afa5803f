/*
 * The agent's own format: JSON lines. Line 1 is the head, each further line a message. This is the file to begin
 * with: describe here what you found on disk, with the version of the agent you found it in.
 */
import type { JsonObject, JsonValue, World } from "casr-cli/provider";

/** Line 1. `casr` is casr's mark: where a converted session came from. */
export interface Head {
  session: string;
  title?: string;
  workspace?: string;
  created?: string;
  casr?: JsonObject;
}

/** A part of a message. */
export type Part =
  | { type: "text"; text: string }
  | { type: "summary"; text: string }
  | { type: "thinking"; text: string }
  | { type: "image"; mime: string; data: string }
  | { type: "call"; id: string; tool: string; args: JsonValue }
  | { type: "result"; id: string; output: Part[]; failed: boolean; exit?: number };

/** Every further line. */
export interface MessageRecord {
  type: "message";
  role: string;
  time?: string;
  origin?: string;
  parts: Part[];
}

/** Whether `value` is an object. What a file holds may be anything: nothing is believed unseen. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Line 1 of the file at `path` as a head; undefined when it is none. */
export async function readHead(path: string, world: World): Promise<Head | undefined> {
  for await (const line of world.files.lines(path)) {
    const record = world.toolkit.parseJsonLine(line, path);
    return record === undefined ? undefined : headFrom(record);
  }
  return undefined;
}

/** The head in a parsed line; undefined when it is none. */
function headFrom(record: JsonObject): Head | undefined {
  const { session, title, workspace, created, casr } = record;
  if (typeof session !== "string") return undefined;
  return {
    session,
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof workspace === "string" ? { workspace } : {}),
    ...(typeof created === "string" ? { created } : {}),
    ...(isObject(casr) ? { casr } : {}),
  };
}

/** The part in a JSON value; undefined when it is none that is known. */
export function partFrom(value: JsonValue): Part | undefined {
  if (!isObject(value)) return undefined;
  const { type, text, mime, data, id, tool, args, output, failed, exit } = value;
  switch (type) {
    case "text":
    case "summary":
    case "thinking":
      return typeof text === "string" ? { type, text } : undefined;
    case "image":
      return typeof mime === "string" && typeof data === "string" ? { type, mime, data } : undefined;
    case "call":
      if (typeof id !== "string" || id === "" || typeof tool !== "string" || tool === "") return undefined;
      return { type, id, tool, args: args ?? {} };
    case "result": {
      if (typeof id !== "string" || id === "") return undefined;
      const parts = Array.isArray(output) ? output.map(partFrom).filter((part) => part !== undefined) : [];
      const code = Number.isInteger(exit) ? { exit: exit as number } : {};
      return { type, id, output: parts, failed: failed === true, ...code };
    }
    default:
      return undefined;
  }
}
