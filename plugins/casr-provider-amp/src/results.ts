import type { ImageBlock, JsonObject, JsonValue, TextBlock, ToolResultBlock } from "casr-cli/provider";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import { hasEnded, markOf } from "./native.ts";
import { cancelledText, tagged, withoutNumbers } from "./render.ts";
import { isShell } from "./tools-read.ts";

type Content = (TextBlock | ImageBlock)[];

/** A result without its call id. */
export type DecodedResult = Omit<ToolResultBlock, "type" | "callId">;

function texts(text: string): Content {
  return text === "" ? [] : [{ type: "text", text }];
}

function image(mediaType: string, base64: string, name?: string): ImageBlock {
  return { type: "image", mediaType, data: { base64 }, ...(name === undefined ? {} : { name }) };
}

/**
 * What the run of a call says. Runs that have not ended are what Amp makes of them when the thread is continued:
 * cancelled, with what the tool had printed until then, or without it in versions that drop that.
 */
export function decodeRun(name: string, run: JsonObject, dropsProgress = false): DecodedResult {
  const progress = dropsProgress ? undefined : run["progress"];
  const decoded = hasEnded(run) ? decodeEnded(name, run) : failure(cancelledText(progress), true);
  const mark = markOf(run);
  const marked = numberOf(mark, "exitCode");
  const code = decoded.exitCode ?? (marked !== undefined && Number.isInteger(marked) ? marked : undefined);
  return {
    ...decoded,
    ...(code === undefined ? {} : { exitCode: code }),
    ...(typeof mark["isError"] === "boolean" ? { isError: mark["isError"] } : {}),
    native: { run },
  };
}

/** The answer Amp gives to a call that has none in its thread. */
export function unanswered(): DecodedResult {
  return { ...failure(cancelledText(undefined), true), synthetic: true };
}

function failure(text: string, framing: boolean): DecodedResult {
  return {
    content: texts(text),
    isError: true,
    ...(framing ? {} : { framed: `<error>${text}</error>` }),
  };
}

function decodeEnded(name: string, run: JsonObject): DecodedResult {
  if (run["status"] === "rejected-by-user") return failure("User rejected invoking the tool", true);
  if (run["status"] === "cancelled") return failure(cancelledText(run["progress"]), true);
  if (run["status"] === "error") {
    if (!isObject(run["error"])) return failure("unknown error", true);
    return failure(stringOf(run["error"], "message") ?? "", false);
  }
  return decodeDone(name, run["result"]);
}

function decodeDone(name: string, result: JsonValue | undefined): DecodedResult {
  const done = (content: Content, framed?: string): DecodedResult => ({
    content,
    isError: false,
    ...(framed === undefined ? {} : { framed }),
  });
  if (result === undefined) return done(texts("undefined"));
  if (typeof result === "string") return done(texts(result));
  if (result === null) return done(texts("null"));
  if (Array.isArray(result)) {
    const list = listContent(result);
    return list === undefined ? done(texts(JSON.stringify(result)), tagged(result)) : done(list);
  }
  if (!isObject(result)) return done(texts(String(result)), tagged(result));
  const { discoveredGuidanceFiles: _guidance, ...shown } = result;
  const picture = pictureOf(shown);
  if (picture !== undefined) return done([picture]);
  const framed = tagged(shown);
  if (isShell(name) && typeof shown["output"] === "string") return shellResult(shown, framed);
  const content = stringOf(shown, "content");
  if (name === "Read" && content !== undefined && typeof shown["absolutePath"] === "string")
    return readResult(content, framed);
  const diff = stringOf(shown, "diff");
  if (diff !== undefined) return done(texts(diff), framed);
  return done(texts(framed));
}

function shellResult(result: JsonObject, framed: string): DecodedResult {
  const code = numberOf(result, "exitCode");
  const exitCode = code !== undefined && Number.isInteger(code) ? code : undefined;
  return {
    content: texts(stringOf(result, "output") ?? ""),
    isError: exitCode !== undefined && exitCode !== 0,
    ...(exitCode === undefined ? {} : { exitCode }),
    framed,
  };
}

/** Stands in front of and behind the lines when a file was read in part. */
const OMITTED = /^\[\.\.\. omitted lines \d+ to \d+ \.\.\.\]$/m;

/** A file read in part keeps its numbers, and the remarks on what was left out: no other agent has words for that. */
function readResult(content: string, framed: string): DecodedResult {
  const plain = withoutNumbers(content)?.text;
  const cut = plain === undefined && OMITTED.test(content);
  return { content: texts(plain ?? content), isError: false, framed, ...(cut ? { truncated: true } : {}) };
}

/** The picture a Read gives back. */
function pictureOf(result: JsonObject): ImageBlock | undefined {
  const mediaType = stringOf(objectOf(result, "imageInfo"), "mimeType");
  if (result["isImage"] !== true || mediaType === undefined) return undefined;
  const inline = /^data:[^;,]*;base64,(.*)$/s.exec(stringOf(result, "contentURL") ?? "")?.[1];
  const base64 = stringOf(result, "content") ?? inline;
  return base64 === undefined ? undefined : image(mediaType, base64, stringOf(result, "absolutePath"));
}

/** The parts of an MCP answer, or lines; undefined for lists Amp shows as JSON. */
function listContent(list: JsonValue[]): Content | undefined {
  const parts = list.map(partOf);
  if (parts.every((part) => part !== undefined)) return parts.filter(isShown);
  if (list.every((item) => typeof item === "string")) return texts(list.join("\n"));
  return undefined;
}

function isShown(part: TextBlock | ImageBlock): boolean {
  return part.type === "image" || part.text !== "";
}

function partOf(part: JsonValue): TextBlock | ImageBlock | undefined {
  if (!isObject(part)) return undefined;
  if (part["type"] === "text" && typeof part["text"] === "string")
    return { type: "text", text: part["text"] };
  if (part["type"] !== "image") return undefined;
  const data = stringOf(part, "data");
  const mediaType = stringOf(part, "mimeType");
  if (data !== undefined && mediaType !== undefined) return image(mediaType, data);
  const source = objectOf(part, "source");
  const inner = stringOf(source, "data");
  return inner === undefined ? undefined : image(stringOf(source, "media_type") ?? "image/png", inner);
}
