import { hash } from "node:crypto";
import { messageText } from "../../session/content.ts";
import type { Message } from "../../session/types.ts";
import type { SessionStats } from "../api.ts";

/** What has been counted so far, as it is stored. */
export interface CountsState {
  messages: number;
  userMessages: number;
  toolUses: number;
  agentChars: number;
  agentTexts: number;
  /** Digests of the different prompts. */
  prompts: string[];
  models: [name: string, messages: number][];
}

/** Counts the messages of a full history, as `gatherFacts` does, and can go on where it once stopped. */
export class Counts {
  readonly #state: CountsState;
  readonly #prompts: Set<string>;
  readonly #models: Map<string, number>;

  constructor(state?: CountsState) {
    this.#state = {
      messages: 0,
      userMessages: 0,
      toolUses: 0,
      agentChars: 0,
      agentTexts: 0,
      ...state,
      prompts: [],
      models: [],
    };
    this.#prompts = new Set(state?.prompts);
    this.#models = new Map(state?.models);
  }

  get messages(): number {
    return this.#state.messages;
  }

  add(message: Message): void {
    const state = this.#state;
    state.messages += 1;
    for (const block of message.content) if (block.type === "tool_call") state.toolUses += 1;
    if (message.role === "user") {
      state.userMessages += 1;
      this.#prompts.add(hash("sha256", messageText(message), "base64url").slice(0, 16));
    } else if (message.role === "assistant") {
      const { length } = messageText(message);
      if (length > 0) {
        state.agentChars += length;
        state.agentTexts += 1;
      }
      const { model } = message;
      if (model !== undefined) this.#models.set(model, (this.#models.get(model) ?? 0) + 1);
    }
  }

  state(): CountsState {
    return { ...this.#state, prompts: [...this.#prompts], models: [...this.#models] };
  }

  stats(): SessionStats {
    const { messages, userMessages, toolUses, agentChars, agentTexts } = this.#state;
    const [favourite] = [...this.#models].sort((a, b) => b[1] - a[1]);
    return {
      messages,
      userMessages,
      uniqueUserMessages: this.#prompts.size,
      averageAgentResponseChars: agentTexts === 0 ? 0 : agentChars / agentTexts,
      toolUses,
      ...(favourite === undefined ? {} : { model: favourite[0] }),
    };
  }
}
