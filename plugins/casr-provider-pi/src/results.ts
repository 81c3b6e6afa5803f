import type { ImageBlock, JsonObject, TextBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { unframe } from "./frame.ts";
import { numberAt } from "./json.ts";

/** The tool whose answers Pi frames. */
export const SHELL = "bash";

/** A `toolResult` message, without its framing. `casr` is the mark of a result that is not framed as Pi would. */
export function toolResult(
  message: JsonObject,
  content: (TextBlock | ImageBlock)[],
  call: ToolCallBlock,
  casr: JsonObject | undefined,
): ToolResultBlock {
  const isError = message["isError"] === true;
  const base = { type: "tool_result" as const, callId: call.id, isError };
  if (casr?.["plain"] === true) {
    const exitCode = numberAt(casr, "exitCode");
    // The last text says how the command ended.
    return exitCode === undefined
      ? { ...base, content }
      : { ...base, content: content.slice(0, -1), exitCode };
  }
  const [only, ...more] = content;
  const isFramed = call.foreign === undefined && call.name === SHELL;
  if (!isFramed || only?.type !== "text" || more.length > 0) return { ...base, content };
  const { text, exitCode } = unframe(only.text, isError);
  return {
    ...base,
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === only.text ? {} : { framed: only.text }),
    ...(/\n\n\[Showing [^\n]* Full output: [^\n]*\]$/.test(text) ? { truncated: true } : {}),
  };
}
