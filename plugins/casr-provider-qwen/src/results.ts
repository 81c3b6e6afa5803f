import type { JsonObject, JsonValue, ToolResultBlock } from "casr-cli/provider";
import { frame, isCut, SHELL, unframe, type FrameDetail } from "./frame.ts";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";

/** A call as its answer needs it. */
export interface CallFacts {
  name: string;
  input: JsonObject;
}

/** The text of `functionResponse.response` as the model sees it (0.24.4, `extractFunctionResponseContent`). */
function responseText(response: JsonValue | undefined): { text: string; isError: boolean } {
  if (response === undefined || response === null) return { text: "", isError: false };
  if (typeof response === "string") return { text: response, isError: false };
  if (!isObject(response)) return { text: jsonText(response), isError: false };
  const { output, error } = response;
  const isError = error !== undefined && error !== null;
  if (typeof output === "string") return { text: output, isError };
  if (typeof error === "string") return { text: error, isError };
  return { text: jsonText(response), isError };
}

/** Values that nest too deeply for text are no tool's answer; they count as none, as in the CLI's own `String(value)`. */
function jsonText(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "[object Object]";
  }
}

/** A result without its call id and pictures. */
export type DecodedResult = Pick<
  ToolResultBlock,
  "isError" | "exitCode" | "framed" | "truncated" | "native"
> & {
  texts: string[];
};

/**
 * What an answer to `call` says. `recorded` is the record's `toolCallResult`, `mark` what casr noted beside an
 * answer whose payload cannot be told from framing.
 */
export function decodeResult(
  call: CallFacts,
  response: JsonValue | undefined,
  recorded?: JsonObject,
  mark?: JsonValue,
): DecodedResult {
  const { text, isError } = responseText(response);
  const marked = fromMark(text, mark);
  if (marked !== undefined) return marked;
  const payload = unframe(call.name, call.input, text);
  const display = objectOf(recorded, "resultDisplay");
  const exitCode =
    payload.exitCode ??
    (stringOf(display, "type") === "shell_result" ? numberOf(display, "exitCode") : undefined);
  const status = stringOf(recorded, "status");
  return {
    texts: nonEmpty(payload.text),
    isError: isError || status === "error" || status === "cancelled" || (exitCode ?? 0) !== 0,
    ...(exitCode === undefined || !Number.isInteger(exitCode) ? {} : { exitCode }),
    ...(payload.text === text ? {} : { framed: text }),
    ...(isCut(text) ? { truncated: true } : {}),
    ...(payload.detail === undefined ? {} : { native: { ...payload.detail } }),
  };
}

function nonEmpty(text: string): string[] {
  return text === "" ? [] : [text];
}

/** `spans` are start and length of each piece of the payload in the answer's text. */
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
    texts,
    isError: mark["isError"],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(texts.join("") === text ? {} : { framed: text }),
  };
}

/** The response to write, and a mark where reading it back would not give the same result. */
export interface EncodedResult {
  response: JsonObject;
  isError: boolean;
  mark?: JsonObject;
}

/** A result as Qwen Code itself would have recorded it for `call`. Pictures go beside it. */
export function encodeResult(call: CallFacts, block: ToolResultBlock): EncodedResult {
  const texts = block.content.flatMap((part) =>
    part.type === "text" && part.text !== "" ? [part.text] : [],
  );
  const text = texts.join("\n");
  const detail = detailOf(block.native);
  // A failure of unknown exit code, or an answer casr made, is no output of a command.
  const isPlain = block.synthetic === true || (block.isError && (block.exitCode ?? 0) === 0);
  const payload = {
    text,
    ...(block.exitCode === undefined ? {} : { exitCode: block.exitCode }),
    ...(detail === undefined ? {} : { detail }),
  };
  const written = isPlain && detail === undefined ? text : frame(call.name, call.input, payload);
  const response = (said: string): JsonObject => (block.isError ? { error: said } : { output: said });
  const found = decodeResult(call, response(written));
  const same =
    found.texts.join("") === texts.join("") &&
    found.isError === block.isError &&
    (call.name !== SHELL || comparableExit(found) === comparableExit(block));
  if (same) return { response: response(written), isError: block.isError };
  const exit = call.name === SHELL && block.exitCode !== undefined ? { exitCode: block.exitCode } : {};
  const about = { isError: block.isError, ...exit };
  const spans = spansOf(texts, written);
  if (spans !== undefined)
    return { response: response(written), isError: block.isError, mark: { spans, ...about } };
  return {
    response: response(text),
    isError: block.isError,
    mark: { spans: spansOf(texts, text) ?? [], ...about },
  };
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

function comparableExit(result: { isError: boolean; exitCode?: number }): number | undefined {
  return result.exitCode ?? (result.isError ? undefined : 0);
}

function detailOf(native: JsonValue | undefined): FrameDetail | undefined {
  const head = stringOf(native, "head");
  const tail = stringOf(native, "tail");
  const news = stringOf(native, "news");
  if (head === undefined || tail === undefined) return undefined;
  return { head, tail, ...(news === undefined ? {} : { news }) };
}
