import type { JsonObject } from "casr-cli/provider";
import { attachedContent } from "./attachments.ts";
import { contentBlocks } from "./content.ts";
import { isJsonObject, objectAt, stringAt } from "./json.ts";
import { responseBlocks } from "./responses.ts";
import { resultDocuments } from "./results.ts";
import { ODD, type RecordKind } from "./table.ts";

/** A line of a response: 1 when something of it is sent. Answers of the service's own tools divide a response. */
function ofResponse(record: JsonObject, calls: number): number {
  let speaks = false;
  let made = 0;
  for (const block of responseBlocks(record)) {
    if (block.type === "tool_result") return ODD;
    if (block.type === "tool_call") made += 1;
    if (block.type !== "reasoning" || block.displayOnly === true) speaks = true;
  }
  if (made !== calls) return ODD;
  return speaks ? 1 : 0;
}

/** A record with results: one message for results that follow each other, one for what stands between, one for each document. */
function ofResults(record: JsonObject, calls: number): number {
  const content = objectAt(record, "message")?.["content"];
  let messages = 0;
  let results = 0;
  let role = "";
  for (const value of Array.isArray(content) ? content : []) {
    const isResult = isJsonObject(value) && value["type"] === "tool_result";
    if (isResult ? stringAt(value, "tool_use_id") === undefined : contentBlocks([value]).length === 0)
      continue;
    if (isResult) results += 1;
    const own = isResult ? "tool" : "user";
    if (own !== role) messages += 1;
    role = own;
    if (!isResult || resultDocuments(value).length === 0) continue;
    messages += 1;
    role = "user";
  }
  return results === calls && messages < ODD ? messages : ODD;
}

/**
 * How many messages `MessageMaker` makes of a record, told without making them. `calls` is how many calls it makes or
 * answers.
 */
export function yieldsOf(kind: RecordKind, record: JsonObject, calls: number): number {
  switch (kind) {
    case "assistant":
      return ofResponse(record, calls);
    case "result":
      return ofResults(record, calls);
    case "command":
      return (stringAt(record, "content") ?? "").trim() === "" ? 0 : 1;
    case "attachment":
      return (attachedContent(record)?.blocks.length ?? 0) === 0 ? 0 : 1;
    case "user": {
      const content = objectAt(record, "message")?.["content"];
      const blocks = contentBlocks(Array.isArray(content) || content === undefined ? content : [content]);
      const counts =
        record["isCompactSummary"] === true ? blocks.some(({ type }) => type === "text") : blocks.length > 0;
      return counts ? 1 : 0;
    }
    default:
      return 0;
  }
}
