import type { ImageBlock, JsonObject, JsonValue, TextBlock, ToolResultBlock, World } from "casr-cli/provider";
import {
  exitHead,
  familyOf,
  numbered,
  outcomeOf,
  outcomeOfText,
  partsOfBlocks,
  sentJson,
  textOfParts,
  unframe,
  type Part,
  type Payload,
} from "./frame.ts";
import { isObject, numberOf, objectOf, stringOf } from "./json.ts";
import { joinPieces, pieces, SENT_CHARACTERS } from "./pieces.ts";

/** What an answer's wording depends on. */
export interface CallOf {
  name: string;
  input: JsonValue;
  /** Another agent's tool: its answers have no framing of Cline's. */
  foreign: boolean;
}

/** A stored answer. */
export interface StoredResult {
  content: JsonValue;
  is_error?: true;
}

/** What casr notes beside an answer it wrote, where the answer alone does not tell. */
interface Mark extends JsonObject {
  /** The content is the payload, whatever it looks like. */
  plain?: true;
  /** The result holds the payload, the error says nothing. */
  failed?: true;
  /** The file that was read ends with a line end; the CLI does not show that. */
  newline?: true;
  isError?: boolean;
  /** null: none. */
  exitCode?: number | null;
  /** What stood between the pieces of a long text; null between texts of their own. */
  cuts?: (string | null)[];
}

/** Stands for the reason of a failure whose words are in the result. */
const FAILED = "The tool failed";

/** Reads an answer. `mark` is what casr noted beside it. */
export function decodeResult(
  call: CallOf,
  stored: { content: JsonValue | undefined; isError: boolean },
  mark: JsonValue | undefined,
): Omit<ToolResultBlock, "type" | "callId"> {
  const { content = "", isError } = stored;
  const noted = isObject(mark) ? mark : {};
  const payload = payloadOf(call, content, isError, noted);
  const failed = typeof noted["isError"] === "boolean" ? noted["isError"] : payload.isError;
  const exitCode = noted["exitCode"] === null ? undefined : (numberOf(noted, "exitCode") ?? payload.exitCode);
  const sent = sentText(content);
  return {
    content: payload.parts.flatMap(blockOf),
    isError: failed,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(payload.truncated === true ? { truncated: true } : {}),
    ...(sent === textOfParts(payload.parts) ? {} : { framed: sent }),
    ...(typeof content === "string" ? {} : { native: { content, isError, mark: noted } }),
  };
}

function blockOf(part: Part): (TextBlock | ImageBlock)[] {
  if ("text" in part) return part.text === "" ? [] : [{ type: "text", text: part.text }];
  return [{ type: "image", mediaType: part.mediaType, data: { base64: part.base64 } }];
}

/** The texts of an answer as the model gets them. */
function sentText(content: JsonValue): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? partsOfBlocks(content) : undefined;
  return parts === undefined ? sentJson(content).text : textOfParts(parts);
}

function payloadOf(call: CallOf, content: JsonValue, isError: boolean, mark: JsonObject): Payload {
  const family = call.foreign || mark["plain"] === true ? "plain" : familyOf(call.name);
  const asIs = (parts: Part[]): Payload => ({ parts, isError });
  if (typeof content === "string") {
    const outcome = family === "object" && !isError ? outcomeOfText(content) : undefined;
    return (outcome && unframe(call.name, outcome)) ?? asIs([{ text: content }]);
  }
  if (!Array.isArray(content)) return asIs([{ text: JSON.stringify(content) }]);
  const parts = partsOfBlocks(content);
  if (parts !== undefined) return asIs(joinPieces(parts, mark["cuts"]));
  const outcomes = content.map(outcomeOf);
  const [first, ...more] = outcomes;
  const failed = mark["failed"] === true;
  if ((family === "entries" || failed) && first !== undefined && more.length === 0) {
    const alone = failed ? { ...first, error: "" } : first;
    const payload = unframe(call.name, alone);
    if (payload !== undefined) return mark["newline"] === true ? withNewline(payload) : payload;
  }
  const { text, images } = sentJson(content);
  const allFailed = outcomes.length > 0 && outcomes.every((outcome) => outcome?.success === false);
  return { parts: [{ text }, ...images], isError: isError || allFailed };
}

