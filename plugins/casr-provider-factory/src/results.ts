import type { JsonObject, TextBlock, ImageBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { imageOf } from "./content.ts";
import { unframe } from "./frame.ts";
import { isJsonObject, objectsIn, stringAt } from "./json.ts";

/** What Droid sends for the JSON that these tools record when they succeed. */
const DONE: Readonly<Record<string, string>> = { Create: "created", Edit: "updated", MultiEdit: "updated" };

/** The text that is sent for a recorded one: tools that change files record what the interface shows. */
export function sentText(raw: string, tool: string): string {
  const done = Object.hasOwn(DONE, tool) ? DONE[tool] : undefined;
  if (done === undefined || !raw.startsWith("{")) return raw;
  try {
    const value: unknown = JSON.parse(raw);
    const path = isJsonObject(value) && value["success"] === true ? stringAt(value, "file_path") : undefined;
    return path === undefined ? raw : `The file ${path} has been ${done} successfully.`;
  } catch {
    return raw;
  }
}

function listed(content: JsonObject[]): (TextBlock | ImageBlock)[] {
  return content.flatMap((part): (TextBlock | ImageBlock)[] => {
    const image = part["type"] === "image" ? imageOf(part) : undefined;
    if (image !== undefined) return [image];
    const text = part["type"] === "text" ? (stringAt(part, "text") ?? "") : "";
    return text === "" ? [] : [{ type: "text", text }];
  });
}

/** A `tool_result` block, without its framing. */
export function toolResult(block: JsonObject, call: ToolCallBlock): ToolResultBlock {
  const isError = block["is_error"] === true;
  const base = { type: "tool_result" as const, callId: call.id, isError };
  const raw = block["content"];
  const own = call.foreign === undefined;
  // Texts in a list are nothing but themselves.
  if (typeof raw !== "string") return { ...base, content: listed(objectsIn(raw)) };
  const sent = own && !isError ? sentText(raw, call.name) : raw;
  const { text, exitCode, bare } = own && call.name === "Execute" ? unframe(sent, isError) : { text: sent };
  const native: JsonObject = {
    ...(bare === true ? { bare } : {}),
    ...(sent === raw ? {} : { raw }),
  };
  return {
    ...base,
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === raw ? {} : { framed: sent }),
    ...(/\n\n\[\.\.\. \d+ lines skipped \.\.\.\]\n|\[\.\.\. \d+ lines skipped \.\.\.\]/.test(text)
      ? { truncated: true }
      : {}),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}
