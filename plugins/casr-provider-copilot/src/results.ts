import type { JsonObject, JsonValue, TextBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import type { EventIndex } from "./events.ts";
import { unframe } from "./frame.ts";
import { numberAt, objectAt, stringAt } from "./json.ts";
import { resultImages } from "./media.ts";
import { FAILED } from "./native.ts";

/** How a long output that was put into a file begins. */
const CUT = "Output too large to read at once (";

/** Tools whose results end with the exit code. */
const SHELLS = new Set(["bash", "powershell", "read_bash", "read_powershell"]);

/** Whether results of this call are framed like a command's output. */
export function isShellCall(call: Pick<ToolCallBlock, "name" | "foreign"> | undefined): boolean {
  return call !== undefined && call.foreign === undefined && SHELLS.has(call.name);
}

/** The text a `tool.execution_complete` event gives the model. */
export function resultText(data: JsonObject): string {
  if (data["success"] === true) return stringAt(objectAt(data, "result"), "content") ?? "";
  return stringAt(objectAt(data, "error"), "message") ?? FAILED;
}

/** The result in a `tool.execution_complete` event, without its framing. */
export function toolResult(
  data: JsonObject,
  call: ToolCallBlock,
  assets: EventIndex["assets"],
): ToolResultBlock {
  const succeeded = data["success"] === true;
  const raw = resultText(data);
  const mark = objectAt(data, "casr");
  const framed = succeeded && isShellCall(call) && mark?.["raw"] !== true;
  const { text, exitCode: told, shell } = framed ? unframe(raw) : { text: raw };
  const recorded = succeeded ? numberAt(objectAt(data, "shellExecution"), "exitCode") : undefined;
  const exitCode = told ?? (Number.isSafeInteger(recorded) ? recorded : undefined);
  const marked = mark?.["is_error"];
  const images = succeeded ? resultImages(objectAt(data, "result"), assets) : [];
  const native: Record<string, JsonValue> = {
    ...(shell === undefined || shell === "0" ? {} : { shell }),
    ...(told === undefined && exitCode !== undefined ? { unframed: true } : {}),
    ...code(data),
  };
  return {
    type: "tool_result",
    callId: call.id,
    content: [...texts(text, mark?.["parts"]), ...images],
    isError: typeof marked === "boolean" ? marked : !succeeded || (exitCode ?? 0) !== 0,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(text === raw ? {} : { framed: raw }),
    ...(raw.startsWith(CUT) ? { truncated: true } : {}),
    ...(mark?.["synthetic"] === true ? { synthetic: true } : {}),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
}

/** The text, or the texts that casr joined with line ends into it; `lengths` are theirs in UTF-16 units. */
function texts(text: string, lengths: JsonValue | undefined): TextBlock[] {
  if (text === "") return [];
  const whole: TextBlock[] = [{ type: "text", text }];
  if (!Array.isArray(lengths)) return whole;
  const parts: TextBlock[] = [];
  let from = 0;
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || (length as number) < 0) return whole;
    parts.push({ type: "text", text: text.slice(from, from + (length as number)) });
    from += (length as number) + 1;
  }
  return from === text.length + 1 ? parts : whole;
}

/** Why a call failed, in the CLI's own words for machines (`denied`, `rejected`). */
function code(data: JsonObject): { code?: string } {
  const word = data["success"] === true ? undefined : stringAt(objectAt(data, "error"), "code");
  return word === undefined || word === "failure" ? {} : { code: word };
}