function withNewline(payload: Payload): Payload {
  return { ...payload, parts: [{ text: `${textOfParts(payload.parts)}\n` }] };
}

/** Words an answer as the CLI's own tool would have, with a note where that does not read back as it was. */
export async function encodeResult(
  call: CallOf,
  block: ToolResultBlock,
  world: World,
): Promise<{ stored: StoredResult; mark?: JsonObject }> {
  const own = ownForm(block);
  if (own !== undefined) return own;
  const parts: Part[] = [];
  for (const part of block.content) {
    if (part.type === "image")
      parts.push({ mediaType: part.mediaType, base64: await world.base64(part.data) });
    else if (part.text !== "") parts.push({ text: part.text });
  }
  const framed = call.foreign || block.synthetic === true ? undefined : framedForm(call, parts, block);
  const wanted = textOfParts(parts);
  if (framed !== undefined) {
    const mark = noteFor(call, framed.stored, framed.mark ?? {}, block, wanted);
    if (mark !== undefined) return withMark(framed.stored, mark);
  }
  const bare = plainForm(call, parts, block.isError);
  const plain: Mark = bare.mark?.failed === true ? bare.mark : { ...bare.mark, plain: true };
  return withMark(
    bare.stored,
    noteFor(call, bare.stored, bare.mark ?? {}, block, wanted) ?? flagged(call, bare.stored, plain, block),
  );
}

function withMark(stored: StoredResult, mark: JsonObject): { stored: StoredResult; mark?: JsonObject } {
  return Object.keys(mark).length === 0 ? { stored } : { stored, mark };
}

/** The form the answer had in the session of Cline's it comes from. */
function ownForm({ native }: ToolResultBlock): { stored: StoredResult; mark?: JsonObject } | undefined {
  if (!isObject(native) || native["content"] === undefined) return undefined;
  const flag = native["isError"] === true ? { is_error: true as const } : {};
  const mark = objectOf(native, "mark") ?? {};
  return withMark({ content: native["content"], ...flag }, mark);
}

/** `mark` with what else it takes to read `stored` as `block`; undefined when its texts read differently. */
function noteFor(
  call: CallOf,
  stored: StoredResult,
  mark: Mark,
  block: ToolResultBlock,
  wanted: string,
): Mark | undefined {
  const found = decodeResult(call, { content: stored.content, isError: stored.is_error === true }, mark);
  const text = found.content.map((part) => (part.type === "text" ? part.text : "")).join("");
  return text === wanted ? flagged(call, stored, mark, block) : undefined;
}

function flagged(call: CallOf, stored: StoredResult, mark: Mark, block: ToolResultBlock): Mark {
  const found = decodeResult(call, { content: stored.content, isError: stored.is_error === true }, mark);
  const isShell = !call.foreign && call.name === "run_commands";
  const differs = isShell && comparable(found) !== comparable(block);
  return {
    ...mark,
    ...(found.isError === block.isError ? {} : { isError: block.isError }),
    ...(differs ? { exitCode: block.exitCode ?? null } : {}),
  };
}

/** No exit code and 0 say the same of a command that went well. */
function comparable(result: { isError: boolean; exitCode?: number }): number | undefined {
  return result.exitCode ?? (result.isError ? undefined : 0);
}

type Form = { stored: StoredResult; mark?: Mark };

