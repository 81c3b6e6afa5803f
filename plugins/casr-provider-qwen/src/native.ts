import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, objectOf } from "./json.ts";

/** The slug under which casr knows Qwen Code. */
export const SLUG = "qwen";
/** The version whose records are written. */
export const VERSION = "0.24.4";

/** Records of other types are skipped, and cut the chain (0.24.4, `validateTranscriptRecord`). */
export const RECORD_TYPES: ReadonlySet<string> = new Set(["user", "assistant", "tool_result", "system"]);

/** Subtypes of system records that are no part of the chain (0.24.4). */
export const ASIDE: ReadonlySet<string> = new Set([
  "session_artifact_event",
  "session_artifact_snapshot",
  "session_sources_snapshot",
  "managed_session_header_v1",
  "managed_session_event_v1",
  "managed_session_commit_v1",
]);

/** User records that the CLI makes itself. */
export const INJECTED: ReadonlySet<string> = new Set(["notification", "cron", "goal_runtime"]);

/** What the CLI has the model answer to a compression's summary. */
export const SUMMARY_ANSWER = "Got it. Thanks for the additional context!";
/** How a compression's summary ends (0.24.4). */
export const SUMMARY_END = "Resume the prior task using the summary above.";

/** A model turn of only these words is what a failing service sends; the CLI leaves it out. */
const PLACEHOLDER = "(request timeout)";

/** The parts of a record's message or of a `Content`. */
export function partsIn(holder: JsonValue | undefined): JsonObject[] {
  if (!isObject(holder)) return [];
  const { parts } = holder;
  if (typeof parts === "string") return [{ text: parts }];
  return Array.isArray(parts)
    ? parts.flatMap((part): JsonObject[] =>
        typeof part === "string" ? [{ text: part }] : isObject(part) ? [part] : [],
      )
    : [];
}

/** The text of a part that is plain text, not a thought. */
export function textOf(part: JsonObject): string | undefined {
  const hasPayload = ["functionCall", "functionResponse", "inlineData", "fileData"].some(
    (key) => part[key] !== undefined,
  );
  return typeof part["text"] === "string" && part["thought"] !== true && !hasPayload
    ? part["text"]
    : undefined;
}

/** Whether a part makes the CLI leave out its whole model turn (0.24.4, `isValidContent`). */
export function isVoid(part: JsonObject): boolean {
  if (Object.keys(part).length === 0) return true;
  const signed = Boolean(part["thought"]) || Boolean(part["thoughtSignature"]);
  return part["text"] === "" && !signed && part["functionCall"] === undefined;
}

/** Whether a model turn says nothing but the placeholder of a failing service. */
export function isPlaceholder(parts: JsonObject[]): boolean {
  if (parts.length === 0 || parts.some((part) => objectOf(part, "functionCall") !== undefined)) return false;
  if (parts.some((part) => part["thought"] !== true && typeof part["text"] !== "string")) return false;
  return (
    parts
      .map((part) => textOf(part) ?? "")
      .join("")
      .trim() === PLACEHOLDER
  );
}

/** A picture or document in an `inlineData` part. */
export interface Media {
  mediaType: string;
  base64: string;
  name?: string;
}

/** The media of a part, when it holds some. */
export function mediaOf(part: JsonObject): Media | undefined {
  const { mimeType, data, displayName } = objectOf(part, "inlineData") ?? {};
  if (typeof mimeType !== "string" || typeof data !== "string" || mimeType === "" || data === "")
    return undefined;
  return {
    mediaType: mimeType,
    base64: data,
    ...(typeof displayName === "string" ? { name: displayName } : {}),
  };
}
