import type { Block, JsonObject, JsonValue, Message, ToolResultBlock, World } from "casr-cli/provider";
import { callOf, resultOf, type ContentOf } from "./editor-calls.ts";
import { imageOf } from "./editor-images.ts";
import type { Place } from "./editor-order.ts";
import { bubbleText } from "./editor-text.ts";
import { isObject, numberOf, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { defined } from "./mark.ts";
import { modelName, TOOL_CAPABILITY, USER_BUBBLE } from "./native.ts";

/** The tool calls of 2025's first versions, by bubble: kept beside the conversation. */
function oldCalls(data: JsonObject): JsonObject {
  const capability = objectsOf(data, "capabilities").find((one) => one["type"] === TOOL_CAPABILITY);
  const map = objectOf(capability, "data")?.["bubbleDataMap"];
  const parsed = typeof map === "string" ? parseJson(map) : map;
  return isObject(parsed) ? parsed : {};
}

interface Pending {
  message: Message;
  results: ToolResultBlock[];
  /** What the steps of one model response share. */
  response: string | undefined;
}

/**
 * Turns bubbles into messages. The editor keeps every step of an answer in a bubble of its own, with a call's
 * answer in the bubble of the call; steps that name the same response are put together again, and so are thoughts
 * and texts with the first call behind them.
 */
export class EditorMessages {
  readonly #world: World;
  readonly #path: string;
  readonly #content: ContentOf;
  readonly #older: JsonObject;
  readonly #model: string | undefined;
  readonly #told = new Set<string>();
  #pending: Pending | undefined;
  #index = 0;

  constructor(path: string, data: JsonObject, content: ContentOf, world: World) {
    this.#path = path;
    this.#world = world;
    this.#content = content;
    this.#older = oldCalls(data);
    this.#model = modelName(objectOf(data, "modelConfig")?.["modelName"]);
  }

  /** The summary of what came before, as the user message the model gets. */
  summary(text: string): Message[] {
    const content: Block[] = [{ type: "compaction", summary: text }];
    return [
      ...this.finish(),
      this.#numbered({ index: 0, role: "user", origin: "compaction", content, inContext: true }),
    ];
  }

  push(bubble: JsonObject, place: Place, inContext: boolean): Message[] {
    const { type } = bubble;
    const isUser =
      type === USER_BUBBLE || type === "user" || (type === undefined && place.type === USER_BUBBLE);
    if (!isUser) return this.#answer(bubble, place, inContext);
    const before = this.finish();
    const message = this.#prompt(bubble, place, inContext);
    return message === undefined ? before : [...before, this.#numbered(message)];
  }

  /** What still waits: the last answer. */
  finish(): Message[] {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined || pending.message.content.length === 0) return [];
    const { message, results } = pending;
    const messages = [this.#numbered(message)];
    if (results.length > 0) {
      const { timestamp, inContext } = message;
      const answer = { index: 0, role: "tool", content: results, inContext };
      messages.push(this.#numbered({ ...answer, ...defined({ timestamp }) }));
    }
    return messages;
  }

  #numbered(message: Message): Message {
    return { ...message, index: this.#index++ };
  }

  #tell(code: string, message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#world.warn({ code, message, path: this.#path });
  }

  #timeOf(bubble: JsonObject, place: Place): number | undefined {
    const timing = objectOf(bubble, "timingInfo");
    const values: (JsonValue | undefined)[] = [
      bubble["createdAt"],
      place.createdAt,
      numberOf(timing, "clientRpcSendTime"),
      numberOf(timing, "clientStartTime"),
      numberOf(timing, "clientEndTime"),
    ];
    for (const value of values) {
      const time = this.#world.toolkit.parseTimestamp(value);
      // Some versions count these from the start of the program.
      if (time !== undefined && time > 946_684_800_000) return Math.trunc(time);
    }
    return undefined;
  }

  #prompt(bubble: JsonObject, place: Place, inContext: boolean): Message | undefined {
    const mark = objectOf(bubble, "casr");
    const text = bubbleText(bubble);
    const content: Block[] = [];
    const marked = stringOf(mark, "origin");
    if (marked === "compaction" && text !== "") content.push({ type: "compaction", summary: text });
    else for (const part of partsOf(text, mark?.["parts"])) content.push({ type: "text", text: part });
    for (const value of objectsOf(bubble, "images")) {
      const image = imageOf(value);
      if (image !== undefined) content.push(image);
      else this.#tell("unknown-record", "an image whose bytes are not in the database is left out");
    }
    if (content.length === 0) return undefined;
    const origin =
      marked === "injected" || marked === "command" || marked === "compaction" ? marked : "person";
    const timestamp = this.#timeOf(bubble, place);
    const message: Message = { index: 0, id: place.id, role: "user", origin, content, inContext };
    return { ...message, ...defined({ timestamp }) };
  }

  #answer(bubble: JsonObject, place: Place, inContext: boolean): Message[] {
    const mark = objectOf(bubble, "casr");
    const data = objectOf(bubble, "toolFormerData") ?? this.#oldCall(bubble, place);
    const blocks = this.#blocks(bubble, place, data);
    if (blocks.length === 0) return [];
    const response = stringOf(mark, "response") ?? (stringOf(data, "modelCallId") || undefined);
    const current = this.#pending;
    const same = current?.response !== undefined && current.response === response;
    const hasCalls = current?.message.content.some((block) => block.type === "tool_call") === true;
    const told = current?.response !== undefined && response !== undefined;
    const apart = current !== undefined && (told ? !same : hasCalls);
    const ready = apart || current?.message.inContext !== inContext ? this.finish() : [];
    this.#pending ??= {
      message: this.#start(bubble, place, inContext),
      results: [],
      response,
    };
    this.#pending.response ??= response;
    this.#pending.message.content.push(...blocks);
    const call = blocks.find((block) => block.type === "tool_call");
    const result = call === undefined || data === undefined ? undefined : resultOf(data, call);
    if (result !== undefined) this.#pending.results.push(result);
    return ready;
  }

  #start(bubble: JsonObject, place: Place, inContext: boolean): Message {
    const tokens = objectOf(bubble, "tokenCount");
    const input = numberOf(tokens, "inputTokens") ?? 0;
    const output = numberOf(tokens, "outputTokens") ?? 0;
    // Nought is what stands there when nothing was counted.
    const usage = input + output > 0 ? { inputTokens: input, outputTokens: output } : undefined;
    const model = modelName(objectOf(bubble, "modelInfo")?.["modelName"]) ?? this.#model;
    const timestamp = this.#timeOf(bubble, place);
    const message: Message = { index: 0, id: place.id, role: "assistant", content: [], inContext };
    return { ...message, ...defined({ timestamp, model, usage }) };
  }

  #blocks(bubble: JsonObject, place: Place, data: JsonObject | undefined): Block[] {
    const blocks: Block[] = [];
    const thinking = objectOf(bubble, "thinking");
    const thought = stringOf(thinking, "text") ?? "";
    const signature = stringOf(thinking, "signature") || undefined;
    if (thought.trim() !== "" || signature !== undefined)
      blocks.push({ type: "reasoning", text: thought, issuer: "cursor", ...defined({ signature }) });
    const text = bubbleText(data === undefined ? bubble : { ...bubble, codeBlocks: [] });
    if (text.trim() !== "") blocks.push({ type: "text", text });
    if (data === undefined) return blocks;
    const mark = objectOf(bubble, "casr");
    const call = callOf(data, place.id, mark, this.#content, this.#world.toolkit);
    if (call !== undefined) blocks.push(call);
    return blocks;
  }

  #oldCall(bubble: JsonObject, place: Place): JsonObject | undefined {
    if (bubble["capabilityType"] !== TOOL_CAPABILITY) return undefined;
    const kept = Object.hasOwn(this.#older, place.id) ? this.#older[place.id] : undefined;
    return isObject(kept) ? kept : undefined;
  }
}

/** A text in its parts: their lengths as casr noted them, when they still fit it. */
function partsOf(text: string, lengths: JsonValue | undefined): string[] {
  if (text.trim() === "") return [];
  if (!Array.isArray(lengths)) return [text];
  const parts: string[] = [];
  let at = 0;
  for (const length of lengths) {
    if (!Number.isSafeInteger(length) || (length as number) < 1) return [text];
    parts.push(text.slice(at, at + (length as number)));
    at += (length as number) + PART_SEPARATOR.length;
  }
  return parts.join(PART_SEPARATOR) === text ? parts : [text];
}

/** What stands between the texts of one prompt. */
export const PART_SEPARATOR = "\n\n";
