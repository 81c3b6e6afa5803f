import type { Message } from "../session/types.ts";
import type { SessionFacts } from "./facts.ts";
import { LossLog } from "./losses.ts";
import { Projection, type CallUses, type ProjectionContext } from "./project/index.ts";

/** What running through a projection tells before anything is written. */
export interface Outcome {
  losses: LossLog;
  counts: { messages: number; toolCalls: number; images: number };
}

/** Runs through a projection and counts what comes out of it. */
export class Rehearsal {
  readonly #projection: Projection;
  readonly #outcome: Outcome;

  constructor(context: ProjectionContext) {
    this.#projection = new Projection(context);
    this.#outcome = { losses: context.losses, counts: { messages: 0, toolCalls: 0, images: 0 } };
  }

  get waiting(): number {
    return this.#projection.waiting;
  }

  push(message: Message): void {
    this.#count(this.#projection.push(message));
  }

  finish(): Outcome {
    this.#count(this.#projection.finish());
    return this.#outcome;
  }

  #count(messages: Message[]): void {
    const { counts } = this.#outcome;
    for (const message of messages) {
      counts.messages += 1;
      for (const block of message.content) {
        if (block.type === "tool_call") counts.toolCalls += 1;
        else if (block.type === "image") counts.images += 1;
        else if (block.type === "tool_result")
          for (const part of block.content) if (part.type === "image") counts.images += 1;
      }
    }
  }
}

/** So many messages, or estimated tokens of them, wait for one answer at most: it may never come. */
const MAX_WAITING = 500;
const MAX_WAITING_TOKENS = 2_000_000;

/** An id that `CallIds` reads as another one with a number behind it. */
const NUMBERED = /^(.+)_(\d+)$/;

/**
 * A projection in the same pass that gathers the facts it depends on. It takes every call for one of its own
 * id with one answer behind it, which is so in nearly all sessions; where it is not, `finish` gives undefined and
 * the projection has to be run with the whole facts. Only for sessions without pre-compaction messages.
 */
export class EarlyRehearsal {
  readonly #makeContext: (calls: CallUses) => ProjectionContext;
  #rehearsal: Rehearsal | undefined;
  /** Ids that were answered before they were called. */
  readonly #early = new Set<string>();
  #waitingTokens = 0;

  constructor(makeContext: (calls: CallUses) => ProjectionContext) {
    this.#makeContext = makeContext;
  }

  /** Takes a message, with the facts up to and with it. */
  push(message: Message, facts: SessionFacts): void {
    if (facts.stats.messages === 1) this.#rehearsal = this.#begin(facts);
    const rehearsal = this.#rehearsal;
    if (rehearsal === undefined) return;
    for (const block of message.content) {
      if (block.type === "tool_result" && facts.calls.get(block.callId)!.calls === 0)
        this.#early.add(block.callId);
    }
    try {
      rehearsal.push(message);
    } catch {
      // Whatever it is, the projection with the whole facts meets it too, and says so at the right time.
      this.#rehearsal = undefined;
      return;
    }
    this.#waitingTokens = rehearsal.waiting === 0 ? 0 : this.#waitingTokens + (facts.tokens.at(-1) ?? 0);
    if (rehearsal.waiting > MAX_WAITING || this.#waitingTokens > MAX_WAITING_TOKENS)
      this.#rehearsal = undefined;
  }

  /** What the projection told; undefined where the whole facts would tell something else. */
  finish(facts: SessionFacts): Outcome | undefined {
    if (this.#rehearsal === undefined) return undefined;
    for (const [id, { calls, results }] of facts.calls) {
      if (calls > 1 || (calls === 1 && (results > 1 || this.#early.has(id)))) return undefined;
      const stem = NUMBERED.exec(id)?.[1];
      if (stem !== undefined && facts.calls.has(stem)) return undefined;
    }
    return this.#rehearsal.finish();
  }

  #begin(facts: SessionFacts): Rehearsal {
    const calls: CallUses = {
      get(id) {
        const use = facts.calls.get(id);
        return use?.results === 0 ? { calls: use.calls, results: 1 } : use;
      },
      has: (id) => facts.calls.has(id),
    };
    return new Rehearsal(this.#makeContext(calls));
  }
}

/** Runs through the projection of all `messages`. */
export async function rehearseProjection(
  messages: AsyncIterable<Message>,
  context: ProjectionContext,
): Promise<Outcome> {
  const rehearsal = new Rehearsal(context);
  for await (const message of messages) rehearsal.push(message);
  return rehearsal.finish();
}
