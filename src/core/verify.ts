import type { Capabilities } from "../provider/capabilities.ts";
import type { World } from "../provider/world.ts";
import type { Message } from "../session/types.ts";
import type { ResumeReport } from "./api.ts";
import { Comparer } from "./comparable.ts";
import { CasrError } from "./errors.ts";

type Verification = NonNullable<ResumeReport["verification"]>;

/** Block digests of what went to the writer, taken while it wrote. A digest is all that is kept of a block. */
export class WrittenRecord {
  readonly #capabilities: Capabilities;
  readonly #world: World;
  readonly #digests: string[] = [];
  readonly counts: Verification = { blocks: 0, messages: 0, toolCalls: 0, toolResults: 0, images: 0 };

  constructor(capabilities: Capabilities, world: World) {
    this.#capabilities = capabilities;
    this.#world = world;
  }

  /** Passes messages through to the writer and remembers each block. */
  async *tap(messages: AsyncIterable<Message>): AsyncIterable<Message> {
    const comparer = this.#comparer();
    for await (const message of messages) {
      for (const { digest } of await comparer.blocksOf(message)) this.#digests.push(digest);
      this.counts.messages += 1;
      for (const block of message.content)
        this.#count(block.type === "tool_result" ? [block, ...block.content] : [block]);
      yield message;
    }
    this.counts.blocks = this.#digests.length;
  }

  #count(blocks: { type: string }[]): void {
    for (const block of blocks) {
      if (block.type === "tool_call") this.counts.toolCalls += 1;
      else if (block.type === "tool_result") this.counts.toolResults += 1;
      else if (block.type === "image") this.counts.images += 1;
    }
  }

  #comparer(): Comparer {
    return new Comparer(this.#capabilities, (source) => this.#world.base64(source));
  }

  /**
   * Compares what the target's own reader finds with what was to be written, block by block. `replay`
   * gives the messages that were to be written once more, to name the first difference.
   * Throws `verification-failed`.
   */
  async verify(
    found: AsyncIterable<Message>,
    replay: () => AsyncIterable<Message>,
    path: string,
  ): Promise<void> {
    const comparer = this.#comparer();
    let position = 0;
    for await (const message of found) {
      for (const { digest, label } of await comparer.blocksOf(message)) {
        if (this.#digests[position] !== digest) throw await this.#mismatch(position, label(), replay(), path);
        position += 1;
      }
    }
    if (position < this.#digests.length) {
      throw await this.#mismatch(position, "the end of the session", replay(), path);
    }
  }

  async #mismatch(
    position: number,
    found: string,
    replay: AsyncIterable<Message>,
    path: string,
  ): Promise<CasrError> {
    const comparer = this.#comparer();
    let wanted = "nothing more";
    let passed = 0;
    for await (const message of replay) {
      const blocks = await comparer.blocksOf(message);
      const block = blocks[position - passed];
      if (block !== undefined) {
        wanted = block.label();
        break;
      }
      passed += blocks.length;
    }
    return mismatch(path, position, wanted, found);
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
