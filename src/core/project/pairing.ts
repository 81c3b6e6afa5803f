import type { Message, ToolCallBlock, ToolResultBlock } from "../../session/types.ts";
import { picturesBehind, projectMessage, projectResult } from "./blocks.ts";
import type { ProjectionContext } from "./options.ts";
import { CallIds, projectCall } from "./tools.ts";

/** The text that stands in for an answer no agent recorded. */
export const MISSING_RESULT = "[No result was recorded for this call]";

/** One call on its way: its projected form and the answers that came so far. */
interface OpenCall {
  call: ToolCallBlock;
  sourceId: string;
  /** How many results the session holds for it. */
  expected: number;
  results: { block: ToolResultBlock; message: Message }[];
}

/** A message that waits for the answers to its calls (none for most messages). */
interface Waiting {
  message: Message;
  calls: OpenCall[];
}

/**
 * Puts every call and its one answer side by side: results move up to right behind the message that
 * called, several answers to one call become one, answers without a call are dropped, calls without an
 * answer get an error result. Messages wait in memory only until the answers they need have passed.
 */
export class Pairing {
  readonly #context: ProjectionContext;
  readonly #ids: CallIds;
  readonly #queue: Waiting[] = [];
  /** Calls seen and not yet emitted, and answers that came before their call, by source id. */
  readonly #open = new Map<string, OpenCall[]>();
  readonly #early = new Map<string, OpenCall["results"]>();
  readonly #seen = new Map<string, number>();

  constructor(context: ProjectionContext) {
    this.#context = context;
    this.#ids = new CallIds(context.target.capabilities, context.facts.calls);
  }

  /** How many messages wait for answers. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes the next message of the source and gives back what is complete now, in order. */
  push(message: Message): Message[] {
    for (const block of message.content) if (block.type === "tool_result") this.#takeResult(block, message);
    const rest = message.content.filter((block) => block.type !== "tool_result");
    const projected = projectMessage({ ...message, content: rest }, this.#context);
    if (projected !== undefined) this.#enqueue(projected);
    return this.#drain(false);
  }

  /** What still waits when the source has ended. */
  finish(): Message[] {
    return this.#drain(true);
  }

  #takeResult(block: ToolResultBlock, message: Message): void {
    const use = this.#context.facts.calls.get(block.callId);
    if (use === undefined || use.calls === 0) {
      this.#context.losses.add("orphan-result");
      return;
    }
    const open = this.#open.get(block.callId)?.find((call) => call.results.length < call.expected);
    const allCalled = (this.#seen.get(block.callId) ?? 0) >= use.calls;
    if (open !== undefined) open.results.push({ block, message });
    else if (allCalled) this.#context.losses.add("orphan-result");
    else this.#early.set(block.callId, [...(this.#early.get(block.callId) ?? []), { block, message }]);
  }

  #enqueue(message: Message): void {
    const calls: OpenCall[] = [];
    const content = message.content.map((block) => {
      if (block.type !== "tool_call") return block;
      const call = projectCall(block, this.#ids.assign(block.id), this.#context);
      const open: OpenCall = { call, sourceId: block.id, expected: this.#expected(block.id), results: [] };
      const early = this.#early.get(block.id) ?? [];
      open.results.push(...early.splice(0, open.expected));
      this.#open.set(block.id, [...(this.#open.get(block.id) ?? []), open]);
      calls.push(open);
      return call;
    });
    this.#queue.push({ message: { ...message, content }, calls });
  }

  /** All answers belong to an id used once; an id used n times has its answers dealt out one each. */
  #expected(sourceId: string): number {
    const use = this.#context.facts.calls.get(sourceId) ?? { calls: 1, results: 0 };
    const occurrence = (this.#seen.get(sourceId) ?? 0) + 1;
    this.#seen.set(sourceId, occurrence);
    if (use.calls === 1) return use.results;
    return occurrence <= use.results ? 1 : 0;
  }

  #drain(ended: boolean): Message[] {
    const ready: Message[] = [];
    while (this.#queue.length > 0) {
      const head = this.#queue[0]!;
      const complete = head.calls.every((call) => call.results.length >= call.expected);
      if (!complete && !ended) break;
      this.#queue.shift();
      ready.push(head.message);
      if (head.calls.length > 0) {
        const answers = this.#answers(head);
        ready.push(answers, ...this.#pictures(head, answers));
      }
      for (const call of head.calls) this.#forget(call);
    }
    return ready;
  }

  /** Lets go of a call that is through, and of the messages its answers came in. */
  #forget(call: OpenCall): void {
    const others = (this.#open.get(call.sourceId) ?? []).filter((open) => open !== call);
    if (others.length > 0) this.#open.set(call.sourceId, others);
    else this.#open.delete(call.sourceId);
  }

  #answers(waiting: Waiting): Message {
    const { calls } = waiting;
    const ordered =
      this.#context.target.capabilities.toolResults.order === "call" ? calls : inOrderOfArrival(calls);
    const first = calls.flatMap((call) => call.results.map((result) => result.message))[0];
    const timestamp = first?.timestamp ?? waiting.message.timestamp;
    return {
      index: 0,
      role: "tool",
      inContext: waiting.message.inContext,
      ...(timestamp === undefined ? {} : { timestamp }),
      content: ordered.map((call) => this.#answer(call)),
    };
  }

  /** A user message with the pictures of the answers, for a target whose results (or those that failed) hold none. */
  #pictures({ calls }: Waiting, answers: Message): Message[] {
    const content = calls.flatMap((call) =>
      picturesBehind(
        call.results.map(({ block }) => block),
        hasFailed(call),
        this.#context,
      ),
    );
    const { role: _role, ...rest } = answers;
    return content.length === 0 ? [] : [{ ...rest, role: "user", origin: "injected", content }];
  }

  #answer(open: OpenCall): ToolResultBlock {
    const foreign = open.call.foreign !== undefined || (open.call.tool === undefined && this.#isForeign());
    const failed = hasFailed(open);
    const blocks = open.results.map(({ block }) =>
      projectResult(block, open.call, foreign, failed, this.#context),
    );
    const [first, ...more] = blocks;
    if (first === undefined) {
      this.#context.losses.add("missing-result");
      const content = [{ type: "text" as const, text: MISSING_RESULT }];
      return { type: "tool_result", callId: open.call.id, content, isError: true, synthetic: true };
    }
    if (more.length === 0) return { ...first, callId: open.call.id };
    const { native: _native, ...merged } = first;
    return {
      ...merged,
      callId: open.call.id,
      content: blocks.flatMap((block) => block.content),
      isError: failed,
    };
  }

  #isForeign(): boolean {
    return this.#context.header.provider !== this.#context.target.slug;
  }
}

/** An answer in several parts has failed when one of them has. */
function hasFailed({ results }: OpenCall): boolean {
  return results.some(({ block }) => block.isError);
}

function inOrderOfArrival(calls: OpenCall[]): OpenCall[] {
  const arrival = (call: OpenCall): number => call.results[0]?.message.index ?? Number.POSITIVE_INFINITY;
  const position = (call: OpenCall): number =>
    call.results[0]?.message.content.indexOf(call.results[0].block) ?? 0;
  return calls
    .map((call, index) => ({ call, index }))
    .sort(
      (a, b) => arrival(a.call) - arrival(b.call) || position(a.call) - position(b.call) || a.index - b.index,
    )
    .map(({ call }) => call);
}
