import type { Block, JsonObject, Message, ToolCallBlock, ToolResultBlock, World } from "casr-cli/provider";
import { isObject, stringOf } from "./json.ts";
import { encodeResult } from "./results.ts";

type Answer = { message: Message; results: ToolResultBlock[] };

/** Turns messages into items of the history. An answer waits for its results, which stand in the same item. */
export class ItemWriter {
  readonly #world: World;
  #waiting: Answer | undefined;
  /** The item that is complete but may get thoughts of an answer behind it that has nothing else. */
  #last: JsonObject | undefined;
  /** Answers that are nothing but reasoning and wait for a neighbour to stand on. */
  #thoughts: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The items that are complete now. */
  async of(message: Message): Promise<JsonObject[]> {
    if (message.role === "assistant") {
      const before = this.#answered();
      if (message.content.every((block) => block.type === "reasoning"))
        this.#thoughts.push(
          ...message.content.map((block) => (block.type === "reasoning" ? block.text : "")),
        );
      else this.#waiting = { message, results: [] };
      return before;
    }
    const rest: Block[] = [];
    for (const block of message.content) {
      if (block.type === "tool_result") this.#waiting?.results.push(block);
      else rest.push(block);
    }
    if (rest.length === 0) return [];
    return [...this.#answered(), ...this.#put(await this.#user({ ...message, content: rest }))];
  }

  /** What still waits when the session has ended. */
  finish(): JsonObject[] {
    const items = this.#answered();
    const after = this.#thoughts.length === 0 ? {} : { after: this.#thoughts };
    if (this.#last !== undefined) items.push(withMark(this.#last, after));
    return items;
  }

  #answered(): JsonObject[] {
    const answer = this.#waiting;
    this.#waiting = undefined;
    return answer === undefined ? [] : this.#put(answerItem(answer));
  }

  #put(item: JsonObject): JsonObject[] {
    const before = this.#thoughts.length === 0 ? {} : { before: this.#thoughts };
    this.#thoughts = [];
    const ready = this.#last === undefined ? [] : [this.#last];
    this.#last = withMark(item, before);
    return ready;
  }

  async #user(message: Message): Promise<JsonObject> {
    const parts: JsonObject[] = [];
    const compaction: number[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") compaction.push(parts.length);
      if (block.type === "text") parts.push({ type: "text", text: block.text });
      else if (block.type === "compaction") parts.push({ type: "text", text: block.summary });
      else if (block.type === "image") {
        const url = `data:${block.mediaType};base64,${await this.#world.base64(block.data)}`;
        parts.push({ type: "imageUrl", imageUrl: { url } });
      }
    }
    const only = parts.length === 1 && typeof parts[0]!["text"] === "string" ? parts[0]!["text"] : undefined;
    const origin = message.role === "system" ? "injected" : message.origin;
    const item: JsonObject = {
      message: { role: "user", content: only ?? parts },
      contextItems: [],
      ...(only === undefined ? {} : { editorState: only }),
    };
    return withMark(item, {
      ...timeOf(message),
      ...(origin === undefined || origin === "person" ? {} : { origin }),
      ...(compaction.length === 0 ? {} : { compaction }),
    });
  }
}

function withMark(item: JsonObject, mark: JsonObject): JsonObject {
  if (Object.keys(mark).length === 0) return item;
  return { ...item, casr: { ...(item["casr"] as JsonObject | undefined), ...mark } };
}

/** Continue has no times of its own. */
function timeOf({ timestamp }: Message): JsonObject {
  const isDate = timestamp !== undefined && timestamp >= 0 && timestamp < 253_402_300_800_000;
  return isDate ? { at: new Date(timestamp).toISOString() } : {};
}

/**
 * One item an answer: its thoughts, its texts, its calls with their results. `order` says how they were mixed,
 * `thoughts` how long each of several thoughts is.
 */
function answerItem({ message, results }: Answer): JsonObject {
  const thoughts = message.content.flatMap((block) => (block.type === "reasoning" ? [block.text] : []));
  const texts = message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const calls = message.content.filter((block) => block.type === "tool_call");
  const order = message.content.map(({ type }) => LETTERS[type] ?? "").join("");
  const content = texts.length > 1 ? texts.map((text) => ({ type: "text", text })) : (texts[0] ?? "");
  const at = message.timestamp ?? 0;
  const mark: JsonObject = {
    ...timeOf(message),
    ...(/^r*t*c*$/u.test(order) ? {} : { order }),
    ...(thoughts.length > 1 ? { thoughts: thoughts.map((text) => text.length) } : {}),
  };
  const item: JsonObject = {
    message: {
      role: "assistant",
      content,
      ...(calls.length === 0 ? {} : { toolCalls: calls.map(nativeToolCall) }),
    },
    contextItems: [],
    ...(thoughts.length === 0
      ? {}
      : { reasoning: { active: false, text: thoughts.join("\n\n"), startAt: at, endAt: at } }),
    ...(calls.length === 0 ? {} : { toolCallStates: calls.map((call) => state(call, results)) }),
  };
  return withMark(item, mark);
}

const LETTERS: Partial<Record<Block["type"], string>> = { reasoning: "r", text: "t", tool_call: "c" };

function nativeToolCall({ id, name, input }: ToolCallBlock): JsonObject {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

/** What the wording of an answer depends on; the answers of other agents' tools are left as they are. */
function factsOf({ name, input, foreign }: ToolCallBlock): { name: string; path?: string | undefined } {
  return { name, path: foreign === undefined ? stringOf(input, "filepath") : undefined };
}

function state(call: ToolCallBlock, results: ToolResultBlock[]): JsonObject {
  const result = results.find(({ callId }) => callId === call.id);
  const entry: JsonObject = {
    toolCallId: call.id,
    toolCall: nativeToolCall(call),
    status: "canceled",
    parsedArgs: isObject(call.input) ? call.input : {},
  };
  const foreign = call.foreign === undefined ? {} : { foreign: { ...call.foreign } };
  if (result === undefined) return withMark(entry, foreign);
  const { outputs, status, mark } = encodeResult(factsOf(call), result);
  const output = outputs.map((content) => ({
    content,
    name: "Tool Result",
    description: "Tool execution result",
  }));
  return withMark({ ...entry, status, output }, { ...foreign, ...mark });
}