function framedForm(call: CallOf, parts: Part[], block: ToolResultBlock): Form | undefined {
  const family = familyOf(call.name);
  const query = queryOf(call.name, call.input);
  if (family === "plain" || query === undefined) return undefined;
  const text = textOfParts(parts);
  const isText = parts.every((part) => "text" in part);
  if (family === "object") {
    if (!isText) return undefined;
    const outcome = block.isError
      ? { query, result: "", error: text, success: false }
      : { query, result: text, success: true };
    const json = JSON.stringify(outcome);
    return json.length > SENT_CHARACTERS ? undefined : { stored: { content: json } };
  }
  const exit = call.name === "run_commands" ? (block.exitCode ?? 0) : 0;
  if (exit !== 0) {
    const head = exitHead(exit);
    const printed = isText
      ? textResult(text === "" ? head : `${head}\n${text}`)
      : partsResult([{ text: `${head}\n` }, ...parts]);
    return entry({ query, result: printed, error: `Command exited with code ${exit}`, success: false });
  }
  if (block.isError) {
    if (isText && text.length <= SENT_CHARACTERS)
      return entry({ query, result: "", error: text, success: false });
    return failedForm(query, parts);
  }
  const isFile = call.name === "read_files" && isText && block.truncated !== true;
  if (isFile) return fileForm(query, text, firstLine(call.input));
  return entry({ query, result: isText ? textResult(text) : partsResult(parts), success: true });
}

function entry(outcome: JsonObject): Form {
  return { stored: { content: [outcome] } };
}

/** A file as the CLI shows it: lines with their numbers, and none behind the last line end. */
function fileForm(query: string, text: string, first: number): Form {
  const isClosed = text.endsWith("\n");
  const result = textResult(numbered(isClosed ? text.slice(0, -1) : text, first));
  return { ...entry({ query, result, success: true }), ...(isClosed ? { mark: { newline: true } } : {}) };
}

/** A failure whose words are too many, or pictures: the CLI sends neither in an error of its own kind. */
function failedForm(query: string, parts: Part[]): Form {
  const result = parts.every((part) => "text" in part) ? textResult(textOfParts(parts)) : partsResult(parts);
  return { ...entry({ query, result, error: FAILED, success: false }), mark: { failed: true } };
}

function plainForm(call: CallOf, parts: Part[], isError: boolean): Form {
  const flag = isError ? { is_error: true as const } : {};
  const [only, ...more] = parts;
  if (only === undefined) return { stored: { content: "", ...flag } };
  if (more.length === 0 && "text" in only && only.text.length <= SENT_CHARACTERS)
    return { stored: { content: only.text, ...flag } };
  if (isError) return failedForm(call.name, parts);
  const { texts, cuts } = pieces(parts);
  const content = texts.map(storedPart);
  return { stored: { content }, ...(cuts.some((cut) => cut !== null) ? { mark: { cuts } } : {}) };
}

function storedPart(part: Part): JsonObject {
  if ("text" in part) return { type: "text", text: part.text };
  return { type: "image", data: part.base64, mediaType: part.mediaType };
}

/** Long texts are in pieces, as the CLI would cut their middle out. */
function partsResult(parts: readonly Part[]): JsonValue {
  return pieces(parts, "keep").texts.map(storedPart);
}

function textResult(text: string): JsonValue {
  return text.length <= SENT_CHARACTERS ? text : partsResult([{ text }]);
}

/** How the CLI names what an answer is about. */
function queryOf(name: string, input: JsonValue): string | undefined {
  const first = (key: string): JsonValue | undefined => {
    const list = isObject(input) ? input[key] : undefined;
    return Array.isArray(list) && list.length === 1 ? list[0] : undefined;
  };
  const text = (value: JsonValue | undefined): string | undefined =>
    typeof value === "string" ? value : undefined;
  switch (name) {
    case "run_commands":
      return text(first("commands"));
    case "search_codebase":
      return text(first("queries"));
    case "fetch_web_content":
      return stringOf(first("requests"), "url");
    case "read_files": {
      const file = first("files");
      const path = stringOf(file, "path");
      const start = numberOf(file, "start_line");
      const end = numberOf(file, "end_line");
      if (start === undefined && end === undefined) return path;
      return path === undefined ? undefined : `${path}:${start ?? 1}-${end ?? "EOF"}`;
    }
    case "editor":
      return `edit:${stringOf(input, "path") ?? ""}`;
    default:
      return name;
  }
}

function firstLine(input: JsonValue): number {
  const files = isObject(input) ? input["files"] : undefined;
  const start = numberOf(Array.isArray(files) ? files[0] : undefined, "start_line");
  return start !== undefined && Number.isSafeInteger(start) && start > 0 ? start : 1;
}
