import type { Block, JsonObject, Message, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { UI_PREFIX } from "./calls.ts";
import { recordedId } from "./native.ts";
import { encodeResult, isErrorResponse } from "./results.ts";
import { thoughtRecord } from "./thoughts.ts";
import { DISPLAY_NAMES, mcpDisplayName } from "./tools.ts";
import { isObject, stringOf } from "./json.ts";

/** Characters of a result that the user interface's copy holds; the model's own is whole. */
const DISPLAY_LENGTH = 4000;
/** Shown where a message has nothing a person should read. */
const NOTHING: JsonObject[] = [{ text: " " }];
/** Texts that the CLI would not send, or takes for its own context. */
const IGNORED = /^\s*(?:$|\/|\?|<session_context>|<hook_context>)/u;

/** What every record has. */
export interface RecordBase {
  id: string;
  timestamp: string;
}

async function mediaPart(
  block: Extract<Block, { type: "image" | "document" }>,
  world: World,
): Promise<JsonObject> {
  return { inlineData: { mimeType: block.mediaType, data: await world.base64(block.data) } };
}

/** The record of a user message (or of a system message, for which the CLI has no place of its own). */
export async function userRecord(message: Message, base: RecordBase, world: World): Promise<JsonObject> {
  const content: JsonObject[] = [];
  const compaction: number[] = [];
  for (const block of message.content) {
    if (block.type === "compaction") compaction.push(content.length);
    if (block.type === "text") content.push({ text: block.text });
    else if (block.type === "compaction") content.push({ text: block.summary });
    else if (block.type === "image" || block.type === "document") content.push(await mediaPart(block, world));
  }
  const origin = message.role === "system" ? "injected" : message.origin;
  const mark: JsonObject = {
    ...(origin === undefined || origin === "person" ? {} : { origin }),
    ...(compaction.length === 0 ? {} : { compaction }),
  };
  return {
    ...base,
    type: "user",
    ...sendable(content),
    ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
  };
}

/**
 * The CLI drops a whole message whose text begins like a command or like its own context. `"thought": false`
 * on the first part changes how it reads that text, not what it sends; `displayContent` is for people then.
 */
function sendable(content: JsonObject[]): JsonObject {
  const texts = content.map((part) => part["text"]);
  const shown = texts.filter((text) => typeof text === "string").join("");
  const first = content.findIndex((part) => part["text"] !== undefined);
  // Behind a picture no text is taken for a command.
  if (first !== 0 || !IGNORED.test(shown)) return { content };
  const displayContent = shown.trim() === "" ? NOTHING : [{ text: shown }];
  return {
    content: content.map((part, index) => (index === 0 ? { ...part, thought: false } : part)),
    displayContent,
  };
}

/**
 * The records of one answer. The CLI puts a record's thoughts in front of everything else in it, so
 * reasoning behind text or calls begins a record of its own.
 */
export function answerRecords(
  message: Message,
  results: ToolResultBlock[],
  next: () => RecordBase,
): JsonObject[] {
  const groups: Block[][] = [[]];
  for (const block of message.content) {
    const group = groups.at(-1)!;
    const begins = block.type === "reasoning" && group.some((other) => other.type !== "reasoning");
    if (begins) groups.push([block]);
    else group.push(block);
  }
  return groups.map((blocks) => answerRecord(blocks, results, message.model, next()));
}

function answerRecord(
  blocks: Block[],
  results: ToolResultBlock[],
  model: string | undefined,
  base: RecordBase,
): JsonObject {
  const thoughts = blocks.flatMap((block) =>
    block.type === "reasoning" ? [thoughtRecord(block.text, base.timestamp)] : [],
  );
  const calls = blocks.filter((block) => block.type === "tool_call");
  const texts = blocks.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const content = blocks.flatMap((block): JsonObject[] => {
    if (block.type === "text") return [{ text: block.text }];
    return block.type === "tool_call" ? [callPart(block)] : [];
  });
  const foreign = Object.fromEntries(
    calls.flatMap((call) =>
      call.foreign === undefined ? [] : [[recordedId(call.id, call.name), { ...call.foreign }]],
    ),
  );
  const shown = texts.join("\n\n");
  return {
    ...base,
    type: "gemini",
    content: content.length === 0 ? "" : content,
    ...(calls.length === 0 ? {} : { displayContent: shown.trim() === "" ? NOTHING : [{ text: shown }] }),
    thoughts,
    tokens: null,
    ...(model === undefined ? {} : { model }),
    ...(calls.length === 0
      ? {}
      : { toolCalls: calls.map((call) => uiCall(call, resultOf(call, results), base.timestamp)) }),
    ...(Object.keys(foreign).length === 0 ? {} : { casr: { foreign } }),
  };
}

function resultOf(call: ToolCallBlock, results: ToolResultBlock[]): ToolResultBlock | undefined {
  return results.find((result) => result.callId === call.id);
}

function callPart(call: ToolCallBlock): JsonObject {
  const signature = stringOf(call.native, "thoughtSignature");
  const functionCall = {
    id: recordedId(call.id, call.name),
    name: call.name,
    args: isObject(call.input) ? call.input : { input: call.input },
  };
  return { functionCall, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
}

/**
 * A `toolCalls[]` record for the user interface. Its id differs from the call's: with the same id the CLI
 * would fill in a result at the next resume and send each answer twice from then on.
 */
function uiCall(call: ToolCallBlock, result: ToolResultBlock | undefined, timestamp: string): JsonObject {
  const { tool } = call;
  const displayName =
    tool?.kind === "mcp" ? mcpDisplayName(tool.server, tool.tool) : (DISPLAY_NAMES[call.name] ?? call.name);
  return {
    id: `${UI_PREFIX}${recordedId(call.id, call.name)}`,
    name: call.name,
    args: isObject(call.input) ? shortArguments(call.input) : {},
    status: result !== undefined && isErrorResponse(call.name, result) ? "error" : "success",
    timestamp,
    resultDisplay: result === undefined ? "" : displayOf(result),
    description: describe(call),
    displayName,
    renderOutputAsMarkdown: false,
  };
}

/** The beginning of a result, without putting together all of it. */
function displayOf({ content }: ToolResultBlock): string {
  let text = "";
  for (const [index, part] of content.entries()) {
    if (text.length > DISPLAY_LENGTH) break;
    const shown = part.type === "text" ? part.text.slice(0, DISPLAY_LENGTH + 1) : "[image]";
    text += index === 0 ? shown : `\n${shown}`;
  }
  return cut(text, DISPLAY_LENGTH);
}

/** Long arguments are cut in the copy for the user interface: they stand whole beside it. */
function shortArguments(input: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      if (typeof value === "string") return [key, cut(value, 500)];
      const text = JSON.stringify(value);
      return [key, text.length > 500 ? cut(text, 500) : value];
    }),
  );
}

function describe(call: ToolCallBlock): string {
  const { input } = call;
  const about = ["command", "file_path", "pattern", "dir_path", "query", "prompt"].map((key) =>
    stringOf(input, key),
  );
  return cut(about.find((text) => text !== undefined) ?? JSON.stringify(input), 500);
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  // Never cut a surrogate pair in two.
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)}…`;
}

/** The record that answers calls: one functionResponse each, its media right behind it. */
export async function resultsRecord(
  results: ToolResultBlock[],
  calls: ReadonlyMap<string, string>,
  base: RecordBase,
  world: World,
): Promise<JsonObject> {
  const content: JsonObject[] = [];
  const marks: Record<string, JsonObject> = {};
  for (const result of results) {
    const name = calls.get(result.callId) ?? "tool";
    const id = recordedId(result.callId, name);
    const { response, mark } = encodeResult(name, result);
    content.push({ functionResponse: { id, name, response } });
    for (const block of result.content)
      if (block.type === "image") content.push(await mediaPart(block, world));
    if (mark !== undefined) marks[id] = mark;
  }
  const mark = Object.keys(marks).length === 0 ? {} : { casr: { results: marks } };
  return { ...base, type: "user", content, displayContent: NOTHING, ...mark };
}
