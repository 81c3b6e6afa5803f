import type {
  BinarySource,
  Block,
  History,
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  Origin,
  RecordSource,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { cliSummary } from "./cli-words.ts";
import { contextResult, hasRemark } from "./context-results.ts";
import { cutText, type Cut } from "./estimate.ts";
import type { Folded, Item } from "./fold.ts";
import { usageOf, type JournalIndex, type JournalRecord, type ModelFacts } from "./journal.ts";
import { objectAt, objectsIn, stringAt, timeOf } from "./json.ts";
import { CASR_COMMAND, CASR_INJECTED, INTERRUPTED, MADE_ANEW } from "./native.ts";
import { joined, pathsOf } from "./paths.ts";
import { blockOf, isAnswerBlock, isPromptBlock, storedCall, summaryOf } from "./parts.ts";
import { resultContent, toolResult } from "./results.ts";
import { canonicalTool } from "./tools.ts";

type Fields = Omit<Message, "index" | "inContext">;

/** Turns what a fold found into messages, one after the other. */
class Conversation {
  readonly #index: JournalIndex;
  readonly #source: RecordSource;
  readonly #world: World;
  readonly #calls = new Map<string, ToolCallBlock>();

  constructor(index: JournalIndex, world: World) {
    this.#index = index;
    this.#source = world.toolkit.records(world.files, index.path);
    this.#world = world;
  }

  async fields(item: Item): Promise<Fields | undefined> {
    switch (item.kind) {
      case "message":
        return this.#stored(item.record, item.facts.variant, item.cut);
      case "answer":
        return this.#answer(item);
      case "result":
        return this.#result(item.record);
      case "summary":
        return this.#summary(item.record);
      case "lost":
        return { role: "tool", content: [this.#lost(item.callId)] };
      case "elision":
        return { role: "user", origin: "injected", content: [{ type: "text", text: elision(item.tokens) }] };
    }
  }

  #model({ model }: JournalRecord): ModelFacts {
    return this.#index.models[model] ?? {};
  }

  async #blob(hash: string): Promise<BinarySource | undefined> {
    const folder = pathsOf(this.#world).dirname(this.#index.path);
    const path = joined(this.#world, folder, "blobs", hash);
    const stat = await this.#world.files.stat(path);
    if (stat?.kind === "file") return { path, offset: 0, length: stat.size, encoding: "raw" };
    this.#world.warn({ code: "missing-file", message: "a picture of the session is missing", path });
    return undefined;
  }

  async #blocks(content: JsonValue | undefined, service?: string): Promise<Block[]> {
    const parts = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
    const blocks: Block[] = [];
    for (const part of parts) {
      const block = await blockOf(part, (hash) => this.#blob(hash), service);
      if (block !== undefined) blocks.push(block);
    }
    return blocks;
  }

  /** What an answer holds. One that is all blank is no empty one: its model is told so, but it stays what it was. */
  async #resultParts(output: JsonValue | undefined): Promise<(TextBlock | ImageBlock)[]> {
    const [only, ...more] = typeof output === "string" ? [{ type: "text", text: output }] : objectsIn(output);
    const text = more.length === 0 && only?.["type"] === "text" ? stringAt(only, "text") : undefined;
    if (text !== undefined && text !== "" && text.trim() === "") return [{ type: "text", text }];
    return resultContent(await this.#blocks(output));
  }

  async #stored(record: JournalRecord, variant?: string, cut?: Cut): Promise<Fields | undefined> {
    if (variant !== undefined && MADE_ANEW.has(variant)) return undefined;
    const whole = await this.#source.record(record);
    const message = objectAt(whole, "message");
    if (whole === undefined || message === undefined) return undefined;
    const common = commonOf(whole, stringAt(message, "id"));
    const role = stringAt(message, "role") ?? "";
    if (role === "tool") return this.#storedResult(message, common);
    const isOlder = message["origin"] === undefined && cut === undefined;
    const older = isOlder ? cliSummary(message["content"]) : undefined;
    if (older !== undefined)
      return {
        ...common,
        role: "user",
        origin: "compaction",
        content: [{ type: "compaction", summary: older }],
      };
    const blocks = await this.#blocks(message["content"], this.#model(record).service);
    if (role === "assistant") {
      const calls = objectsIn(message["toolCalls"]).flatMap((each) => {
        const call = storedCall(each);
        return call === undefined ? [] : [this.#call(call.id, call.name, call.input, undefined)];
      });
      const content = [...blocks.filter(isAnswerBlock), ...calls];
      return { ...common, role, content };
    }
    const origin = originOf(objectAt(message, "origin"));
    const own = blocks.filter(isPromptBlock);
    const content = origin === "compaction" ? summarized(own) : cutBlocks(own, cut);
    return { ...common, role: role === "system" ? role : "user", content, origin };
  }

  /** An answer in a message of its own; of a session that came from kimi-cli as that had it. */
  async #storedResult(message: JsonObject, common: Pick<Fields, "timestamp">): Promise<Fields | undefined> {
    const callId = stringAt(message, "toolCallId") ?? "";
    if (callId === "") return undefined;
    const content = await this.#resultParts(message["content"]);
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    const block = hasRemark(content)
      ? contextResult(callId, content, call)
      : toolResult(message, content, call, callId, undefined);
    return { ...common, role: "tool", content: [block] };
  }

  #call(id: string, name: string, input: JsonValue, foreign: JsonObject | undefined): ToolCallBlock {
    const provider = stringAt(foreign, "provider");
    const original = stringAt(foreign, "name");
    const isForeign = provider !== undefined && original !== undefined;
    const tool = isForeign ? undefined : canonicalTool(name, input);
    const call: ToolCallBlock = {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(isForeign ? { foreign: { provider, name: original } } : {}),
    };
    this.#calls.set(id, call);
    return call;
  }

  async #answer(item: Extract<Item, { kind: "answer" }>): Promise<Fields> {
    const { begin, parts, end } = item;
    const model = this.#model(end ?? parts.at(-1) ?? begin);
    const content: Block[] = [];
    let timestamp: number | undefined;
    for (const record of parts) {
      const whole = await this.#source.record(record);
      timestamp ??= timeOf(whole);
      const event = objectAt(whole, "event");
      if (event?.["type"] === "content.part") {
        const [block] = await this.#blocks([event["part"] ?? null], model.service);
        if (block !== undefined && isAnswerBlock(block)) content.push(block);
      } else if (event !== undefined) {
        const id = stringAt(event, "toolCallId") ?? "";
        const name = stringAt(event, "name") ?? "";
        content.push(this.#call(id, name, event["args"] ?? {}, objectAt(objectAt(whole, "casr"), "foreign")));
      }
    }
    const ended = end === undefined ? undefined : objectAt(await this.#source.record(end), "event");
    const usage = usageOf(objectAt(ended, "usage"));
    const stopReason = stringAt(ended, "finishReason");
    return {
      ...(begin.facts.kind === "begin" && begin.facts.of !== "" ? { id: begin.facts.of } : {}),
      role: "assistant",
      ...(model.name === undefined ? {} : { model: model.name }),
      ...(timestamp === undefined ? {} : { timestamp }),
      content,
      ...(Object.keys(usage).length === 0 ? {} : { usage }),
      ...(stopReason === undefined ? {} : { stopReason }),
    };
  }

  async #result(record: JournalRecord): Promise<Fields | undefined> {
    const whole = await this.#source.record(record);
    const event = objectAt(whole, "event");
    const callId = stringAt(event, "toolCallId") ?? "";
    const result = objectAt(event, "result") ?? {};
    const content = await this.#resultParts(result["output"]);
    const block = toolResult(result, content, this.#calls.get(callId), callId, objectAt(whole, "casr"));
    this.#calls.delete(callId);
    return { ...commonOf(whole, undefined), role: "tool", content: [block] };
  }

  #lost(callId: string): ToolResultBlock {
    this.#calls.delete(callId);
    return {
      type: "tool_result",
      callId,
      content: [{ type: "text", text: INTERRUPTED }],
      isError: true,
      synthetic: true,
    };
  }

  async #summary(record: JournalRecord): Promise<Fields | undefined> {
    const whole = await this.#source.record(record);
    const text = summaryOf(whole ?? {});
    if (text === "") return undefined;
    const content: Block[] = [{ type: "compaction", summary: text }];
    return { ...commonOf(whole, undefined), role: "user", origin: "compaction", content };
  }
}

