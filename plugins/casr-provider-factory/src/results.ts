import type { JsonObject, TextBlock, ImageBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { imageOf } from "./content.ts";
import { unframe } from "./frame.ts";
import { isJsonObject, objectsIn, stringAt } from "./json.ts";

/** What Droid says in place of the JSON that these tools record for the interface. */
const DONE: Readonly<Record<string, string>> = {
  Create: "created",
  Edit: "updated",
  MultiEdit: "updated",
};

/** Whether Droid makes a sentence of its own from what this tool recorded. */
export function isReported(tool: string): boolean {
  return Object.hasOwn(DONE, tool);
}

/**
 * The text that is sent for a recorded one (0.225.2). Of tools that change files it is a sentence about the file,
 * whatever else was recorded, unless that begins with `Error:`; a text of `Create` that is no JSON stays too.
 */
export function sentText(raw: string, tool: string): string {
  if (!isReported(tool) || raw === "" || raw.startsWith("Error:")) return raw;
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    if (tool === "Create") return raw;
  }
  if (value === null && tool === "Create") return raw;
  const path = isJsonObject(value) ? value["file_path"] : undefined;
  const file = (typeof path === "string" && path !== "") || typeof path === "number" ? ` ${path}` : "";
  return `The file${file} has been ${DONE[tool]} successfully.`;
}

function listed(content: JsonObject[]): (TextBlock | ImageBlock)[] {
  return content.flatMap((part): (TextBlock | ImageBlock)[] => {
    const image = part["type"] === "image" ? imageOf(part) : undefined;
    if (image !== undefined) return [image];
    const text = part["type"] === "text" ? (stringAt(part, "text") ?? "") : "";
    return text === "" ? [] : [{ type: "text", text }];
  });
}

/** A `tool_result` block, without its framing. `exitCode` is what casr put behind the parts of a list. */
export function toolResult(block: JsonObject, call: ToolCallBlock, exitCode?: number): ToolResultBlock {
  const isError = block["is_error"] === true;
  const base = { type: "tool_result" as const, callId: call.id, isError };
  const raw = block["content"];
  // Texts in a list are nothing but themselves.
  if (typeof raw !== "string")
    return exitCode === undefined
      ? { ...base, content: listed(objectsIn(raw)) }
      : { ...base, content: listed(objectsIn(raw).slice(0, -1)), exitCode };
  return { ...base, ...framedText(raw, call, isError) };
}

/** The text of a result without its framing, and what that told. */
function framedText(
  raw: string,
  call: ToolCallBlock,
  isError: boolean,
): Pick<ToolResultBlock, "content" | "exitCode" | "framed" | "truncated" | "native"> {
  const own = call.foreign === undefined;
  const sent = own ? sentText(raw, call.name) : raw;
  const { text, exitCode, bare } = own && call.name === "Execute" ? unframe(sent, isError) : { text: sent };
  const native: JsonObject = {
    ...(bare === true ? { bare } : {}),
    ...(sent === raw ? {} : { raw }),
  };
  return {
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === raw ? {} : { framed: sent }),
    ...(/\n\n\[\.\.\. \d+ lines skipped \.\.\.\]\n|\[\.\.\. \d+ lines skipped \.\.\.\]/.test(text)
      ? { truncated: true }
      : {}),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}
