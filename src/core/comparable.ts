import { hash } from "node:crypto";
import { canonicalJson } from "../session/json.ts";
import type { Capabilities } from "../provider/capabilities.ts";
import type {
  BinarySource,
  Block,
  DocumentBlock,
  ImageBlock,
  Message,
  ToolResultBlock,
} from "../session/types.ts";

/** One block as verification sees it: a digest, and how to name it in an error message. */
interface ComparableBlock {
  digest: string;
  label: () => string;
}

/** Characters (6 bits each) of a digest that are kept: chance collisions stay out of reach. */
const DIGEST_CHARACTERS = 20;

type Base64 = (source: BinarySource) => Promise<string>;

/** What a digest is made of; lengths in front keep neighbouring parts apart. */
type Parts = string[];

function feed(parts: Parts, ...texts: string[]): void {
  for (const text of texts) parts.push(`${text.length}:`, text);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

async function feedBinary(parts: Parts, block: ImageBlock | DocumentBlock, base64: Base64): Promise<void> {
  feed(parts, block.type, block.mediaType, await base64(block.data));
}

/** Compares blocks of a written session with those that were to be written, one block at a time. */
export class Comparer {
  readonly #capabilities: Capabilities;
  readonly #base64: Base64;
  /** Ids of calls that both sides know as shell calls: only there the exit code has a place. */
  readonly #shellCalls = new Set<string>();

  constructor(capabilities: Capabilities, base64: Base64) {
    this.#capabilities = capabilities;
    this.#base64 = base64;
  }

  async blocksOf(message: Message): Promise<ComparableBlock[]> {
    const blocks: ComparableBlock[] = [];
    for (const block of message.content) blocks.push(await this.#comparable(block, message));
    return blocks;
  }

  async #comparable(block: Block, message: Message): Promise<ComparableBlock> {
    const parts: Parts = [];
    const speaker =
      message.role === "assistant" ? "assistant" : message.role === "system" ? "system" : "user";
    let label: () => string;
    switch (block.type) {
      case "text":
      case "compaction": {
        const text = block.type === "text" ? block.text : block.summary;
        feed(parts, "text", speaker, text);
        label = () => `${speaker} text ${excerpt(text)}`;
        break;
      }
      case "reasoning":
        feed(parts, "reasoning", block.text);
        label = () => `reasoning ${excerpt(block.text)}`;
        break;
      case "image":
      case "document":
        feed(parts, speaker);
        await feedBinary(parts, block, this.#base64);
        label = () => `${block.type} ${block.mediaType} of the ${speaker}`;
        break;
      case "tool_call":
        if (block.tool?.kind === "shell") this.#shellCalls.add(block.id);
        feed(parts, "call", block.id, block.name, canonicalJson(block.input));
        label = () => `call ${block.id} of ${block.name} with ${excerpt(canonicalJson(block.input))}`;
        break;
      case "tool_result":
        label = await this.#feedResult(parts, block);
        break;
    }
    return { digest: hash("sha256", parts.join(""), "base64url").slice(0, DIGEST_CHARACTERS), label };
  }

  async #feedResult(parts: Parts, block: ToolResultBlock): Promise<() => string> {
    const text = block.content.map((part) => (part.type === "text" ? part.text : "")).join("");
    feed(parts, "result", block.callId, text);
    for (const part of block.content) if (part.type === "image") await feedBinary(parts, part, this.#base64);
    const { errorFlag } = this.#capabilities.toolResults;
    if (errorFlag) feed(parts, block.isError ? "error" : "ok");
    const exitCode = block.exitCode ?? (errorFlag && block.isError ? undefined : 0);
    const shell = this.#shellCalls.delete(block.callId);
    if (shell && exitCode !== undefined) feed(parts, `exit ${exitCode}`);
    return () => `result of ${block.callId} ${excerpt(text)}`;
  }
}
