import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject } from "./json.ts";

/** What one line of a session file does (Gemini CLI 0.61.0, `loadConversationRecord`). */
export type RecordKind = "rewind" | "message" | "set" | "metadata" | "other";

/** Told apart in the order the CLI tells them apart. */
export function kindOf(record: JsonObject): RecordKind {
  if (typeof record["$rewindTo"] === "string") return "rewind";
  if (typeof record["id"] === "string") return "message";
  if (typeof record["$set"] === "object" && record["$set"] !== null) return "set";
  if (typeof record["sessionId"] === "string" && typeof record["projectHash"] === "string") return "metadata";
  return "other";
}

/** What the record of a message begins with, in the key order that the CLI and casr write. Its id must be ASCII. */
const HEAD = /^\{"id":"([^"\\\u0080-\u00ff]+)","timestamp":"[^"\\]*","type":"(\w+)",/;
const HEAD_BYTES = 256;

/** What the first bytes of a line tell of a message without parsing it; undefined when the line looks different. */
export function sniff(line: Uint8Array): { id: string; type: string; rest: string } | undefined {
  const length = Math.min(line.length, HEAD_BYTES);
  const text = Buffer.from(line.buffer, line.byteOffset, length).toString("latin1");
  const [head, id, type] = HEAD.exec(text) ?? [];
  return head === undefined ? undefined : { id: id!, type: type!, rest: text.slice(head.length) };
}

/** The messages a `$set` or metadata record carries. */
export function messagesIn(record: JsonObject): JsonValue[] | undefined {
  const holder = isObject(record["$set"]) ? record["$set"] : record;
  return Array.isArray(holder["messages"]) ? holder["messages"] : undefined;
}

/** Message types that only the user interface shows. */
export const UI_TYPES = new Set(["info", "warning", "error"]);

/** What the CLI has the model answer to a compression summary. */
export const SUMMARY_ANSWER = "Got it. Thanks for the additional context!";

/** What stands in for a signature where the model gave none. */
const SYNTHETIC_SIGNATURE = "skip_thought_signature_validator";

/** Content as parts: a string is one text part, strings inside an array likewise. */
export function partsOf(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === "string") return content === "" ? [] : [{ text: content }];
  if (isObject(content)) return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part): JsonObject[] => {
    if (typeof part === "string") return part === "" ? [] : [{ text: part }];
    return isObject(part) ? [part] : [];
  });
}

/** The text of a part that is plain text, not a thought. */
export function textOf(part: JsonObject): string | undefined {
  return typeof part["text"] === "string" && part["thought"] !== true && !hasPayload(part)
    ? part["text"]
    : undefined;
}

function hasPayload(part: JsonObject): boolean {
  return ["functionCall", "functionResponse", "inlineData", "fileData"].some(
    (key) => part[key] !== undefined,
  );
}

/** Whether a thought was put in by the CLI itself (around binary tool results). */
export function isSyntheticThought(part: JsonObject): boolean {
  return part["thoughtSignature"] === SYNTHETIC_SIGNATURE && part["functionCall"] === undefined;
}

/**
 * An id as it goes over the wire: the CLI puts `<tool name>__` in front of the ids it records and cuts
 * it off again when it sends them.
 */
export function wireId(id: string, name: string): string {
  const prefix = `${name.trim() || "generic_tool"}__`;
  return id.startsWith(prefix) && id.length > prefix.length ? id.slice(prefix.length) : id;
}

/** The recorded id that goes over the wire as `id`. */
export function recordedId(id: string, name: string): string {
  const prefix = `${name.trim() || "generic_tool"}__`;
  return id.startsWith(prefix) ? `${prefix}${id}` : id;
}
