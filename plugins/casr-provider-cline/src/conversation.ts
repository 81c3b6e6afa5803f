import type {
  Block,
  JsonObject,
  JsonValue,
  Message,
  Origin,
  ToolCallBlock,
  ToolResultBlock,
  Usage,
  World,
} from "casr-cli/provider";
import { imagePart } from "./frame.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { blocksOf, fileText, isInjected, sentText, SUMMARY_HEAD, type Layout } from "./native.ts";
import { decodeResult, type CallOf } from "./results.ts";
import { withoutExitHead } from "./task-results.ts";
import { taskBlocks } from "./task-text.ts";
import { canonicalTool } from "./tools.ts";

const ORIGINS: ReadonlySet<JsonValue | undefined> = new Set(["person", "injected", "compaction", "command"]);
const UNKNOWN_CALL: CallOf = { name: "", input: {}, foreign: false };

/** Turns stored messages into those of the conversation, one by one. */
export class Conversation {
  readonly #path: string;
  readonly #layout: Layout;
  readonly #world: World;
  /** The calls whose answers are still to come, by id. */
  readonly #calls = new Map<string, CallOf>();
  readonly #told: Set<string>;
  #generated: Block[] = [];
  #index = 0;

  /** `told` holds what was warned of: a session may be gone through several times. */
  constructor(path: string, layout: Layout, told: Set<string>, world: World) {
    this.#path = path;
    this.#told = told;
    this.#layout = layout;
    this.#world = world;
  }

  /** What the model gets of one stored message. */
  push(record: JsonObject, inContext: boolean): Message[] {
    const role = stringOf(record, "role");
    if (role === "assistant") return this.#assistant(record, inContext);
    if (role === "user") return this.#user(record, inContext);
    this.#warn("unknown-record", `messages of the role ${JSON.stringify(role ?? null)} are left out`);
    return [];
  }

  /** Pictures of the model's that no prompt follows. */
  finish(): Message[] {
    if (this.#generated.length === 0) return [];
    const content = this.#generated;
    this.#generated = [];
    return [{ index: this.#index++, role: "user", origin: "injected", inContext: true, content }];
  }

  #warn(code: string, message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#world.warn({ code, message, path: this.#path });
  }

  #message(
    record: JsonObject,
    inContext: boolean,
    rest: Pick<Message, "role" | "content"> & Partial<Message>,
  ): Message {
    const id = stringOf(record, "id");
    const timestamp = this.#world.toolkit.parseTimestamp(record["ts"]);
    return {
      index: this.#index++,
      ...(id === undefined || id === "" ? {} : { id }),
      ...(timestamp === undefined ? {} : { timestamp }),
      ...rest,
      inContext,
    };
  }

  #assistant(record: JsonObject, inContext: boolean): Message[] {
    const foreign = objectOf(markOf(record), "foreign");
    const content = blocksOf(record["content"]).flatMap((block) => this.#assistantBlock(block, foreign));
    if (content.length === 0) return [];
    const info = objectOf(record, "modelInfo");
    const model = stringOf(info, "id") ?? stringOf(info, "modelId");
    const usage = usageOf(record["metrics"]);
    return [
      this.#message(record, inContext, {
        role: "assistant",
        content,
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
      }),
    ];
  }

  #assistantBlock(block: JsonObject, foreign: JsonObject | undefined): Block[] {
    switch (block["type"]) {
      case "text": {
        const text = stringOf(block, "text") ?? "";
        return text === "" ? [] : [{ type: "text", text }];
      }
      case "thinking":
        return thought(block);
      case "redacted_thinking": {
        const data = stringOf(block, "data");
        if (data === undefined) return [];
        return [{ type: "reasoning", text: "", encrypted: data, redacted: true, issuer: "anthropic" }];
      }
      case "tool_use":
        return this.#call(block, foreign);
      case "image":
      case "media": {
        const made = mediaBlock(block);
        if (made === undefined) break;
        this.#generated.push(made);
        return [{ type: "text", text: `[generated ${modalityOf(block)}]` }];
      }
    }
    this.#warnBlock(block);
    return [];
  }

  #call(block: JsonObject, foreign: JsonObject | undefined): Block[] {
    const id = stringOf(block, "id");
    const name = stringOf(block, "name");
    if (id === undefined || id === "" || name === undefined || name === "") {
      this.#warn("bad-record", "a tool call without an id or a name was left out");
      return [];
    }
    const input = block["input"] ?? {};
    const from = foreignOf(foreign?.[id]);
    this.#calls.set(id, { name, input, foreign: from !== undefined });
    const tool = from === undefined ? canonicalTool(name, input, this.#world.toolkit) : undefined;
    const { signature, call_id: callId } = block;
    const native: JsonObject = {
      ...(typeof signature === "string" ? { signature } : {}),
      ...(typeof callId === "string" ? { call_id: callId } : {}),
    };
    const call: ToolCallBlock = {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(from === undefined ? {} : { foreign: from }),
      ...(Object.keys(native).length === 0 ? {} : { native }),
    };
    return [call];
  }

  #user(record: JsonObject, inContext: boolean): Message[] {
    const mark = markOf(record);
    const all = blocksOf(record["content"]);
    const answers = all.filter((block) => block["type"] === "tool_result");
    const messages: Message[] = [];
    const results = answers.flatMap((block) => this.#result(block, mark));
    if (results.length > 0)
      messages.push(this.#message(record, inContext, { role: "tool", content: results }));
    const isSummary = objectOf(record, "metadata")?.["kind"] === "compaction_summary";
    const summaries = mark?.["compaction"];
    const texts = objectOf(mark, "said");
    const said = all.filter((block) => block["type"] !== "tool_result");
    const content = said.flatMap((block, position) => {
      const summary = isSummary || (Array.isArray(summaries) && summaries.includes(position));
      return this.#userBlock(block, stringOf(texts, String(position)), summary);
    });
    const shown = this.#layout === "task" && mark === undefined ? taskBlocks(content) : content;
    if (answers.length === 0 && this.#generated.length > 0) {
      shown.push(...this.#generated);
      this.#generated = [];
    }
    if (shown.length > 0) {
      messages.push(
        this.#message(record, inContext, { role: "user", content: shown, origin: originOf(mark, shown) }),
      );
    }
    return messages;
  }

  #userBlock(block: JsonObject, noted: string | undefined, isSummary: boolean): Block[] {
    switch (block["type"]) {
      case "text": {
        const stored = stringOf(block, "text") ?? "";
        // The extension sends its tasks as they are stored.
        const text = noted ?? (this.#layout === "task" ? stored : sentText(stored));
        if (text === "") return [];
        return isSummary ? [{ type: "compaction", summary: text }] : [{ type: "text", text }];
      }
      case "file": {
        const content = stringOf(block, "content");
        const path = stringOf(block, "path");
        if (content === undefined || path === undefined) break;
        return [{ type: "text", text: fileText(path, content) }];
      }
      case "image":
      case "media":
      case "document": {
        const found = mediaBlock(block);
        if (found !== undefined) return [found];
      }
    }
    this.#warnBlock(block);
    return [];
  }

  #warnBlock(block: JsonObject): void {
    const type = JSON.stringify(block["type"] ?? null).slice(0, 80);
    this.#warn("unknown-part", `content of the kind ${type} was left out`);
  }

  #result(block: JsonObject, mark: JsonObject | undefined): ToolResultBlock[] {
    const callId = stringOf(block, "tool_use_id");
    if (callId === undefined || callId === "") {
      this.#warn("bad-record", "a tool's answer that names no call was left out");
      return [];
    }
    const call = this.#calls.get(callId) ?? { ...UNKNOWN_CALL, name: stringOf(block, "name") ?? "" };
    const noted = objectOf(mark, "results")?.[callId];
    const isTask = this.#layout === "task";
    const content = isTask ? withoutExitHead(block["content"], noted) : block["content"];
    const stored = { content, isError: block["is_error"] === true };
    const result = decodeResult(call, stored, noted);
    // A task's answers are its own form already.
    const { native: _native, ...rest } = result;
    return [{ type: "tool_result", callId, ...(isTask ? rest : result) }];
  }
}

