import type {
  ImageBlock,
  JsonObject,
  JsonValue,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import {
  ERROR_HEAD,
  familyOf,
  frameFromNative,
  isRunning,
  parseFrame,
  shellHead,
  tellsFailure,
  type NativeFrame,
} from "./frames.ts";

/** Above this many bytes Codex 0.169.0 may cut an output on resume: it allows 12,000 bytes for models it does not know. */
const CUT_BYTES = 8_000;
const BYTES_PER_TOKEN = 4;

/** An output item's own fields, and casr's note for its line. */
export interface Output {
  output: JsonValue;
  /** Goes beside the payload: keeps Codex from cutting a long output. */
  metadata?: JsonObject;
  casr?: JsonObject;
}

/**
 * A picture as Codex wants it in content: a data URL. Codex makes large ones smaller when it sends them
 * again, unless they are marked as it marks its own (0.146 to 0.169.0).
 */
export async function imagePart(block: ImageBlock, world: World): Promise<JsonObject> {
  return {
    type: "input_image",
    image_url: `data:${block.mediaType};base64,${await world.base64(block.data)}`,
    detail: "original",
  };
}

/** The frame to write around a result: Codex's own where it came from Codex, else what is known of a shell run. */
function chooseFrame(result: ToolResultBlock, call: ToolCallBlock | undefined): NativeFrame | undefined {
  const own = frameFromNative(result.native);
  if (own !== undefined) return own;
  if (call?.tool?.kind !== "shell" || familyOf(call.name) !== "exec" || result.synthetic === true)
    return undefined;
  const first = result.content[0];
  if (first?.type === "text" && isRunning(first.text)) return undefined;
  // A call in the background has no exit code yet; a failed one without a code says so in its text.
  const known = result.exitCode ?? (result.isError || call.tool.background === true ? undefined : 0);
  const head = shellHead(known, result.durationMs);
  return head === undefined ? undefined : { head, parts: false, alone: false };
}

function textsOf(content: (TextBlock | ImageBlock)[]): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

function framedContent(content: (TextBlock | ImageBlock)[], frame: NativeFrame): (TextBlock | ImageBlock)[] {
  if (frame.head === "") return content;
  const [first, ...rest] = content;
  if (frame.tail !== undefined) {
    return [{ type: "text", text: `${frame.head}${JSON.stringify(textsOf(content))}${frame.tail}` }];
  }
  if (first?.type !== "text" || frame.alone) return [{ type: "text", text: frame.head }, ...content];
  return [{ type: "text", text: frame.head + first.text }, ...rest];
}

/** Whether the reader takes exactly `frame` off `written` and finds the result again. */
function readsBack(written: (TextBlock | ImageBlock)[], result: ToolResultBlock, name: string): boolean {
  const first = written[0];
  if (first?.type !== "text") return true;
  const read = parseFrame(first.text, name);
  const rest = written.slice(1);
  const payload = read.payload + textsOf(rest);
  return payload === textsOf(result.content) && (read.exitCode ?? 0) === (result.exitCode ?? 0);
}

/** The output of a call in Codex's form; the reader gives the same payload and exit code back. */
export async function outputOf(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  world: World,
): Promise<Output> {
  const name = call?.name ?? "";
  const frame = chooseFrame(result, call);
  let content = frame === undefined ? result.content : framedContent(result.content, frame);
  let plain = false;
  if (!readsBack(content, result, name)) {
    content = result.content;
    plain = !readsBack(content, { ...result, exitCode: 0 }, name);
  }
  let first = content[0];
  const seen = first?.type === "text" && !plain && parseFrame(first.text, name).isError;
  const foreign = frameFromNative(result.native) === undefined;
  const silent = result.isError && !seen && foreign && !tellsFailure(textsOf(content));
  if (silent) {
    // Codex has no flag for it: its own words let the model see that the call failed.
    content = framedContent(result.content, { head: ERROR_HEAD, parts: false, alone: false });
    first = content[0];
  }
  const casr: JsonObject = {
    ...(silent ? { frame: "error" } : plain ? { frame: "none" } : {}),
    ...(result.isError && !seen ? { error: true } : {}),
  };
  const parts: JsonObject[] = [];
  for (const block of content) {
    parts.push(
      block.type === "text" ? { type: "input_text", text: block.text } : await imagePart(block, world),
    );
  }
  const single =
    parts.length === 0 || (parts.length === 1 && first?.type === "text" && frame?.parts !== true);
  const bytes = Buffer.byteLength(textsOf(content));
  const limit = Math.ceil(bytes / BYTES_PER_TOKEN) + parts.length * 16;
  return {
    output: single ? (parts[0]?.["text"] ?? "") : parts,
    ...(bytes > CUT_BYTES ? { metadata: { fallback_token_limit_override: limit } } : {}),
    ...(Object.keys(casr).length === 0 ? {} : { casr }),
  };
}
