import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";

export const SLUG = "amp";

/** `T-` and a UUID of any version, as Amp itself tests it (0.0.1767830505). */
const THREAD_ID = /^T-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isThreadId(text: string): boolean {
  return THREAD_ID.test(text);
}

/** The thread id made from a UUID. */
export function threadId(uuid: string): string {
  return `T-${uuid}`;
}

/** The content blocks of a message; a string counts as one text. */
export function blocksOf(message: JsonObject): JsonObject[] {
  const content = message["content"];
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content.filter(isObject) : [];
}

/** A call that was not received whole is not sent again (0.0.1767830505). */
export function isWholeCall(block: JsonObject): boolean {
  return "complete" in block ? block["complete"] === true : !("inputPartialJSON" in block);
}

/** The text of the summary in an `info` message; what stands before the last one is not sent. */
export function summaryOf(message: JsonObject): string | undefined {
  if (message["role"] !== "info") return undefined;
  for (const block of blocksOf(message)) {
    if (block["type"] !== "summary") continue;
    const summary = isObject(block["summary"]) ? block["summary"] : undefined;
    if (stringOf(summary, "type") === "message") return stringOf(summary, "summary");
  }
  return undefined;
}

/** States in which a tool's run has ended. */
const ENDED = new Set<JsonValue>(["done", "error", "cancelled", "rejected-by-user"]);

/** Whether a run has ended; Amp cancels all others when the thread is continued. */
export function hasEnded(run: JsonObject): boolean {
  return ENDED.has(run["status"] ?? null);
}

/** Versions are `0.0.<build time in epoch seconds>-g<commit>`. */
export const VERSION = /\b0\.0\.(1\d{9})-g[0-9a-f]{4,12}\b/;

/** When a version was built, epoch seconds; undefined for other texts. */
export function builtAt(version: string): number | undefined {
  const match = VERSION.exec(version);
  return match === null ? undefined : Number(match[1]);
}

/** casr's own notes at a message, a call or a run: Amp keeps the key and never sends it. */
export function markOf(value: JsonObject): JsonObject {
  return isObject(value["casr"]) ? value["casr"] : {};
}
