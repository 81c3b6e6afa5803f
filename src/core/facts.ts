import { hash } from "node:crypto";
import { messageText, titleFrom } from "../session/content.ts";
import type { JsonValue } from "../session/json.ts";
import type { Block, Message } from "../session/types.ts";
import type { SessionStats } from "./api.ts";

/** How often an id is used by calls and by results. */
export interface CallUse {
  calls: number;
  results: number;
}

/** What one pass over a session tells. Grows with the number of messages and calls, never with their size. */
export interface SessionFacts {
  stats: SessionStats;
  calls: Map<string, CallUse>;
  /** Estimated tokens of each message, in order. */
  tokens: number[];
  /** Positions of the messages a person typed. */
  prompts: number[];
  assistantMessages: number;
  /** Messages the source agent would no longer send. */
  outOfContext: number;
  /** A compaction summary stands among the messages. */
  compacted: boolean;
  withTimestamp: number;
  /** Neighbours of the same role among user and assistant messages, where that is unusual (two prompts in a row). */
  repeatedPrompts: number;
  startsWithAssistant: boolean;
  firstPrompt?: string;
  images: number;
}

const CHARS_PER_TOKEN = 4;
/** What vendors charge for a picture of usual size, roughly. */
const TOKENS_PER_IMAGE = 1500;

function blockTokens(block: Block): number {
  switch (block.type) {
    case "text":
      return block.text.length / CHARS_PER_TOKEN;
    case "compaction":
      return block.summary.length / CHARS_PER_TOKEN;
    case "reasoning":
      return block.text.length / CHARS_PER_TOKEN;
    case "tool_call":
      return (block.name.length + jsonLength(block.input)) / CHARS_PER_TOKEN;
    case "tool_result": {
      let sum = 0;
      for (const part of block.content) sum += blockTokens(part);
      return sum;
    }
    default:
      return TOKENS_PER_IMAGE;
  }
}

/** Characters of `value` as JSON, those that are escaped counted once. Recursion is safe: deep inputs were left out. */
function jsonLength(value: JsonValue): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return String(value).length;
  let length = 2;
  if (Array.isArray(value)) for (const item of value) length += jsonLength(item) + 1;
  else for (const [key, item] of Object.entries(value)) length += key.length + 4 + jsonLength(item);
  return length;
}

/** Estimated tokens of a message: four characters each, 1,500 for a picture. */
function messageTokens(message: Message): number {
  let sum = 1;
  for (const block of message.content) sum += blockTokens(block);
  return Math.ceil(sum);
}

function useOf(facts: SessionFacts, id: string): CallUse {
  let use = facts.calls.get(id);
  if (use === undefined) {
    use = { calls: 0, results: 0 };
    facts.calls.set(id, use);
  }
  return use;
}

function countBlock(facts: SessionFacts, block: Block): void {
  if (block.type === "tool_call") {
    useOf(facts, block.id).calls += 1;
    facts.stats.toolUses += 1;
  } else if (block.type === "tool_result") {
    useOf(facts, block.callId).results += 1;
    for (const part of block.content) if (part.type === "image") facts.images += 1;
  } else if (block.type === "image") facts.images += 1;
  else if (block.type === "compaction") facts.compacted = true;
}

/**
 * Reads all messages once and counts what validation, projection and listings need. `watch` gets each message
 * with the facts so far, the message's own among them.
 */
export async function gatherFacts(
  messages: AsyncIterable<Message>,
  watch?: (message: Message, facts: SessionFacts) => void,
): Promise<SessionFacts> {
  const stats: SessionStats = {
    messages: 0,
    userMessages: 0,
    uniqueUserMessages: 0,
    averageAgentResponseChars: 0,
    toolUses: 0,
  };
  const facts: SessionFacts = {
    stats,
    calls: new Map(),
    tokens: [],
    prompts: [],
    assistantMessages: 0,
    outOfContext: 0,
    compacted: false,
    withTimestamp: 0,
    repeatedPrompts: 0,
    startsWithAssistant: false,
    images: 0,
  };
  const prompts = new Set<string>();
  const models = new Map<string, number>();
  let agentChars = 0;
  let agentTexts = 0;
  let lastSpeaker: string | undefined;
  for await (const message of messages) {
    const position = stats.messages;
    stats.messages += 1;
    facts.tokens.push(messageTokens(message));
    if (message.timestamp !== undefined) facts.withTimestamp += 1;
    if (!message.inContext) facts.outOfContext += 1;
    for (const block of message.content) countBlock(facts, block);
    if (message.role === "user") {
      stats.userMessages += 1;
      const text = messageText(message);
      // A digest tells prompts apart and keeps the table small; a longer slice would keep the whole digest.
      prompts.add(hash("sha256", text, "base64url").slice(0, 12));
      if (message.origin === undefined || message.origin === "person") {
        facts.prompts.push(position);
        if (lastSpeaker === "user") facts.repeatedPrompts += 1;
        const title = facts.firstPrompt === undefined ? titleFrom(text, 200) : undefined;
        if (title !== undefined) facts.firstPrompt = title;
      }
      lastSpeaker = "user";
    } else if (message.role === "assistant") {
      if (lastSpeaker === undefined) facts.startsWithAssistant = true;
      lastSpeaker = "assistant";
      facts.assistantMessages += 1;
      const chars = messageText(message).length;
      if (chars > 0) {
        agentChars += chars;
        agentTexts += 1;
      }
      if (message.model !== undefined) models.set(message.model, (models.get(message.model) ?? 0) + 1);
    }
    watch?.(message, facts);
  }
  stats.uniqueUserMessages = prompts.size;
  stats.averageAgentResponseChars = agentTexts === 0 ? 0 : agentChars / agentTexts;
  const favourite = [...models].sort((a, b) => b[1] - a[1])[0];
  if (favourite !== undefined) stats.model = favourite[0];
  return facts;
}
