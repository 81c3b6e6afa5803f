import type { JsonObject, PatchChange, ToolCallBlock, ToolResultBlock, Toolkit } from "casr-cli/provider";
import { isAbsolute, join } from "./paths.ts";

/** How much of a tool's answer an event repeats for the eye; the model gets it all from the output itself. */
const SHOWN_CHARS = 2000;

function textOf(result: ToolResultBlock): string {
  const text = result.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

const count = (text: string): number => (text === "" ? 0 : text.split("\n").length);
const marked = (text: string, mark: string): string =>
  text === ""
    ? ""
    : text
        .split("\n")
        .map((line) => `${mark}${line}\n`)
        .join("");

/** A unified diff of whole-line hunks. Line numbers are not known and count from 1. */
function unifiedDiff(change: PatchChange & { op: "update" }): string {
  let line = 1;
  return change.hunks
    .map(({ oldText, newText }) => {
      const header = `@@ -${line},${count(oldText)} +${line},${count(newText)} @@\n`;
      line += Math.max(count(oldText), count(newText)) + 1;
      return header + marked(oldText, "-") + marked(newText, "+");
    })
    .join("");
}

function changesOf(changes: PatchChange[], workspace: string): JsonObject {
  const shown: JsonObject = {};
  for (const change of changes) {
    const path = isAbsolute(change.path) ? change.path : join(workspace, change.path);
    if (change.op === "add") shown[path] = { type: "add", content: change.content };
    else if (change.op === "delete") shown[path] = { type: "delete", content: "" };
    else {
      const move = change.movePath;
      const target = move === undefined ? null : isAbsolute(move) ? move : join(workspace, move);
      shown[path] = { type: "update", unified_diff: unifiedDiff(change), move_path: target };
    }
  }
  return shown;
}

/** Which server a call is shown under in Codex's interface; undefined for tools Codex shows by itself or not at all. */
function shownServer(call: ToolCallBlock): { server: string; tool: string } | undefined {
  if (call.foreign !== undefined) return { server: call.foreign.provider, tool: call.foreign.name };
  const match = /^mcp__(.+?)__(.+)$/.exec(call.name);
  return match === null ? undefined : { server: match[1]!, tool: match[2]! };
}

/**
 * The event by which Codex 0.169.0 shows a finished call of a legacy session: file changes and tools of
 * others. Undefined where it shows nothing. Events never reach the model.
 */
export function resultEvent(
  call: ToolCallBlock,
  result: ToolResultBlock,
  turn: { id: string; workspace: string },
  toolkit: Toolkit,
): JsonObject | undefined {
  if (call.name === "apply_patch" && typeof call.input === "string") {
    const changes = toolkit.parsePatch(call.input);
    if (changes === undefined) return undefined;
    return {
      type: "patch_apply_end",
      call_id: call.id,
      turn_id: turn.id,
      stdout: result.isError ? "" : textOf(result),
      stderr: result.isError ? textOf(result) : "",
      success: !result.isError,
      changes: changesOf(changes, turn.workspace),
      status: result.isError ? "failed" : "completed",
    };
  }
  const shown = shownServer(call);
  if (shown === undefined) return undefined;
  return {
    type: "mcp_tool_call_end",
    call_id: call.id,
    invocation: { ...shown, arguments: call.input },
    duration: { secs: 0, nanos: 0 },
    result: { Ok: { content: [{ type: "text", text: textOf(result) }], is_error: result.isError } },
  };
}
