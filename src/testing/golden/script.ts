import type { JsonValue } from "../../session/json.ts";
import type { CanonicalTool } from "../../session/tool-types.ts";
import type {
  Block,
  ImageBlock,
  Message,
  Origin,
  ReasoningBlock,
  SessionHeader,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from "../../session/types.ts";

/** Slug of the provider that serves the golden sessions. */
export const GOLDEN_SLUG = "golden";

/** Epoch ms of the first message of every golden session. */
export const GOLDEN_START = Date.UTC(2026, 10, 20, 9);

const STEP_MS = 1000;

/** One made session: what it is for, its header, and its whole history in order. */
export interface GoldenSession {
  header: SessionHeader;
  messages: Message[];
}

/** A text block. */
export function text(value: string): TextBlock {
  return { type: "text", text: value };
}

/** Reasoning nobody signed: no service takes it back. */
export function reasoning(value: string): ReasoningBlock {
  return { type: "reasoning", text: value };
}

/** A PNG from base64 text. */
export function image(base64: string, name?: string): ImageBlock {
  const data = { base64 };
  return name === undefined
    ? { type: "image", mediaType: "image/png", data }
    : { type: "image", mediaType: "image/png", data, name };
}

/** A call in the golden agent's own form, with its common form where it has one. */
export function call(id: string, name: string, input: JsonValue, tool?: CanonicalTool): ToolCallBlock {
  const block: ToolCallBlock = { type: "tool_call", id, name, input };
  return tool === undefined ? block : { ...block, tool };
}

/** The answer to a call; a string stands for one text. */
export function result(
  callId: string,
  content: string | (TextBlock | ImageBlock)[],
  change: Partial<ToolResultBlock> = {},
): ToolResultBlock {
  const parts = typeof content === "string" ? [text(content)] : content;
  return { type: "tool_result", callId, content: parts, isError: false, ...change };
}

/** Writes down messages one after another, a second apart. */
export class Script {
  readonly messages: Message[] = [];
  #inContext = true;

  #add(role: string, content: (string | Block)[], change: Partial<Message>): this {
    const index = this.messages.length;
    this.messages.push({
      index,
      role,
      timestamp: GOLDEN_START + index * STEP_MS,
      content: content.map((part) => (typeof part === "string" ? text(part) : part)),
      inContext: this.#inContext,
      ...change,
    });
    return this;
  }

  /** What follows until the next summary is no longer sent to the model. */
  beforeCompaction(): this {
    this.#inContext = false;
    return this;
  }

  /** The summary that takes the place of everything so far. */
  compaction(summary: string): this {
    this.#inContext = true;
    return this.#add("user", [{ type: "compaction", summary }], { origin: "compaction" });
  }

  /** What a person typed; strings are texts. */
  user(...content: (string | Block)[]): this {
    return this.#add("user", content, { origin: "person" });
  }

  /** User text that nobody typed. */
  aside(origin: Origin, ...content: (string | Block)[]): this {
    return this.#add("user", content, { origin });
  }

  /** A message of the system. */
  system(...content: (string | Block)[]): this {
    return this.#add("system", content, { origin: "injected" });
  }

  /** One response of the model. */
  assistant(...content: (string | Block)[]): this {
    return this.#add("assistant", content, { model: "golden-1" });
  }

  /** Answers to the calls of the last response. */
  tool(...content: ToolResultBlock[]): this {
    return this.#add("tool", content, {});
  }

  /** The session; `change` is laid over the usual header. */
  session(name: string, workspace: string, change: Partial<SessionHeader> = {}): GoldenSession {
    const header: SessionHeader = {
      id: `golden-${name}`,
      provider: GOLDEN_SLUG,
      workspace,
      startedAt: GOLDEN_START,
      endedAt: GOLDEN_START + Math.max(this.messages.length - 1, 0) * STEP_MS,
      model: "golden-1",
      agentVersion: "1.0.0",
      metadata: {},
      sourcePath: `/golden/${name}`,
      ...change,
    };
    return { header, messages: this.messages };
  }
}
