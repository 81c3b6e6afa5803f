import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";

/** The slug under which casr knows Continue. */
export const SLUG = "continue";

/** What sessions are called that nobody has named: by cn, and by the IDE extensions. */
const NAMELESS: ReadonlySet<string> = new Set(["", "Untitled Session", "New Session"]);

/** A title that somebody gave. */
export function nameOf(title: JsonValue | undefined): string | undefined {
  const name = typeof title === "string" ? title.trim() : "";
  return NAMELESS.has(name) ? undefined : name;
}

/** The path of a workspace: the extensions write it as an address. */
export function workspaceOf(directory: JsonValue | undefined): string | undefined {
  if (typeof directory !== "string" || directory === "") return undefined;
  if (!directory.startsWith("file://")) return directory;
  try {
    const path = decodeURIComponent(directory.slice("file://".length));
    return /^\/[A-Za-z]:/u.test(path) ? path.slice(1) : path;
  } catch {
    return directory;
  }
}

/** The message of an item of the history. */
export function messageOf(item: JsonValue | undefined): JsonObject {
  const message = isObject(item) ? item["message"] : undefined;
  return isObject(message) ? message : {};
}

/** The texts of a message, each part for itself. */
export function textsOf(content: JsonValue | undefined): string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => stringOf(part, "text") ?? []);
}

/** What cn sends for a call without an output (1.5.47). */
export const CANCELLED = "Tool cancelled";
