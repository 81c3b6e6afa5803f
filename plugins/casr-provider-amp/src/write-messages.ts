import type {
  Block,
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  ReasoningBlock,
  ToolCallBlock,
  World,
} from "casr-cli/provider";
import { isObject, present } from "./json.ts";
import { encodeRun } from "./run.ts";

/** Amp names the service a thought came from; what is not Anthropic's is kept and not sent (0.0.1767830505). */
const OTHER_SERVICE = "openai";

/** Turns messages into those of a thread, numbered from 0. */
export class ThreadMessages {
  readonly #world: World;
  /** The session comes from Amp itself. */
  readonly #own: boolean;
  readonly #calls = new Map<string, ToolCallBlock>();
  #count = 0;
  /** The text of mentioned files was left to the prompt that follows. */
  #attached = false;

  constructor(own: boolean, world: World) {
    this.#own = own;
    this.#world = world;
  }

  /** How many were made. */
  get count(): number {
    return this.#count;
  }

  /** The native messages of one message. */
  async of(message: Message): Promise<JsonObject[]> {
    if (message.role === "assistant") return [this.#answer(message)];
    if (message.role === "tool") return [await this.#results(message)];
    const restored = this.#restored(message);
    if (restored !== undefined) return restored;
    return this.#prompt(message);
  }

  #message(role: string, members: Record<string, JsonValue | undefined>): JsonObject {
    return { role, messageId: this.#count++, ...present(members) };
  }

  /** What Amp itself wrote in a form that a message cannot hold: files, commands, summaries. */
  #restored(message: Message): JsonObject[] | undefined {
    if (!this.#own || message.extra === undefined) return undefined;
    const { info, attached } = message.extra;
    if (attached === true) {
      this.#attached = true;
      return [];
    }
    if (isObject(info)) return [this.#message("info", { ...withoutPlace(info) })];
    const [only, ...more] = message.content;
    if (info !== true || only?.type !== "compaction" || more.length > 0) return undefined;
    const summary = { type: "message", summary: only.summary };
    return [this.#message("info", { content: [{ type: "summary", summary }] })];
  }

  async #prompt(message: Message): Promise<JsonObject[]> {
    const made: JsonObject[] = [];
    let blocks: JsonObject[] = [];
    const flush = (compaction: boolean): void => {
      if (blocks.length > 0) made.push(this.#userMessage(message, blocks, compaction));
      blocks = [];
    };
    for (const block of message.content) {
      if (block.type === "compaction") {
        flush(false);
        blocks.push({ type: "text", text: block.summary });
        flush(true);
      } else blocks.push(...(await this.#userBlock(block)));
    }
    flush(false);
    return made;
  }

  #userMessage(message: Message, content: JsonObject[], compaction: boolean): JsonObject {
    const { timestamp, origin } = message;
    const keys = this.#own ? this.#promptKeys(message) : {};
    const isPerson = origin === undefined || origin === "person";
    const mark = compaction
      ? { compaction: true }
      : isPerson || keys["source"]
        ? undefined
        : { origin: origin! };
    return this.#message("user", {
      content,
      ...keys,
      meta: timestamp === undefined ? undefined : { sentAt: timestamp },
      casr: mark,
    });
  }

  #promptKeys(message: Message): JsonObject {
    const { attached: _attached, info: _info, fileMentions, ...keys } = message.extra ?? {};
    // Without the text in front of the prompt, the files are gone with what was cut.
    const files = this.#attached && fileMentions !== undefined ? { fileMentions } : {};
    this.#attached = false;
    return { ...keys, ...files };
  }

  async #userBlock(block: Block): Promise<JsonObject[]> {
    if (block.type === "text") return [{ type: "text", text: block.text }];
    return block.type === "image" ? [await this.#image(block)] : [];
  }

  /** Later versions cannot send a picture without a path (0.0.1774569934). */
  async #image(block: ImageBlock, extra: JsonObject = {}): Promise<JsonObject> {
    const data = await this.#world.base64(block.data);
    const sourcePath = this.#own ? (block.name ?? "pasted image") : "pasted image";
    return {
      type: "image",
      source: { type: "base64", mediaType: block.mediaType, data },
      sourcePath,
      ...extra,
    };
  }

  #answer(message: Message): JsonObject {
    const calls = message.content.some((block) => block.type === "tool_call");
    const { timestamp } = message;
    return this.#message("assistant", {
      content: message.content.flatMap((block) => this.#answerBlock(block) ?? []),
      state: { type: "complete", stopReason: calls ? "tool_use" : "end_turn" },
      casr: timestamp === undefined ? undefined : { at: timestamp },
    });
  }

  #answerBlock(block: Block): JsonObject | undefined {
    switch (block.type) {
      case "text":
        // Early versions send every key of a text to the model's service: no mark may stand here.
        return { type: "text", text: block.text };
      case "reasoning":
        return thought(block);
      case "tool_call": {
        this.#calls.set(block.id, block);
        const mark = block.foreign === undefined ? {} : { casr: { foreign: { ...block.foreign } } };
        return {
          type: "tool_use",
          complete: true,
          id: block.id,
          name: block.name,
          input: block.input,
          ...mark,
        };
      }
      default:
        return undefined;
    }
  }

  async #results(message: Message): Promise<JsonObject> {
    const content: JsonObject[] = [];
    const beside: JsonObject[] = [];
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const encoded = await encodeRun(block, call, this.#own, this.#world);
      content.push({ type: "tool_result", toolUseID: block.callId, run: encoded.run });
      for (const picture of encoded.beside)
        beside.push(await this.#image(picture, { casr: { result: block.callId } }));
    }
    return this.#message("user", { content: [...content, ...beside] });
  }
}

/** A native message without what is given anew. */
function withoutPlace(native: JsonObject): JsonObject {
  const { role: _role, messageId: _id, ...members } = native;
  return members;
}

function thought(block: ReasoningBlock): JsonObject {
  const sent = block.displayOnly !== true && block.issuer === "anthropic";
  if (sent && block.encrypted !== undefined)
    return { type: "redacted_thinking", data: block.encrypted, provider: "anthropic" };
  const provider = sent ? "anthropic" : OTHER_SERVICE;
  return { type: "thinking", thinking: block.text, signature: sent ? (block.signature ?? "") : "", provider };
}
