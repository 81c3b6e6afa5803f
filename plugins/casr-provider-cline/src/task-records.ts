import type {
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  ReasoningBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { encodeTaskResult } from "./task-results.ts";

const UNKNOWN_TOOL = "tool";

/**
 * Turns projected messages into those of a task: Anthropic's, of which the extension sends role and blocks as they are
 * (3.89 and 4.1, `convertClineStorageToAnthropicMessage`). Blocks hold nothing else, therefore; casr's notes
 * stand beside them. All answers to one message are in one message.
 */
export class TaskRecords {
  readonly #world: World;
  readonly #mark: JsonObject;
  #time: number;
  #isFirst = true;
  /** Names of the tools whose answers are still to come, by the call's id. */
  readonly #names = new Map<string, string>();

  /** `mark` goes on the first message; `startedAt` is its time where it has none itself, epoch ms. */
  constructor(mark: JsonObject, startedAt: number, world: World) {
    this.#mark = mark;
    this.#time = startedAt - 1;
    this.#world = world;
  }

  async of(message: Message): Promise<JsonObject[]> {
    if (message.role === "assistant") return [this.#assistant(message)];
    const records: JsonObject[] = [];
    const answers = message.content.filter((block) => block.type === "tool_result");
    if (answers.length > 0) records.push(await this.#answers(message, answers));
    if (answers.length < message.content.length) records.push(await this.#user(message));
    return records;
  }

  /** Times never go back. */
  #record(message: Message, role: string, content: JsonObject[], notes: JsonObject): JsonObject {
    const { timestamp } = message;
    const isTime = timestamp !== undefined && timestamp >= 0 && timestamp < 253_402_300_800_000;
    this.#time = Math.max(isTime ? timestamp : this.#time + 1, this.#time);
    const casr = this.#isFirst ? { mark: this.#mark, ...notes } : notes;
    this.#isFirst = false;
    return { role, content, ts: this.#time, metadata: { casr } };
  }

  #assistant(message: Message): JsonObject {
    const foreign: JsonObject = {};
    const content = message.content.flatMap((block): JsonObject[] => {
      switch (block.type) {
        case "text":
          return [{ type: "text", text: block.text }];
        case "reasoning":
          return [thought(block)];
        case "tool_call": {
          const { id, name, input, foreign: from } = block;
          this.#names.set(id, from === undefined ? name : UNKNOWN_TOOL);
          if (from !== undefined) foreign[id] = { provider: from.provider, name: from.name };
          return [{ type: "tool_use", id, name, input }];
        }
        default:
          return [];
      }
    });
    return this.#record(message, "assistant", content, Object.keys(foreign).length === 0 ? {} : { foreign });
  }

  async #answers(message: Message, answers: ToolResultBlock[]): Promise<JsonObject> {
    const content: JsonObject[] = [];
    const results: JsonObject = {};
    for (const answer of answers) {
      const name = this.#names.get(answer.callId) ?? UNKNOWN_TOOL;
      this.#names.delete(answer.callId);
      const { block, mark } = await encodeTaskResult(name, answer, this.#world);
      content.push(block);
      results[answer.callId] = mark;
    }
    return this.#record(message, "user", content, { results });
  }

  async #user(message: Message): Promise<JsonObject> {
    const content: JsonObject[] = [];
    const compaction: JsonValue[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") compaction.push(content.length);
      if (block.type === "text") content.push({ type: "text", text: block.text });
      else if (block.type === "compaction") content.push({ type: "text", text: block.summary });
      else if (block.type === "image") content.push(await imageOf(block, this.#world));
    }
    const { origin } = message;
    return this.#record(message, "user", content, {
      ...(origin === undefined || origin === "person" ? {} : { origin }),
      ...(compaction.length === 0 ? {} : { compaction }),
    });
  }
}

/** A picture as Anthropic's service takes it, which is how tasks hold them. */
export async function imageOf({ mediaType, data }: ImageBlock, world: World): Promise<JsonObject> {
  return {
    type: "image",
    source: { type: "base64", media_type: mediaType, data: await world.base64(data) },
  };
}

/** A thought without a signature is taken out of every request. */
function thought(block: ReasoningBlock): JsonObject {
  const { text, signature, encrypted } = block;
  if (block.displayOnly !== true && encrypted !== undefined && signature === undefined)
    return { type: "redacted_thinking", data: encrypted };
  const isSigned = block.displayOnly !== true && signature !== undefined;
  return { type: "thinking", thinking: text, ...(isSigned ? { signature } : {}) };
}
