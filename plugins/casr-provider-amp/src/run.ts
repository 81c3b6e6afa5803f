import type {
  ImageBlock,
  JsonObject,
  JsonValue,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { isObject, objectOf, present } from "./json.ts";
import { hasEnded } from "./native.ts";
import { cancelledText, numbered } from "./render.ts";
import { decodeRun } from "./results.ts";

/** The run to write for a result, and pictures that have to stand beside it. */
export interface EncodedRun {
  run: JsonObject;
  /** A failed run has no place for pictures: they follow in the same message. */
  beside: ImageBlock[];
}

/**
 * A result as the run of a call. `call` is the call it answers; `own` tells that the session comes from Amp
 * itself, whose runs are given back as they were.
 */
export async function encodeRun(
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  own: boolean,
  world: World,
): Promise<EncodedRun> {
  const native = own && isObject(result.native) ? objectOf(result.native, "run") : undefined;
  const texts = result.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const pictures = result.content.filter((part) => part.type === "image");
  const text = texts.join("");
  if (native !== undefined && hasEnded(native))
    return { run: native, beside: native["status"] === "error" ? pictures : [] };
  if (native !== undefined) return { run: cancelled(native["progress"], text), beside: [] };
  const shell = call?.tool?.kind === "shell";
  const failedCommand = shell && (result.exitCode ?? 0) !== 0 && pictures.length === 0;
  if (own && result.synthetic === true && text === cancelledText(undefined))
    return { run: { status: "cancelled", reason: "user:cancelled" }, beside: [] };
  if (result.isError && !failedCommand) {
    const code = shell && result.exitCode !== undefined ? { casr: { exitCode: result.exitCode } } : {};
    return { run: { status: "error", error: { message: text }, ...code }, beside: pictures };
  }
  if (pictures.length > 0 || texts.length > 1) {
    const parts: JsonValue[] = [];
    for (const part of result.content) {
      if (part.type === "text") parts.push({ type: "text", text: part.text });
      else parts.push({ type: "image", data: await world.base64(part.data), mimeType: part.mediaType });
    }
    return { run: marked({ status: "done", result: parts }, result, shell), beside: [] };
  }
  const run: JsonObject = { status: "done", result: dressed(text, result, call, shell) };
  return { run: marked(run, result, shell), beside: [] };
}

/** A run that had not ended, as Amp would end it. */
function cancelled(progress: JsonValue | undefined, text: string): JsonObject {
  const kept = progress !== undefined && cancelledText(progress) === text ? { progress } : {};
  return { status: "cancelled", reason: "system:safety", ...kept };
}

/** The payload in the form Amp's own tool gives it, where reading that gives the same payload back. */
function dressed(
  text: string,
  result: ToolResultBlock,
  call: ToolCallBlock | undefined,
  shell: boolean,
): JsonValue {
  // The model's service refuses an empty text.
  const plain: JsonValue = text === "" ? [] : text;
  if (call === undefined) return plain;
  if (shell) return present({ output: text, exitCode: result.exitCode });
  if (call.tool?.kind !== "read" || result.truncated === true || text === "") return plain;
  const absolutePath = call.tool.path;
  const read: JsonObject = { absolutePath, content: numbered(text, call.tool.startLine ?? 1) };
  const back = decodeRun(call.name, { status: "done", result: read });
  const [only, ...more] = back.content;
  return only?.type === "text" && more.length === 0 && only.text === text ? read : plain;
}

/** Adds what the run alone would not tell: a command's code where no text shows it, or one that is no failure. */
function marked(run: JsonObject, result: ToolResultBlock, shell: boolean): JsonObject {
  if (!shell || result.exitCode === undefined) return run;
  const back = decodeRun("Bash", run);
  const mark = present({
    exitCode: back.exitCode === result.exitCode ? undefined : result.exitCode,
    isError: back.isError === result.isError ? undefined : result.isError,
  });
  return Object.keys(mark).length === 0 ? run : { ...run, casr: mark };
}
