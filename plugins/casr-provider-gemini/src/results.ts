import type { ImageBlock, JsonObject, JsonValue, TextBlock, ToolResultBlock } from "casr-cli/provider";
import { frame, isCut, isFramed, SHELL, unframe, type FrameDetail, type Payload } from "./frame.ts";
import { isObject, numberOf, objectOf } from "./json.ts";

/** The text of `functionResponse.response` as the model sees it, and whether it is an error. */
function responseText(response: JsonValue | undefined): { text: string; isError: boolean } {
  if (!isObject(response))
    return { text: response === undefined || response === null ? "" : asText(response), isError: false };
  const { output, error, ...others } = response;
  const isError = error !== undefined && error !== null;
  const texts = [
    ...(output === undefined || output === null ? [] : [asText(output)]),
    ...(isError ? [asText(error)] : []),
    ...(Object.keys(others).length === 0 ? [] : [JSON.stringify(others)]),
  ];
  return { text: texts.join("\n"), isError };
}

function asText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A result without its call id and media. */
export type DecodedResult = Pick<
  ToolResultBlock,
  "isError" | "exitCode" | "framed" | "truncated" | "native"
> & {
  content: TextBlock[];
};

/**
 * What a functionResponse of the tool `name` says. `mark` is what casr noted beside a result whose payload
 * cannot be told from framing (see `encodeResult`).
 */
export function decodeResult(name: string, response: JsonValue | undefined, mark?: JsonValue): DecodedResult {
  const { text, isError } = responseText(response);
  const marked = fromMark(text, mark);
  if (marked !== undefined) return marked;
  if (isError) return { content: textBlocks(text === "" ? [] : [text]), isError };
  const payload = unframe(name, text);
  const failed = payload.exitCode !== undefined && payload.exitCode !== 0;
  return {
    content: textBlocks(payload.texts),
    isError: failed,
    ...(payload.exitCode === undefined ? {} : { exitCode: payload.exitCode }),
    ...(payload.texts.join("") === text ? {} : { framed: text }),
    ...(isCut(name, text) ? { truncated: true } : {}),
    ...(payload.detail === undefined ? {} : { native: { ...payload.detail } }),
  };
}

function textBlocks(texts: string[]): TextBlock[] {
  return texts.map((text) => ({ type: "text", text }));
}

/** `spans` are start and length of each piece of the payload in the response's text. */
function fromMark(text: string, mark: JsonValue | undefined): DecodedResult | undefined {
  if (!isObject(mark) || !Array.isArray(mark["spans"]) || typeof mark["isError"] !== "boolean")
    return undefined;
  const texts: string[] = [];
  for (const span of mark["spans"]) {
    const [start, length] = Array.isArray(span) ? span : [];
    if (typeof start !== "number" || typeof length !== "number" || start + length > text.length)
      return undefined;
    texts.push(text.slice(start, start + length));
  }
  const exitCode = numberOf(mark, "exitCode");
  return {
    content: textBlocks(texts),
    isError: mark["isError"],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(texts.join("") === text ? {} : { framed: text }),
  };
}

/** The response to write, and a mark where reading it back would not give the same result. */
export interface EncodedResult {
  response: JsonObject;
  mark?: JsonObject;
}

/** Whether the CLI's tool `name` would have answered with an error: a command that ran is none, however it ended. */
export function isErrorResponse(name: string, { isError, exitCode }: ToolResultBlock): boolean {
  const failedCommand = name === SHELL && exitCode !== undefined && exitCode !== 0;
  return isError && !failedCommand;
}

/** A result as Gemini CLI itself would have recorded it for its tool `name`. Media go beside it. */
export function encodeResult(name: string, block: ToolResultBlock): EncodedResult {
  const texts = block.content.flatMap((part) =>
    part.type === "text" && part.text !== "" ? [part.text] : [],
  );
  if (isErrorResponse(name, block)) return checked(name, block, texts, { error: texts.join("\n") });
  if (!isFramed(name) || block.synthetic === true)
    return checked(name, block, texts, { output: texts.join("\n") });
  const detail = frameDetail(block.native);
  const payload: Payload = {
    texts,
    ...(block.exitCode === undefined ? {} : { exitCode: block.exitCode }),
    ...(detail === undefined ? {} : { detail }),
  };
  return checked(name, block, texts, { output: frame(name, payload) });
}

function frameDetail(native: JsonValue | undefined): FrameDetail | undefined {
  if (!isObject(native)) return undefined;
  const { tail, news, blank, wrapped } = native;
  return {
    ...(typeof tail === "string" ? { tail } : {}),
    ...(typeof news === "string" ? { news } : {}),
    ...(blank === true ? { blank } : {}),
    ...(Array.isArray(wrapped) && wrapped.every((value) => typeof value === "boolean") ? { wrapped } : {}),
  };
}

/** Adds a mark when the response alone does not read back as `block`. */
function checked(name: string, block: ToolResultBlock, texts: string[], response: JsonObject): EncodedResult {
  const found = decodeResult(name, response);
  const same =
    found.content.map((part) => part.text).join("") === texts.join("") &&
    found.isError === block.isError &&
    (name !== SHELL || comparableExit(found) === comparableExit(block));
  if (same) return { response };
  const written = responseText(response).text;
  const framed = spansOf(texts, written);
  const exit = name === SHELL && block.exitCode !== undefined ? { exitCode: block.exitCode } : {};
  if (framed !== undefined) return { response, mark: { spans: framed, isError: block.isError, ...exit } };
  // Escaping changed the payload inside the frame: without the tags it stands there as it is.
  const plain = texts.join("\n");
  const failedCommand = "exitCode" in exit && exit.exitCode !== 0 && !("error" in response);
  const bare = failedCommand ? `Output: ${plain}\nExit Code: ${exit.exitCode}` : plain;
  const spans = spansOf(texts, bare) ?? [];
  return {
    response: "error" in response ? { error: bare } : { output: bare },
    mark: { spans, isError: block.isError, ...exit },
  };
}

function comparableExit(result: { isError: boolean; exitCode?: number }): number | undefined {
  return result.exitCode ?? (result.isError ? undefined : 0);
}

/** Where each of `texts` stands in `whole`, in order; undefined when one of them does not. */
function spansOf(texts: string[], whole: string): number[][] | undefined {
  const spans: number[][] = [];
  let from = 0;
  for (const text of texts) {
    const start = whole.indexOf(text, from);
    if (start === -1) return undefined;
    spans.push([start, text.length]);
    from = start + text.length;
  }
  return spans;
}

/** A picture or document in an `inlineData` part. */
export interface Media {
  mediaType: string;
  base64: string;
}

/** The media of a part: its own `inlineData`. */
export function mediaOf(part: JsonObject): Media | undefined {
  const inline = objectOf(part, "inlineData");
  const { mimeType, data } = inline ?? {};
  if (typeof mimeType !== "string" || typeof data !== "string" || data === "") return undefined;
  return { mediaType: mimeType, base64: data };
}

/** Whether a result can hold it; documents go into a message of their own. */
export function isImage(media: Media): boolean {
  return media.mediaType.startsWith("image/");
}

export function imageBlock(media: Media): ImageBlock {
  return { type: "image", mediaType: media.mediaType, data: { base64: media.base64 } };
}