/** Time and id of a record. */
function commonOf(whole: JsonObject | undefined, id: string | undefined): Pick<Fields, "id" | "timestamp"> {
  const time = timeOf(whole);
  return { ...(id === undefined ? {} : { id }), ...(time === undefined ? {} : { timestamp: time }) };
}

function originOf(origin: JsonObject | undefined): Origin {
  switch (origin?.["kind"]) {
    case undefined:
    case "user":
      return "person";
    case "compaction_summary":
      return "compaction";
    case "shell_command":
    case "plugin_command":
      return "command";
    case "skill_activation":
      return origin["trigger"] === "user-slash" ? "command" : "injected";
    case "injection":
      return origin["variant"] === CASR_COMMAND ? "command" : "injected";
    default:
      return "injected";
  }
}

/** Which `origin` stands for a text that nobody typed. */
export function nativeOrigin(origin: Origin): JsonObject {
  if (origin === "compaction") return { kind: "compaction_summary" };
  if (origin === "person") return { kind: "user" };
  return { kind: "injection", variant: origin === "command" ? CASR_COMMAND : CASR_INJECTED };
}

function summarized(blocks: Block[]): Block[] {
  return blocks.map((block) => (block.type === "text" ? { type: "compaction", summary: block.text } : block));
}

/** A message that outlived a compaction in part is sent without its pictures, its texts in one. */
function cutBlocks(blocks: Block[], cut: Cut | undefined): Block[] {
  if (cut === undefined) return blocks;
  const text = cutText(blocks.map((block) => (block.type === "text" ? block.text : "")).join(""), cut);
  return text.trim() === "" ? [] : [{ type: "text", text }];
}

