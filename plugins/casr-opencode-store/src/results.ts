import type {
  DocumentBlock,
  ImageBlock,
  JsonObject,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { frame, NO_OUTPUT, unframe } from "./frames.ts";
import { arrayOf, isObject, numberOf, objectOf, stringOf } from "./json.ts";
import { fileBlock, filePart } from "./media.ts";
import { CLEARED, INTERRUPTED } from "./native.ts";

/**
 * What casr notes in `state.metadata.casr` of a result it wrote, where the state alone does not say it:
 * `verbatim` the text has no framing; `empty` the text stands for none; `lengths` of several texts joined by a line
 * break; `exit` the exit code; `fine` it is no error although it is shown as one; `synthetic`.
 */
type Mark = JsonObject;

/** What the words before a failed command's output are. The shell tool's own answer does not show an exit code. */
const exitLine = (exit: number, text: string): string => `Exit code ${exit}${text === "" ? "" : `\n${text}`}`;

interface Decoding {
  path: string;
  world: World;
  cleared: boolean;
}

/** The result in the state of a tool part, and documents that a result has no place for. */
export function decodeState(
  call: ToolCallBlock,
  state: JsonObject,
  { path, world, cleared }: Decoding,
): { result: ToolResultBlock; documents: DocumentBlock[] } {
  const metadata = objectOf(state, "metadata");
  const mark = objectOf(metadata, "casr");
  const status = stringOf(state, "status") ?? "";
  const base = { type: "tool_result" as const, callId: call.id, ...timing(state) };
  if (status !== "completed" && status !== "error") {
    // A call that never ended; also of a status nobody knows.
    const content = [{ type: "text" as const, text: INTERRUPTED }];
    return { result: { ...base, content, isError: true, synthetic: true }, documents: [] };
  }
  const pruned = numberOf(objectOf(state, "time"), "compacted") !== undefined && cleared;
  if (status === "completed" && pruned) {
    return { result: { ...base, content: [{ type: "text", text: CLEARED }], isError: false }, documents: [] };
  }
  const media = arrayOf(state, "attachments").flatMap((part) =>
    isObject(part) ? (fileBlock(part, path, world) ?? []) : [],
  );
  const interrupted =
    status === "error" && metadata?.["interrupted"] === true ? stringOf(metadata, "output") : undefined;
  const failed = status === "error" && interrupted === undefined;
  const raw = interrupted ?? stringOf(state, failed ? "error" : "output") ?? "";
  const { texts, frame: taken } = payloadOf(call, raw, failed, mark);
  const exitCode = numberOf(mark, "exit");
  const images = media.filter((block): block is ImageBlock => block.type === "image");
  const { casr: _casr, ...own } = metadata ?? {};
  const title = stringOf(state, "title");
  const native: JsonObject = {
    ...(Object.keys(own).length === 0 ? {} : { metadata: own }),
    ...(title === undefined || title === "" ? {} : { title }),
    ...(taken === undefined ? {} : { frame: taken }),
  };
  const result: ToolResultBlock = {
    ...base,
    content: [...texts.map((text) => ({ type: "text" as const, text })), ...images],
    isError: failed && mark?.["fine"] !== true,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(texts.join("") === raw ? {} : { framed: raw }),
    ...(metadata?.["truncated"] === true ? { truncated: true } : {}),
    ...(mark?.["synthetic"] === true ? { synthetic: true } : {}),
    ...(Object.keys(native).length === 0 ? {} : { native }),
  };
  const documents = media.filter((block): block is DocumentBlock => block.type === "document");
  return { result, documents };
}

function timing(state: JsonObject): { durationMs?: number } {
  const time = objectOf(state, "time");
  const start = numberOf(time, "start");
  const end = numberOf(time, "end");
  return start === undefined || end === undefined || end < start ? {} : { durationMs: end - start };
}

function payloadOf(
  call: ToolCallBlock,
  raw: string,
  failed: boolean,
  mark: Mark | undefined,
): { texts: string[]; frame?: JsonObject } {
  if (mark?.["empty"] === true) return { texts: [] };
  const exit = numberOf(mark, "exit");
  const line = exit === undefined ? undefined : exitLine(exit, "");
  const body = line !== undefined && raw.startsWith(line) ? raw.slice(line.length).replace(/^\n/, "") : raw;
  const plain = failed || mark?.["verbatim"] === true || call.foreign !== undefined;
  const { text, frame: taken } = plain ? { text: body, frame: undefined } : unframe(call.name, body);
  const texts = split(text, arrayOf(mark, "lengths"));
  return taken === undefined ? { texts } : { texts, frame: taken };
}

/** Texts of these lengths, which were joined by a line break; one text where the lengths do not fit. */
function split(text: string, lengths: unknown[]): string[] {
  const texts: string[] = [];
  let at = 0;
  for (const length of lengths) {
    if (typeof length !== "number") break;
    texts.push(text.slice(at, at + length));
    at += length + 1;
  }
  const whole = texts.length > 1 && at === text.length + 1;
  return whole ? texts : text === "" ? [] : [text];
}

/** What the state of a new tool part is made of. `time` (epoch ms) is that of the answer. */
export interface Encoding {
  call: ToolCallBlock;
  result: ToolResultBlock;
  /** The session was this agent's before: framing and details are given back as they were. */
  own: boolean;
  time: number;
  world: World;
  /** What an attachment carries beside the file's own fields. */
  attachment: () => JsonObject;
}

/** The state of a tool part. Its `decodeState` gives the same result again. */
export async function encodeState(encoding: Encoding): Promise<JsonObject> {
  const { call, result, own, time, world } = encoding;
  const native = own && isObject(result.native) ? result.native : undefined;
  const texts = result.content.flatMap((part) =>
    part.type === "text" && part.text !== "" ? [part.text] : [],
  );
  const images = result.content.filter((part) => part.type === "image");
  const text = texts.join("\n");
  const shell = call.name === "bash" && call.foreign === undefined;
  const exit = shell ? result.exitCode : undefined;
  const shown = {
    input: isObject(call.input) ? call.input : {},
    time: { start: time, end: time + (result.durationMs ?? 0) },
  };
  const mark: Mark = {
    ...(texts.length > 1 ? { lengths: texts.map((one) => one.length) } : {}),
    ...(exit === undefined || exit === 0 ? {} : { exit }),
    ...(exit === 0 && result.isError ? { exit } : {}),
    ...(result.synthetic === true ? { synthetic: true } : {}),
  };
  const details = { ...objectOf(native, "metadata"), ...(exit === undefined ? {} : { output: text, exit }) };
  const metadata = (more: JsonObject): JsonObject => {
    const noted = { ...mark, ...more };
    return { ...details, ...(Object.keys(noted).length === 0 ? {} : { casr: noted }) };
  };
  // The agent sends the output of a failed command as if all were well, so a failure has to be an error here.
  if (result.isError || (exit ?? 0) !== 0) {
    const error = exit !== undefined && exit !== 0 ? exitLine(exit, text) : text;
    const more = { ...(error === "" ? { empty: true } : {}), ...(result.isError ? {} : { fine: true }) };
    const { interrupted: _interrupted, ...rest } = metadata(more);
    return { status: "error", ...shown, error: error === "" ? NO_OUTPUT : error, metadata: rest };
  }
  const frameShape = {
    name: call.foreign === undefined ? call.name : "",
    tool: call.tool,
    frame: objectOf(native, "frame"),
    truncated: result.truncated === true || images.length > 0,
  };
  const bare = images.length > 0 && text === "";
  const framed = bare ? IMAGE_READ : frame(text, frameShape);
  const attachments: JsonObject[] = [];
  for (const image of images)
    attachments.push({ ...encoding.attachment(), ...filePart(image, await world.base64(image.data)) });
  return {
    status: "completed",
    ...shown,
    output: framed ?? text,
    title: stringOf(native, "title") ?? "",
    metadata: metadata(bare ? { empty: true } : framed === undefined ? { verbatim: true } : {}),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

/** What the read tool says beside an image; a result must not be without any text. */
const IMAGE_READ = "Image read successfully";
