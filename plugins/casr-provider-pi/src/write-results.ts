import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { frame, unframe } from "./frame.ts";
import { SHELL } from "./results.ts";

/** A picture in a message. */
export async function nativeImage(
  block: { mediaType: string; data: Parameters<World["base64"]>[0] },
  world: World,
): Promise<JsonObject> {
  return { type: "image", data: await world.base64(block.data), mimeType: block.mediaType };
}

/** What a result holds in its message, and casr's mark where Pi's own framing could not give the same back. */
export interface NativeResult {
  content: JsonValue[];
  casr?: JsonObject;
}

const text = (value: string): JsonObject => ({ type: "text", text: value });

/** The content of a `toolResult` message. */
export async function nativeResult(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  world: World,
): Promise<NativeResult> {
  const isShell = call?.foreign === undefined && call?.name === SHELL;
  const [only, ...more] = result.content;
  const exitCode = result.exitCode === 0 ? undefined : result.exitCode;
  if (isShell && more.length === 0 && only?.type !== "image") {
    const dressed = dress(only?.text ?? "", exitCode, result.isError);
    if (dressed !== undefined) return { content: [text(dressed)] };
  }
  const content: JsonValue[] = [];
  for (const part of result.content)
    content.push(part.type === "text" ? text(part.text) : await nativeImage(part, world));
  if (!isShell) return { content };
  if (exitCode === undefined) return { content, casr: { plain: true } };
  return {
    content: [...content, text(`Command exited with code ${exitCode}`)],
    casr: { plain: true, exitCode },
  };
}

/** The text as Pi records it; undefined when reading would not give the same payload back. */
function dress(payload: string, exitCode: number | undefined, isError: boolean): string | undefined {
  const framed =
    isError && exitCode === undefined
      ? payload
      : frame({ text: payload, ...(exitCode === undefined ? {} : { exitCode }) });
  if (framed === "") return undefined;
  const back = unframe(framed, isError);
  return back.text === payload && back.exitCode === exitCode ? framed : undefined;
}