/** casr's notes on a message. */
function markOf(record: JsonObject): JsonObject | undefined {
  return objectOf(objectOf(record, "metadata"), "casr");
}

function foreignOf(mark: JsonValue | undefined): ToolCallBlock["foreign"] | undefined {
  const provider = stringOf(mark, "provider");
  const name = stringOf(mark, "name");
  return provider === undefined || name === undefined ? undefined : { provider, name };
}

/** Only Anthropic's thoughts are stored with their signatures. */
function thought(block: JsonObject): Block[] {
  const text = stringOf(block, "thinking") ?? "";
  const signature = stringOf(block, "signature");
  if (text === "" && signature === undefined) return [];
  const signed = signature === undefined ? {} : { signature, issuer: "anthropic" };
  return [{ type: "reasoning", text, ...signed }];
}

/**
 * What a model made, or a person attached. Of media that are no pictures the model is told only that there was one;
 * a task's documents are sent.
 */
function mediaBlock(block: JsonObject): Block | undefined {
  const image = imagePart(block);
  if (image !== undefined && !("text" in image))
    return { type: "image", mediaType: image.mediaType, data: { base64: image.base64 } };
  const media = objectOf(block, "media");
  const source = objectOf(media ?? block, "source");
  const base64 = source?.["type"] === "base64" ? stringOf(source, "data") : undefined;
  const mediaType = stringOf(media, "mediaType") ?? stringOf(source, "media_type");
  if (media !== undefined && !(base64 !== undefined && mediaType?.startsWith("image/") === true))
    return { type: "text", text: `[generated ${modalityOf(block)} unavailable to this model]` };
  if (base64 === undefined || mediaType === undefined) return undefined;
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { type, mediaType, data: { base64 } };
}

function modalityOf(block: JsonObject): string {
  return stringOf(objectOf(block, "media"), "modality") ?? "image";
}

function originOf(mark: JsonObject | undefined, content: Block[]): Origin {
  const marked = mark?.["origin"];
  if (ORIGINS.has(marked)) return marked as Origin;
  if (content.some((block) => block.type === "compaction")) return "compaction";
  const [first] = content;
  const text = first?.type === "text" ? first.text : "";
  if (text.startsWith(SUMMARY_HEAD)) return "compaction";
  return isInjected(text) ? "injected" : "person";
}

/** `inputTokens` counts what was read from the cache too. */
function usageOf(metrics: JsonValue | undefined): Usage | undefined {
  const count = (key: string): number | undefined => {
    const value = numberOf(metrics, key);
    return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const all = count("inputTokens");
  const output = count("outputTokens");
  const cached = count("cacheReadTokens");
  const written = count("cacheWriteTokens");
  if (all === undefined && output === undefined) return undefined;
  return {
    ...(all === undefined ? {} : { inputTokens: Math.max(all - (cached ?? 0), 0) }),
    ...(output === undefined ? {} : { outputTokens: output }),
    ...(cached === undefined ? {} : { cacheReadTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
  };
}
