import type { Capabilities } from "../provider/capabilities.ts";
import type { World } from "../provider/world.ts";
import type { Message } from "../session/types.ts";
import type { ResumeReport } from "./api.ts";
import { Comparer } from "./comparable.ts";
import { CasrError } from "./errors.ts";

type Verification = NonNullable<ResumeReport["verification"]>;

/** Block digests of what went to the writer, taken while it wrote. */
export class WrittenRecord {
  readonly #comparer: Comparer;
  readonly #blocks: { digest: string; label: string }[] = [];
  readonly counts: Verification = { blocks: 0, messages: 0, toolCalls: 0, toolResults: 0, images: 0 };

  constructor(capabilities: Capabilities, world: World) {
    this.#comparer = new Comparer(capabilities, (source) => world.base64(source));
  }

  /** Passes messages through to the writer and remembers each block. */
  async *tap(messages: AsyncIterable<Message>): AsyncIterable<Message> {
    for await (const message of messages) {
      this.#blocks.push(...(await this.#comparer.blocksOf(message)));
      this.counts.messages += 1;
      for (const block of message.content)
        this.#count(block.type === "tool_result" ? [block, ...block.content] : [block]);
      yield message;
    }
    this.counts.blocks = this.#blocks.length;
  }

  #count(blocks: { type: string }[]): void {
    for (const block of blocks) {
      if (block.type === "tool_call") this.counts.toolCalls += 1;
      else if (block.type === "tool_result") this.counts.toolResults += 1;
      else if (block.type === "image") this.counts.images += 1;
    }
  }

  /**
   * Compares what the target's own reader finds with what was to be written, block by block.
   * Throws `verification-failed` with the first difference.
   */
  async verify(
    messages: AsyncIterable<Message>,
    capabilities: Capabilities,
    world: World,
    path: string,
  ): Promise<void> {
    const comparer = new Comparer(capabilities, (source) => world.base64(source));
    let position = 0;
    for await (const message of messages) {
      for (const found of await comparer.blocksOf(message)) {
        const wanted = this.#blocks[position];
        if (wanted === undefined) throw mismatch(path, position, "nothing more", found.label);
        if (wanted.digest !== found.digest) throw mismatch(path, position, wanted.label, found.label);
        position += 1;
      }
    }
    const missing = this.#blocks[position];
    if (missing !== undefined) throw mismatch(path, position, missing.label, "the end of the session");
  }
}

function mismatch(path: string, position: number, wanted: string, found: string): CasrError {
  return new CasrError(
    "verification-failed",
    `The written session does not read back as it should: block ${position + 1} should be ${wanted}, found ${found}.`,
    {
      context: { path, block: position + 1, wanted, found },
      suggestions: ["Nothing was kept. Please report this with the output of the same command and --trace."],
    },
  );
}
