import type { Capabilities } from "../provider/capabilities.ts";
import type { World } from "../provider/world.ts";
import type { Block, Message } from "../session/types.ts";
import type { ResumeReport } from "./api.ts";
import { Comparer, DIGEST_CHARACTERS, labelOf } from "./comparable.ts";
import { CasrError } from "./errors.ts";

type Verification = NonNullable<ResumeReport["verification"]>;

/** Digests one behind the other, and nothing else of them: there is one for every block of a session. */
class DigestList {
  #bytes = Buffer.alloc(1024 * DIGEST_CHARACTERS);
  length = 0;

  push(digest: string): void {
    const at = this.length * DIGEST_CHARACTERS;
    if (at === this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.write(digest, at, "latin1");
    this.length += 1;
  }

  is(position: number, digest: string): boolean {
    if (position >= this.length) return false;
    const at = position * DIGEST_CHARACTERS;
    return this.#bytes.toString("latin1", at, at + DIGEST_CHARACTERS) === digest;
  }
}

/** Block digests of what went to the writer, taken while it wrote. A digest is all that is kept of a block. */
export class WrittenRecord {
  readonly #capabilities: Capabilities;
  readonly #world: World;
  readonly #digests = new DigestList();
  readonly counts: Verification = { blocks: 0, messages: 0, toolCalls: 0, toolResults: 0, images: 0 };

  constructor(capabilities: Capabilities, world: World) {
    this.#capabilities = capabilities;
    this.#world = world;
  }

  /** Passes messages through to the writer and remembers each block. */
  async *tap(messages: AsyncIterable<Message>): AsyncIterable<Message> {
    const comparer = this.#comparer();
    for await (const message of messages) {
      const digests = comparer.digestsOf(message);
      for (const digest of Array.isArray(digests) ? digests : await digests) this.#digests.push(digest);
      this.counts.messages += 1;
      for (const block of message.content) {
        this.#count(block);
        if (block.type === "tool_result") for (const part of block.content) this.#count(part);
      }
      yield message;
    }
    this.counts.blocks = this.#digests.length;
  }

  #count({ type }: Block): void {
    if (type === "tool_call") this.counts.toolCalls += 1;
    else if (type === "tool_result") this.counts.toolResults += 1;
    else if (type === "image") this.counts.images += 1;
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
      const digests = comparer.digestsOf(message);
      for (const [index, digest] of (Array.isArray(digests) ? digests : await digests).entries()) {
        if (!this.#digests.is(position, digest)) {
          const label = labelOf(message.content[index]!, message);
          throw await this.#mismatch(position, label, replay(), path);
        }
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
    let wanted = "nothing more";
    let passed = 0;
    for await (const message of replay) {
      const block = message.content[position - passed];
      if (block !== undefined) {
        wanted = labelOf(block, message);
        break;
      }
      passed += message.content.length;
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
