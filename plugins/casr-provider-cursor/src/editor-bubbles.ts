import type { JsonObject, Message, ToolResultBlock, World } from "casr-cli/provider";
import { PART_SEPARATOR } from "./editor-read.ts";
import { bubbleDefaults, emptyContext } from "./editor-template.ts";
import { toolFormerData } from "./editor-tools.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { ASSISTANT_BUBBLE, THOUGHT_CAPABILITY, TOOL_CAPABILITY, USER_BUBBLE } from "./native.ts";

const PREVIEW = 120;
const SHORT = 100;

/** A bubble and its entry in the session's list. */
export interface Written {
  id: string;
  bubble: JsonObject;
  entry: JsonObject;
}

/** Turns messages into bubbles. An answer waits for the answers to its calls: they go into the same bubbles. */
export class Bubbles {
  readonly #seed: string;
  readonly #world: World;
  #time: number;
  #count = 0;
  #waiting: Message | undefined;
  /** Epoch ms of the last bubble. */
  lastTime: number;

  constructor(seed: string, startedAt: number, world: World) {
    this.#seed = seed;
    this.#world = world;
    this.#time = startedAt - 1;
    this.lastTime = startedAt;
  }

  push(message: Message): Written[] {
    if (message.role === "assistant") {
      const before = this.finish();
      this.#waiting = message;
      return before;
    }
    const results = message.content.filter((block) => block.type === "tool_result");
    const before = this.#answered(results);
    return [...before, ...this.#prompt(message)];
  }

  /** The answer that still waits. */
  finish(): Written[] {
    return this.#answered([]);
  }

  #answered(results: ToolResultBlock[]): Written[] {
    const message = this.#waiting;
    this.#waiting = undefined;
    if (message === undefined) return [];
    const byCall = new Map(results.map((result) => [result.callId, result]));
    const response = this.#world.toolkit.uuidFrom(`${this.#seed}:response:${this.#count}`);
    return message.content.flatMap((block) => {
      const mark: JsonObject = { response };
      switch (block.type) {
        case "text":
          return [this.#written(ASSISTANT_BUBBLE, message, { text: block.text, casr: mark })];
        case "reasoning": {
          const thinking = { text: block.text, signature: block.signature ?? "" };
          const thought = { capabilityType: THOUGHT_CAPABILITY, thinking, thinkingDurationMs: 0 };
          return [this.#written(ASSISTANT_BUBBLE, message, { ...thought, casr: mark })];
        }
        case "tool_call": {
          const { data, mark: more } = toolFormerData(block, byCall.get(block.id), response);
          const casr = { ...mark, ...more };
          const tool = { capabilityType: TOOL_CAPABILITY, toolFormerData: data, casr };
          return [this.#written(ASSISTANT_BUBBLE, message, tool)];
        }
        default:
          return [];
      }
    });
  }

  #prompt(message: Message): Written[] {
    const written: Written[] = [];
    const texts = message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
    for (const block of message.content)
      if (block.type === "compaction") written.push(this.#said(message, [block.summary], "compaction"));
    const { origin } = message;
    const marked = origin === "injected" || origin === "command" ? origin : undefined;
    if (texts.length > 0) written.push(this.#said(message, texts, marked));
    return written;
  }

  #said(message: Message, texts: string[], origin: string | undefined): Written {
    const text = texts.join(PART_SEPARATOR);
    const mark = {
      ...(origin === undefined ? {} : { origin }),
      ...(texts.length > 1 ? { parts: texts.map((part) => part.length) } : {}),
    };
    const document = { type: "doc", content: [{ type: "paragraph", content: [{ type: "text", text }] }] };
    return this.#written(USER_BUBBLE, message, {
      text,
      richText: JSON.stringify(document),
      context: emptyContext(),
      modelInfo: { modelName: "default" },
      ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
    });
  }

  #written(type: number, message: Message, fields: JsonObject): Written {
    this.#count += 1;
    const id = this.#world.toolkit.uuidFrom(`${this.#seed}:bubble:${this.#count}`);
    const wanted = message.timestamp ?? this.#time + 1;
    // Years beyond four digits have no ISO form that everybody reads.
    this.#time = Math.max(wanted < 253_402_300_800_000 ? wanted : this.#time, this.#time);
    this.lastTime = Math.max(this.#time, this.lastTime);
    const createdAt = new Date(Math.max(0, this.#time)).toISOString();
    const bubble = { ...bubbleDefaults(), bubbleId: id, type, createdAt, ...fields };
    return { id, bubble, entry: { bubbleId: id, type, grouping: groupingOf(bubble), createdAt } };
  }
}

/** How the editor shows a bubble. Without `isRenderable` the conversation does not open. */
function groupingOf(bubble: JsonObject): JsonObject {
  const shown = { isRenderable: true, toolDisplayComputed: true };
  const data = objectOf(bubble, "toolFormerData");
  if (data !== undefined) {
    const number = numberOf(data, "tool");
    return {
      ...shown,
      capabilityType: TOOL_CAPABILITY,
      isToolGroupable: true,
      ...(number === undefined ? {} : { toolFormerTool: number }),
      toolFormerStatus: data["status"] ?? "completed",
      toolCallId: data["toolCallId"] ?? "",
    };
  }
  if (bubble["thinking"] !== undefined)
    return { ...shown, capabilityType: THOUGHT_CAPABILITY, hasThinking: true, thinkingDurationMs: 0 };
  const text = stringOf(bubble, "text") ?? "";
  const visible =
    bubble["type"] === USER_BUBBLE
      ? { isShortPlainText: text.length < SHORT }
      : { isKeptFinalAiVisibleOutsideWorkedForGroup: true };
  return { ...shown, hasText: text !== "", textPreview: text.slice(0, PREVIEW), ...visible };
}
