import type { JsonObject, JsonValue, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { frame, number, unframe, unnumber } from "./frame.ts";
import { isJsonObject } from "./json.ts";
import { NOTHING } from "./native.ts";
import { frameOf } from "./results.ts";

/** A picture in a message. */
export async function nativeImage(
  block: { mediaType: string; data: Parameters<World["base64"]>[0] },
  world: World,
): Promise<JsonObject> {
  const url = `data:${block.mediaType};base64,${await world.base64(block.data)}`;
  return { type: "image_url", imageUrl: { url } };
}

/** What a result holds in its event, and casr's mark where Kimi Code's own framing could not give the same back. */
export interface NativeResult {
  output: JsonValue;
  casr?: JsonObject;
}

const text = (value: string): JsonObject => ({ type: "text", text: value });

/** The `output` of a `tool.result`. */
export async function nativeResult(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  world: World,
): Promise<NativeResult> {
  const framing = frameOf(call);
  const [only, ...more] = result.content;
  const exitCode = result.exitCode === 0 ? undefined : result.exitCode;
  const isPlainText = more.length === 0 && only?.type !== "image";
  if (isPlainText) {
    const payload = only?.text ?? "";
    const dressed =
      framing === "shell"
        ? dress(payload, exitCode, result.isError)
        : framing === "read" && !result.isError
          ? numbered(payload, call)
          : payload === NOTHING && !result.isError
            ? undefined
            : payload;
    if (dressed !== undefined) return { output: dressed };
  }
  const output: JsonValue[] = [];
  for (const part of result.content)
    output.push(part.type === "text" ? text(part.text) : await nativeImage(part, world));
  if (framing === undefined && !isPlainText) return { output };
  if (framing !== "shell" || exitCode === undefined) return { output, casr: { plain: true } };
  output.push(text(`Command failed with exit code: ${exitCode}.`));
  return { output, casr: { plain: true, exitCode } };
}

/** The text as `Bash` records it; undefined when reading would not give the same payload back. */
function dress(payload: string, exitCode: number | undefined, isError: boolean): string | undefined {
  const framed =
    isError && exitCode === undefined
      ? payload
      : frame({ text: payload, ...(exitCode === undefined ? {} : { exitCode }) });
  if (framed === NOTHING && !isError) return undefined;
  const back = unframe(framed, isError);
  return back.text === payload && back.exitCode === exitCode ? framed : undefined;
}

/** A file's lines as `Read` records them. What is not a part of a file (an empty answer) stays as it is. */
function numbered(payload: string, call: ToolCallBlock | undefined): string | undefined {
  if (payload === "") return "";
  const offset = isJsonObject(call?.input) ? call.input["line_offset"] : undefined;
  const first = Number.isSafeInteger(offset) && (offset as number) > 0 ? (offset as number) : 1;
  const shown = number(payload, first);
  return unnumber(shown) === payload ? shown : undefined;
}
