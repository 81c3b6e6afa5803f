import type {
  Block,
  ImageBlock,
  JsonObject,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from "casr-cli/provider";
import { unframe, unnumber, type Unframed } from "./frame.ts";
import { numberAt } from "./json.ts";
import { NOTHING, rendered } from "./native.ts";

/**
 * The tools whose answers Kimi Code frames, behind them their names in kimi-cli: a session of it that is carried on
 * in Kimi Code keeps them.
 */
const FRAMES: Partial<Record<string, "shell" | "read">> = {
  Bash: "shell",
  Read: "read",
  Shell: "shell",
  ReadFile: "read",
};

/** How the answers to a call are framed; undefined where they are not, and for tools of other agents. */
export function frameOf(call: ToolCallBlock | undefined): "shell" | "read" | undefined {
  const isOwn = call !== undefined && call.foreign === undefined && Object.hasOwn(FRAMES, call.name);
  return isOwn ? FRAMES[call.name] : undefined;
}

/** Tools whose answers are shown to the model with the time they took (2.1.0); those of MCP servers too. */
const TIMED = new Set(["Agent", "AgentSwarm", "Bash", "FetchURL", "Glob", "Grep", "WebSearch"]);

/** What results can hold; a film becomes a line. */
export function resultContent(blocks: readonly Block[]): (TextBlock | ImageBlock)[] {
  return blocks.flatMap((block): (TextBlock | ImageBlock)[] => {
    if (block.type === "text" || block.type === "image") return [block];
    return block.type === "document" ? [{ type: "text", text: `[${block.mediaType}]` }] : [];
  });
}

/** A `tool.result`, without its framing. `casr` is the mark of a result that is not framed as Kimi Code would. */
export function toolResult(
  result: JsonObject,
  content: (TextBlock | ImageBlock)[],
  call: ToolCallBlock | undefined,
  callId: string,
  casr: JsonObject | undefined,
): ToolResultBlock {
  const isError = result["isError"] === true;
  const durationMs = numberAt(result, "durationMs");
  const base = {
    type: "tool_result" as const,
    callId,
    isError,
    ...(durationMs === undefined || durationMs < 0 ? {} : { durationMs }),
    ...(result["truncated"] === true ? { truncated: true } : {}),
  };
  if (casr?.["plain"] === true) {
    const exitCode = numberAt(casr, "exitCode");
    // The last text says how the command ended.
    if (exitCode === undefined) return { ...base, content };
    return { ...base, content: content.slice(0, -1), exitCode };
  }
  const [only, ...more] = content;
  const raw = only === undefined ? "" : only.type === "text" && more.length === 0 ? only.text : undefined;
  if (raw === undefined) return { ...base, content };
  const name = call?.foreign === undefined ? call?.name : undefined;
  const { text, exitCode } = payloadOf(frameOf(call), raw, isError);
  const isTimed = name !== undefined && (TIMED.has(name) || name.startsWith("mcp__"));
  const { durationMs: _, ...untimed } = result;
  const shown = rendered(raw, isTimed ? result : untimed);
  return {
    ...base,
    content: text === "" ? [] : [{ type: "text", text }],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(shown === text ? {} : { framed: shown }),
  };
}

function payloadOf(frame: ReturnType<typeof frameOf>, raw: string, isError: boolean): Unframed {
  if (raw === NOTHING && !isError) return { text: "" };
  if (frame === "shell") return unframe(raw, isError);
  if (frame === "read" && !isError) return { text: unnumber(raw) ?? raw };
  return { text: raw };
}
