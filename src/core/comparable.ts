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

/** Characters (6 bits each) of a digest that are kept: chance collisions stay out of reach. */
export const DIGEST_CHARACTERS = 20;

type Base64 = (source: BinarySource) => Promise<string>;

/** Base64 text of what stands in files, read before it is compared. */
type Loaded = ReadonlyMap<BinarySource, string>;

/** Text longer than this stands in a digest by its own digest: put together with others it would be copied. */
const LONG_TEXT = 4096;

/** What a digest is made of; a length in front of each part keeps neighbours apart. */
function part(text: string): string {
  const { length } = text;
  return length < LONG_TEXT ? `${length}:${text}` : `${length}#${hash("sha256", text, "base64url")}`;
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function speakerOf(message: Message): string {
  return message.role === "assistant" ? "assistant" : message.role === "system" ? "system" : "user";
}

function resultText(block: ToolResultBlock): string {
  const [only, ...more] = block.content;
  if (more.length === 0) return only?.type === "text" ? only.text : "";
  return block.content.map((item) => (item.type === "text" ? item.text : "")).join("");
}

function binaryPart(block: ImageBlock | DocumentBlock, loaded: Loaded): string {
  const data = "base64" in block.data ? block.data.base64 : loaded.get(block.data)!;
  return part(block.type) + part(block.mediaType) + part(data);
}

/** How an error message names a block. */
export function labelOf(block: Block, message: Message): string {
  const speaker = speakerOf(message);
  switch (block.type) {
    case "text":
      return `${speaker} text ${excerpt(block.text)}`;
    case "compaction":
      return `${speaker} text ${excerpt(block.summary)}`;
    case "reasoning":
      return `reasoning ${excerpt(block.text)}`;
    case "tool_call":
      return `call ${block.id} of ${block.name} with ${excerpt(canonicalJson(block.input))}`;
    case "tool_result":
      return `result of ${block.callId} ${excerpt(resultText(block))}`;
    default:
      return `${block.type} ${block.mediaType} of the ${speaker}`;
  }
}

/** Makes blocks of a written session and those that were to be written comparable, one message at a time. */
export class Comparer {
  readonly #capabilities: Capabilities;
  readonly #base64: Base64;
  /** Ids of calls that both sides know as shell calls: only there the exit code has a place. */
  readonly #shellCalls = new Set<string>();

  constructor(capabilities: Capabilities, base64: Base64) {
    this.#capabilities = capabilities;
    this.#base64 = base64;
  }

  /** A digest for each block of the message; a promise only where the bytes of one stand in a file. */
  digestsOf(message: Message): string[] | Promise<string[]> {
    const ranges: BinarySource[] = [];
    for (const block of message.content) {
      for (const item of block.type === "tool_result" ? block.content : [block])
        if ((item.type === "image" || item.type === "document") && !("base64" in item.data))
          ranges.push(item.data);
    }
    return ranges.length === 0 ? this.#digests(message, new Map()) : this.#loadFirst(message, ranges);
  }

  async #loadFirst(message: Message, ranges: BinarySource[]): Promise<string[]> {
    const loaded = new Map<BinarySource, string>();
    for (const range of ranges) loaded.set(range, await this.#base64(range));
    return this.#digests(message, loaded);
  }

  #digests(message: Message, loaded: Loaded): string[] {
    return message.content.map((block) =>
      hash("sha256", this.#text(block, message, loaded), "base64url").slice(0, DIGEST_CHARACTERS),
    );
  }

  /** What the digest of a block is made of. */
  #text(block: Block, message: Message, loaded: Loaded): string {
    switch (block.type) {
      case "text":
        return part("text") + part(speakerOf(message)) + part(block.text);
      case "compaction":
        return part("text") + part(speakerOf(message)) + part(block.summary);
      case "reasoning":
        return part("reasoning") + part(block.text);
      case "image":
      case "document":
        return part(speakerOf(message)) + binaryPart(block, loaded);
      case "tool_call":
        if (block.tool?.kind === "shell") this.#shellCalls.add(block.id);
        return part("call") + part(block.id) + part(block.name) + part(canonicalJson(block.input));
      case "tool_result":
        return this.#result(block, loaded);
    }
  }

  #result(block: ToolResultBlock, loaded: Loaded): string {
    let text = part("result") + part(block.callId) + part(resultText(block));
    for (const item of block.content) if (item.type === "image") text += binaryPart(item, loaded);
    const { errorFlag } = this.#capabilities.toolResults;
    if (errorFlag) text += part(block.isError ? "error" : "ok");
    // Of a command that failed, a 0 tells nothing.
    const exitCode = errorFlag && block.isError ? block.exitCode || undefined : (block.exitCode ?? 0);
    const shell = this.#shellCalls.delete(block.callId);
    return shell && exitCode !== undefined ? text + part(`exit ${exitCode}`) : text;
  }
}
