import type { JsonObject, JsonValue, ToolResultBlock, World } from "casr-cli/provider";
import { exitHead } from "./frame.ts";
import { isObject, numberOf } from "./json.ts";
import { imageOf } from "./task-records.ts";

/** What the shell of the CLI, and of the extension's newer half, is called. */
const SHELL = "run_commands";

/**
 * An answer in a task: text, or text and pictures. Its mark says that it is to be read to the letter, and which exit
 * code was put in front of it.
 */
export async function encodeTaskResult(
  name: string,
  answer: ToolResultBlock,
  world: World,
): Promise<{ block: JsonObject; mark: JsonObject }> {
  const exit = name === SHELL ? (answer.exitCode ?? 0) : 0;
  const texts: string[] = [];
  const parts: JsonObject[] = exit === 0 ? [] : [{ type: "text", text: `${exitHead(exit)}\n` }];
  let hasImage = false;
  for (const part of answer.content) {
    if (part.type === "text" && part.text === "") continue;
    if (part.type === "text") texts.push(part.text);
    else hasImage = true;
    parts.push(part.type === "text" ? { type: "text", text: part.text } : await imageOf(part, world));
  }
  const head = exit === 0 ? "" : `${exitHead(exit)}\n`;
  const content: JsonValue = hasImage ? parts : head + texts.join("");
  const flag = answer.isError ? { is_error: true } : {};
  return {
    block: { type: "tool_result", tool_use_id: answer.callId, content, ...flag },
    mark: { plain: true, ...(answer.exitCode === undefined ? {} : { exitCode: answer.exitCode }) },
  };
}

/** The content of an answer without the exit code that casr put in front of it. */
export function withoutExitHead(content: JsonValue | undefined, mark: JsonValue | undefined): JsonValue {
  const exit = numberOf(mark, "exitCode");
  const head = exit === undefined || exit === 0 ? "" : `${exitHead(exit)}\n`;
  if (head === "" || content === undefined) return content ?? "";
  if (typeof content === "string") return content.startsWith(head) ? content.slice(head.length) : content;
  const first = Array.isArray(content) ? content[0] : undefined;
  const isHead = isObject(first) && first["text"] === head;
  return Array.isArray(content) && isHead ? content.slice(1) : content;
}
