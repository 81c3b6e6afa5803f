import type {
  Block,
  JsonObject,
  JsonValue,
  Message,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";
import { VERSION } from "./native.ts";
import { encodeResult, type CallFacts } from "./results.ts";
import { meantCall } from "./tools.ts";

/** Characters of a result that the terminal shows; the model's own is whole. */
const DISPLAY_LENGTH = 4000;
/** Between texts of the model that the CLI would string together. */
const JOINT = "\n\n";

interface OpenCall extends CallFacts {
  /** The name that goes into the answer. */
  recorded: string;
}

/** What the records of a session have in common. */
interface RecordsOptions {
  sessionId: string;
  common: JsonObject;
  /** Epoch ms. */
  startedAt: number;
  own: boolean;
}

/** Turns messages into records of Qwen Code 0.24.4, each the child of the one before. */
export class Records {
  readonly #sessionId: string;
  readonly #common: JsonObject;
  readonly #own: boolean;
  readonly #world: World;
  #time: number;
  #count = 0;
  #parent: string | null = null;
  /** The answer that spoke last, while nobody else did since. */
  #spoken: Message | undefined;
  /** Calls whose answers are still to come, by id. */
  readonly #calls = new Map<string, OpenCall>();

  /** `common` is on every record, `startedAt` the time of the first one; `own` is a session of Qwen Code's. */
  constructor({ sessionId, common, startedAt, own }: RecordsOptions, world: World) {
    this.#sessionId = sessionId;
    this.#common = common;
    this.#time = (isDate(startedAt) ? startedAt : world.now()) - 1;
    this.#own = own;
    this.#world = world;
  }

  async *of(message: Message): AsyncIterable<JsonObject> {
    if (message.role === "assistant") {
      yield this.#answer(message);
      return;
    }
    this.#spoken = undefined;
    const rest: Block[] = [];
    for (const block of message.content) {
      if (block.type === "tool_result") yield await this.#result(block, message);
      else rest.push(block);
    }
    if (rest.length > 0) yield await this.#user({ ...message, content: rest });
  }

  /** The record that names the session; it stands last. */
  title(name: string): JsonObject {
    const systemPayload = { customTitle: name, titleSource: "manual" };
    return { ...this.#base("system", "system"), subtype: "custom_title", systemPayload };
  }

  /** What every record has; times never go back. */
  #base(type: string, provenance: string, message?: Message): JsonObject {
    const wanted = message?.timestamp;
    const isUsable = wanted !== undefined && isDate(wanted);
    this.#time = Math.max(isUsable ? wanted : this.#time + 1, this.#time);
    this.#count += 1;
    const uuid = this.#world.toolkit.uuidFrom(`${this.#sessionId}:${this.#count}`);
    const parentUuid = this.#parent;
    this.#parent = uuid;
    return {
      uuid,
      parentUuid,
      sessionId: this.#sessionId,
      timestamp: isoTime(this.#time),
      type,
      provenance,
      ...this.#common,
      version: VERSION,
    };
  }

  async #user(message: Message): Promise<JsonObject> {
    const parts: JsonObject[] = [];
    const compaction: number[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") compaction.push(parts.length);
      if (block.type === "text") parts.push({ text: block.text });
      else if (block.type === "compaction") parts.push({ text: block.summary });
      else if (block.type === "image" || block.type === "document") parts.push(await this.#media(block));
    }
    const origin = message.role === "system" ? "injected" : message.origin;
    const mark: JsonObject = {
      ...(origin === undefined || origin === "person" ? {} : { origin }),
      ...(compaction.length === 0 ? {} : { compaction }),
    };
    return {
      ...this.#base("user", "real_user", message),
      message: { role: "user", parts },
      ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
    };
  }

  async #media(block: Extract<Block, { type: "image" | "document" }>): Promise<JsonObject> {
    const { mediaType, data, name } = block;
    const inlineData = { mimeType: mediaType, data: await this.#world.base64(data) };
    return { inlineData: name === undefined ? inlineData : { ...inlineData, displayName: name } };
  }

  /**
   * The texts of an answer, and of answers without anything between them, reach the model as one text (0.24.4),
   * so that those which were apart get an empty line between them. `joints` says which parts are not the answer's.
   */
  #answer(message: Message): JsonObject {
    const parts: JsonObject[] = [];
    const foreign: JsonObject = {};
    const joints: number[] = [];
    for (const block of message.content) {
      if (block.type === "text") {
        if (this.#spoken !== undefined && (!this.#own || this.#spoken.inContext !== message.inContext)) {
          joints.push(parts.length);
          parts.push({ text: JOINT });
        }
        parts.push({ text: block.text });
        this.#spoken = message;
      } else if (block.type === "reasoning")
        parts.push({ text: block.text, thought: true, ...signatureOf(block.native) });
      else if (block.type === "tool_call") {
        parts.push(this.#call(block));
        if (block.foreign !== undefined) foreign[block.id] = { ...block.foreign };
      }
    }
    const mark: JsonObject = {
      ...(Object.keys(foreign).length === 0 ? {} : { foreign }),
      ...(joints.length === 0 ? {} : { joints }),
    };
    return {
      ...this.#base("assistant", "assistant_output", message),
      ...(message.model === undefined ? {} : { model: message.model }),
      message: { role: "model", parts },
      ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
    };
  }

  #call(block: ToolCallBlock): JsonObject {
    const { id, name } = block;
    const args = isObject(block.input) ? block.input : { input: block.input };
    const facts = block.foreign === undefined ? meantCall(name, args) : { name: "", input: {} };
    this.#calls.set(id, { ...facts, recorded: name });
    return { functionCall: { id, name, args }, ...signatureOf(block.native) };
  }

  async #result(block: ToolResultBlock, message: Message): Promise<JsonObject> {
    const { callId } = block;
    const call = this.#calls.get(callId) ?? { name: "", input: {}, recorded: "tool" };
    this.#calls.delete(callId);
    const { response, isError, mark } = encodeResult(call, block);
    const pictures: JsonObject[] = [];
    for (const part of block.content) if (part.type === "image") pictures.push(await this.#media(part));
    const functionResponse = {
      id: callId,
      name: call.recorded,
      response,
      ...(pictures.length === 0 ? {} : { parts: pictures }),
    };
    const shown = block.content.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`));
    const status = isError ? "error" : "success";
    const failure = isError ? { error: {}, errorType: "execution_failed" } : {};
    return {
      ...this.#base("tool_result", "tool_result", message),
      message: { role: "user", parts: [{ functionResponse }] },
      toolCallResult: {
        callId,
        status,
        resultDisplay: cut(shown.join("\n"), DISPLAY_LENGTH),
        ...failure,
        executionStatus: status,
      },
      ...(mark === undefined ? {} : { casr: { results: { [callId]: mark } } }),
    };
  }
}

function signatureOf(native: JsonValue | undefined): JsonObject {
  const thoughtSignature = stringOf(native, "thoughtSignature");
  return thoughtSignature === undefined ? {} : { thoughtSignature };
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  // Never cut a surrogate pair in two.
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)}…`;
}

/** Whether a JavaScript date with a four-digit year can hold it. */
function isDate(epochMs: number): boolean {
  return epochMs >= 0 && epochMs < 253_402_300_800_000;
}

function isoTime(epochMs: number): string {
  return new Date(isDate(epochMs) ? epochMs : 0).toISOString();
}
