import type { JsonValue } from "casr-cli/provider";
import { objectsIn, stringAt } from "./json.ts";

/** In front of the summary that kimi-cli goes on from (1.52.0). */
const COMPACTED = "<system>Previous context has been compacted. Here is the compaction output:</system>";

/** The texts of a message's content, which is a text or a list of parts. */
export function textsOf(content: JsonValue | undefined): string[] {
  return typeof content === "string"
    ? [content]
    : objectsIn(content).flatMap((part) => (part["type"] === "text" ? (stringAt(part, "text") ?? "") : []));
}

/** The summary of a compaction by kimi-cli, as its model sees it; undefined for every other message. */
export function cliSummary(content: JsonValue | undefined): string | undefined {
  const texts = textsOf(content);
  return texts[0] === COMPACTED ? texts.join("\n") : undefined;
}
