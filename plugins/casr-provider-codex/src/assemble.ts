import type { Block, Message, ToolResultBlock, Usage } from "casr-cli/provider";
import type { Piece } from "./piece.ts";

/** Where and when a piece stood. */
export interface PieceSource {
  inContext: boolean;
  /** Epoch ms. */
  timestamp?: number;
  model?: string;
}

/** The words Codex sends as the output of a call that has none (codex-cli 0.169.0). */
const ABORTED = "aborted";

/**
 * Puts pieces together to messages: what the model said in one response is one assistant message, the
 * outputs behind it are one tool message.
 */
export class Assembler {
  #open: Message | undefined;
  #index: number;
  #aborted: ToolResultBlock[] = [];
  readonly #unanswered: ReadonlySet<string>;

  /** `first` is the number of the first message. */
  constructor(unanswered: ReadonlySet<string>, first: number) {
    this.#unanswered = unanswered;
    this.#index = first;
  }

  /** How many messages there are so far, an open one included. */
  get count(): number {
    return this.#index;
  }

  /** Adds a piece and gives back the messages that are complete now. */
  *push(piece: Piece, source: PieceSource): Iterable<Message> {
    if (piece.speaker === "assistant") {
      yield* this.#makeRoom("assistant", source);
      this.#append(piece.blocks);
      for (const block of piece.blocks) this.#noteCall(block);
      if (piece.phase !== undefined) this.#open!.extra = { phase: piece.phase };
    } else if (piece.speaker === "tool") {
      yield* this.#makeRoom("tool", source);
      this.#addResult(piece.result);
    } else {
      yield* this.finish();
      yield {
        ...this.#start(piece.speaker, source),
        content: piece.blocks,
        ...(piece.author === undefined ? {} : { author: piece.author }),
        ...(piece.origin === undefined || piece.speaker === "system" ? {} : { origin: piece.origin }),
      };
    }
  }

  /** The response ended: what comes next belongs to another one. */
  *endResponse(usage: Usage | undefined): Iterable<Message> {
    if (this.#open?.role !== "assistant") return;
    if (usage !== undefined) this.#open.usage = usage;
    yield* this.finish();
  }

  /** Whatever is still open. */
  *finish(): Iterable<Message> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) yield open;
    if (this.#aborted.length === 0) return;
    const { timestamp, inContext } = open!;
    const content = this.#aborted;
    this.#aborted = [];
    yield {
      index: this.#index++,
      role: "tool",
      inContext,
      ...(timestamp === undefined ? {} : { timestamp }),
      content,
    };
  }

  *#makeRoom(role: "assistant" | "tool", source: PieceSource): Iterable<Message> {
    const open = this.#open;
    if (open !== undefined && open.role === role && open.inContext === source.inContext) return;
    const aborted = role === "tool" ? this.#aborted.splice(0) : [];
    yield* this.finish();
    this.#open = this.#start(role, source);
    this.#append(aborted);
  }

  #start(role: Message["role"], source: PieceSource): Message {
    return {
      index: this.#index++,
      role,
      ...(source.timestamp === undefined ? {} : { timestamp: source.timestamp }),
      ...(source.model === undefined || role !== "assistant" ? {} : { model: source.model }),
      inContext: source.inContext,
      content: [],
    };
  }

  #append(blocks: Block[]): void {
    this.#open!.content.push(...blocks);
  }

  #noteCall(block: Block): void {
    if (block.type !== "tool_call" || !this.#unanswered.has(block.id)) return;
    const content = [{ type: "text" as const, text: ABORTED }];
    this.#aborted.push({ type: "tool_result", callId: block.id, content, isError: true, synthetic: true });
  }

  /** A second output of the same call (`notify()` in code mode) joins the first. */
  #addResult(result: ToolResultBlock): void {
    const content = this.#open!.content as ToolResultBlock[];
    const known = content.find((block) => block.callId === result.callId);
    if (known === undefined) {
      content.push(result);
      return;
    }
    known.content.push(...result.content);
    known.isError ||= result.isError;
    if (known.framed !== undefined || result.framed !== undefined) {
      known.framed = `${known.framed ?? textOf(known)}\n${result.framed ?? textOf(result)}`;
    }
    delete known.native;
  }
}

function textOf(result: ToolResultBlock): string {
  return result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}