/** What Kimi Code says of messages that a compaction left out (2.1.0). */
function elision(tokens: number): string {
  return `<system-reminder>\nSome of this conversation's user messages were omitted here during compaction: the messages above this note are the oldest user input, the messages below are the most recent, and roughly ${tokens} tokens in between were dropped. The omitted content is covered by the compaction summary at the end of the conversation.\n</system-reminder>`;
}

/** Texts joined by an empty line, then everything else (`appendMergeContent`). */
function joinedBlocks(messages: readonly Fields[]): Block[] {
  const texts = messages
    .map(({ content }) => content.map((block) => (block.type === "text" ? block.text : "")).join(""))
    .filter((text) => text !== "");
  const others = messages.flatMap(({ content }) => content.filter(({ type }) => type !== "text"));
  return [...(texts.length === 0 ? [] : [{ type: "text" as const, text: texts.join("\n\n") }]), ...others];
}

/** The messages of a journal, or of its end: there are `before` of them in front of it. */
export async function* journalMessages(
  index: JournalIndex,
  folded: Folded,
  history: History,
  world: World,
  before = 0,
): AsyncIterable<Message> {
  const conversation = new Conversation(index, world);
  // A message that was cut by a compaction stands in the full history as it was.
  const sent = new Set<Item | JournalRecord>(folded.context);
  for (const item of folded.context) if (item.kind === "message") sent.add(item.record);
  const items = folded[history];
  // Prompts that follow one another without anything between them are sent as one, pictures last (2.1.0).
  const isJoined = (at: number): boolean => {
    const item = items[at];
    return history === "context" && item?.kind === "message" && item.facts.isJoined;
  };
  let count = before;
  for (let at = 0; at < items.length; at += 1) {
    world.signal.throwIfAborted();
    const item = items[at]!;
    const fields = await conversation.fields(item);
    if (fields === undefined || fields.content.length === 0) continue;
    const more: Fields[] = [];
    while (isJoined(at) && isJoined(at + 1)) {
      at += 1;
      const next = await conversation.fields(items[at]!);
      if (next !== undefined && next.content.length > 0) more.push(next);
    }
    const content = more.length === 0 ? fields.content : joinedBlocks([fields, ...more]);
    const inContext =
      history === "context" || sent.has(item) || (item.kind === "message" && sent.has(item.record));
    yield { index: count++, ...fields, content, inContext };
  }
}
