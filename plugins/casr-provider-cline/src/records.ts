import type {
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  ReasoningBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { isObject } from "./json.ts";
import { sentText, storedText } from "./native.ts";
import { encodeResult, type CallOf } from "./results.ts";

const UNKNOWN_CALL: CallOf = { name: "tool", input: {}, foreign: false };

/** Turns projected messages into stored ones; each answer becomes a message of its own, as the CLI stores them. */
export class Records {
  readonly #world: World;
  readonly #seed: string;
  #time: number;
  #count = 0;
  /** The calls whose answers are still to come, by id. */
  readonly #calls = new Map<string, CallOf>();

  /** `startedAt`: the time of the first message, epoch ms, where it has none itself. */
  constructor(seed: string, startedAt: number, world: World) {
    this.#seed = seed;
    this.#time = startedAt - 1;
    this.#world = world;
  }

  async of(message: Message): Promise<JsonObject[]> {
    if (message.role === "assistant") return [this.#assistant(message)];
    const records: JsonObject[] = [];
    for (const block of message.content)
      if (block.type === "tool_result") records.push(await this.#answer(message, block));
    if (message.content.some((block) => block.type !== "tool_result"))
      records.push(await this.#user(message));
    return records;
  }

  /** Times never go back. */
  #record(message: Message, role: "user" | "assistant", content: JsonObject[], mark: JsonObject): JsonObject {
    const { timestamp } = message;
    const isTime = timestamp !== undefined && timestamp >= 0 && timestamp < 253_402_300_800_000;
    this.#time = Math.max(isTime ? timestamp : this.#time + 1, this.#time);
    this.#count += 1;
    return {
      id: `msg_${this.#world.toolkit.uuidFrom(`${this.#seed}:${this.#count}`)}`,
      role,
      content,
      ts: this.#time,
      ...(Object.keys(mark).length === 0 ? {} : { metadata: { casr: mark } }),
    };
  }

  #assistant(message: Message): JsonObject {
    const foreign: JsonObject = {};
    const content = message.content.flatMap((block): JsonObject[] => {
      switch (block.type) {
        case "text":
          return [{ type: "text", text: block.text }];
        case "reasoning":
          return [thinking(block)];
        case "tool_call": {
          const { id, name, input, foreign: from } = block;
          this.#calls.set(id, { name, input, foreign: from !== undefined });
          if (from !== undefined) foreign[id] = { provider: from.provider, name: from.name };
          const native = isObject(block.native) ? block.native : {};
          return [{ type: "tool_use", id, name, input, ...native }];
        }
        default:
          return [];
      }
    });
    return this.#record(message, "assistant", content, Object.keys(foreign).length === 0 ? {} : { foreign });
  }

  async #answer(message: Message, block: ToolResultBlock): Promise<JsonObject> {
    const call = this.#calls.get(block.callId) ?? UNKNOWN_CALL;
    this.#calls.delete(block.callId);
    const { stored, mark } = await encodeResult(call, block, this.#world);
    // Without the tool's name every prompt of the session fails.
    const answer = { type: "tool_result", tool_use_id: block.callId, name: call.name, ...stored };
    return this.#record(
      message,
      "user",
      [answer],
      mark === undefined ? {} : { results: { [block.callId]: mark } },
    );
  }

  async #user(message: Message): Promise<JsonObject> {
    const content: JsonObject[] = [];
    const compaction: JsonValue[] = [];
    const said: JsonObject = {};
    for (const block of message.content) {
      if (block.type === "text" || block.type === "compaction") {
        const text = block.type === "text" ? block.text : block.summary;
        if (block.type === "compaction") compaction.push(content.length);
        const stored = storedText(text);
        // White space around a text is not sent, but belongs to it.
        if (sentText(stored) !== text) said[content.length] = text;
        content.push({ type: "text", text: stored });
      } else if (block.type === "image") content.push(await this.#image(block));
    }
    const { origin } = message;
    return this.#record(message, "user", content, {
      ...(origin === undefined || origin === "person" ? {} : { origin }),
      ...(compaction.length === 0 ? {} : { compaction }),
      ...(Object.keys(said).length === 0 ? {} : { said }),
    });
  }

  async #image({ mediaType, data }: ImageBlock): Promise<JsonObject> {
    return { type: "image", data: await this.#world.base64(data), mediaType };
  }
}

/** A thought without a signature is shown; the CLI sends it to services without signatures alone. */
function thinking(block: ReasoningBlock): JsonObject {
  if (block.displayOnly === true) return { type: "thinking", thinking: block.text };
  if (block.encrypted !== undefined && block.signature === undefined)
    return { type: "redacted_thinking", data: block.encrypted };
  const { signature } = block;
  return { type: "thinking", thinking: block.text, ...(signature === undefined ? {} : { signature }) };
}
