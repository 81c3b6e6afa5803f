import type { Message } from "../../session/types.ts";
import type { SessionFacts } from "../facts.ts";

/** Which messages stay: the first prompt, and everything from `keepFrom` on. */
export interface Budget {
  pinned: number;
  keepFrom: number;
  dropped: number;
}

/**
 * Fits a session into `maxTokens`: the oldest messages between the first prompt and the most recent
 * turns go. Cuts only in front of a prompt, so that no call loses its result. Undefined when all fits.
 */
export function fitBudget(facts: SessionFacts, maxTokens: number): Budget | undefined {
  const total = facts.tokens.reduce((sum, tokens) => sum + tokens, 0);
  if (maxTokens <= 0 || total <= maxTokens) return undefined;
  const pinned = facts.prompts[0] ?? 0;
  let left = maxTokens - (facts.tokens[pinned] ?? 0);
  let keepFrom = facts.tokens.length;
  while (keepFrom > pinned + 1 && facts.tokens[keepFrom - 1]! <= left) {
    keepFrom -= 1;
    left -= facts.tokens[keepFrom]!;
  }
  // The last prompt is always kept: a session that ends before it would answer nothing.
  const cut = facts.prompts.find((position) => position >= keepFrom) ?? facts.prompts.at(-1) ?? pinned;
  const from = Math.max(cut, pinned);
  const dropped = from - (from > pinned ? 1 : 0);
  return dropped > 0 ? { pinned, keepFrom: from, dropped } : undefined;
}

/** The messages a budget keeps, in order. */
export function applyBudget(
  messages: AsyncIterable<Message>,
  budget: Budget | undefined,
): AsyncIterable<Message> {
  return budget === undefined ? messages : kept(messages, budget);
}

async function* kept(messages: AsyncIterable<Message>, budget: Budget): AsyncIterable<Message> {
  let position = 0;
  for await (const message of messages) {
    if (position === budget.pinned || position >= budget.keepFrom) yield message;
    position += 1;
  }
}
