import type { JsonObject } from "casr-cli/provider";
import { isJsonObject, objectAt } from "./json.ts";

const EDITABLE = new Set(["user", "assistant", "toolResult", "custom", "hookMessage"]);

/** An entry as it is sent after a `context_edit` (Pi 1.5): with other content, or (undefined) not at all. */
export function editedEntry(entry: JsonObject, edit: JsonObject): JsonObject | undefined {
  const replacement = edit["replacement"];
  if (replacement === null) return undefined;
  if (!isJsonObject(replacement) || replacement["content"] === undefined) return entry;
  const text = replacement["content"];
  const content = typeof text === "string" ? [{ type: "text", text }] : text;
  if (entry["type"] === "custom_message") return { ...entry, content };
  const message = objectAt(entry, "message");
  const role = message?.["role"];
  if (message === undefined || typeof role !== "string" || !EDITABLE.has(role)) return entry;
  return { ...entry, message: { ...message, content } };
}
