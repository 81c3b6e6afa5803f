import type {
  Block,
  History,
  JsonObject,
  Message,
  Origin,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { blocksOf, spokenBlock } from "./content.ts";
import { isJsonObject, objectAt, stringAt } from "./json.ts";
import { compactionText, isReminder } from "./native.ts";
import { modelName, type RecordEntry, type RecordIndex } from "./records.ts";
import { toolResult } from "./results.ts";
import { canonicalTool } from "./tools.ts";

const ORIGINS = new Set<string>(["person", "injected", "compaction", "command"]);

/** Turns records into messages, one after the other. */
export class Conversation {
  readonly #path: string;
  readonly #world: Pick<World, "toolkit" | "warn">;
  /** Calls that wait for the next message of results, by id. */
  readonly #open = new Map<string, ToolCallBlock>();
  #count: number;

  /** `count` messages stand before the first record. */
  constructor(path: string, world: Pick<World, "toolkit" | "warn">, count = 0) {
    this.#path = path;
    this.#world = world;
    this.#count = count;
  }

  message(fields: Omit<Message, "index" | "inContext">): Message {
    return { index: this.#count++, ...fields, inContext: true };
  }

  push(record: JsonObject, line: number): Message[] {
    const native = objectAt(record, "message");
    // Notices for the person alone are not sent.
    if (native === undefined || native["visibility"] === "user_only") return [];
    const timestamp = this.#world.toolkit.parseTimestamp(record["timestamp"]);
    const id = stringAt(record, "id");
    const common = { ...(id === undefined ? {} : { id }), ...(timestamp === undefined ? {} : { timestamp }) };
    if (native["role"] === "assistant") return this.#response(record, native, common);
    return native["role"] === "user" ? this.#user(record, native, common, line) : [];
  }

  #response(record: JsonObject, native: JsonObject, common: Pick<Message, "id" | "timestamp">): Message[] {
    const marks = objectAt(objectAt(record, "casr"), "tools");
    const content: Block[] = [];
    for (const block of blocksOf(native["content"])) {
      const call = isJsonObject(block) && block["type"] === "tool_use" ? this.#call(block, marks) : undefined;
      if (call !== undefined) this.#open.set(call.id, call);
      const made = call ?? spokenBlock(block);
      if (made !== undefined && made.type !== "image" && made.type !== "document") content.push(made);
    }
    const thoughts = stringAt(native, "openaiReasoningSummary") ?? "";
    if (thoughts.trim() !== "" && !content.some((block) => block.type === "reasoning"))
      content.unshift({ type: "reasoning", text: thoughts });
    if (content.length === 0) return [];
    const model = modelName(stringAt(native, "modelId"));
    return [
      this.message({ ...common, role: "assistant", ...(model === undefined ? {} : { model }), content }),
    ];
  }

  #call(block: JsonObject, marks: JsonObject | undefined): ToolCallBlock | undefined {
    const id = stringAt(block, "id") ?? "";
    const name = stringAt(block, "name") ?? "";
    if (id === "" || name === "") return undefined;
    const input = block["input"] ?? {};
    const mark = marks !== undefined && Object.hasOwn(marks, id) ? objectAt(marks, id) : undefined;
    const provider = stringAt(mark, "provider");
    const original = stringAt(mark, "name");
    if (provider !== undefined && original !== undefined)
      return { type: "tool_call", id, name, input, foreign: { provider, name: original } };
    const tool = canonicalTool(name, input, this.#world.toolkit);
    return { type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) };
  }

  #user(
    record: JsonObject,
    native: JsonObject,
    common: Pick<Message, "id" | "timestamp">,
    line: number,
  ): Message[] {
    const casr = objectAt(record, "casr");
    const mark = stringAt(casr, "origin");
    const exitCodes = objectAt(casr, "exit_codes");
    const results: ToolResultBlock[] = [];
    const content: Block[] = [];
    for (const block of blocksOf(native["content"])) {
      if (isJsonObject(block) && block["type"] === "tool_result") {
        const result = this.#result(block, exitCodes, line);
        if (result !== undefined) results.push(result);
        continue;
      }
      const spoken = spokenBlock(block);
      if (spoken === undefined || spoken.type === "reasoning") continue;
      // Droid makes these anew for each turn; a text of another agent that only looks like one is marked.
      if (spoken.type === "text" && mark === undefined && isReminder(spoken.text)) continue;
      content.push(
        mark === "compaction" && spoken.type === "text"
          ? { type: "compaction", summary: spoken.text }
          : spoken,
      );
    }
    // Answers that come later than in the next message are not sent.
    this.#open.clear();
    const origin: Origin =
      mark !== undefined && ORIGINS.has(mark)
        ? (mark as Origin)
        : native["visibility"] === "llm_only" || (common.id ?? "").startsWith("context-")
          ? "injected"
          : "person";
    return [
      ...(results.length === 0 ? [] : [this.message({ ...common, role: "tool", content: results })]),
      ...(content.length === 0 ? [] : [this.message({ ...common, role: "user", content, origin })]),
    ];
  }

  #result(block: JsonObject, exitCodes: JsonObject | undefined, line: number): ToolResultBlock | undefined {
    const call = this.#open.get(stringAt(block, "tool_use_id") ?? "");
    if (call !== undefined) {
      this.#open.delete(call.id);
      const exitCode =
        exitCodes !== undefined && Object.hasOwn(exitCodes, call.id) ? exitCodes[call.id] : undefined;
      return toolResult(block, call, typeof exitCode === "number" ? exitCode : undefined);
    }
    this.#world.warn({
      code: "orphan-result",
      message: "a result that belongs to no open call was left out, as Droid does",
      path: this.#path,
      line,
    });
    return undefined;
  }
}

/** Positions of entries in the order they are given, and from which place on they are in context. */
function order(index: RecordIndex, history: History): { positions: number[]; contextFrom: number } {
  const all = index.entries.map((_, position) => position);
  if (index.compaction === undefined) return { positions: all, contextFrom: 0 };
  const { position, keepFrom } = index.compaction;
  const isMessage = (at: number): boolean => index.entries[at]!.kind === "message";
  const kept = all.slice(keepFrom).filter((at) => at !== position && (at > position || isMessage(at)));
  const context = [position, ...kept];
  if (history === "context") return { positions: context, contextFrom: 0 };
  const before = all.slice(0, keepFrom).filter((at) => at !== position);
  return { positions: [...before, ...context], contextFrom: before.length };
}

/** The messages of an indexed session, parsed one by one; `count` stand before those of the index. */
export async function* messagesOf(
  index: RecordIndex,
  history: History,
  world: World,
  count = 0,
): AsyncIterable<Message> {
  const source = world.toolkit.records(world.files, index.path);
  const conversation = new Conversation(index.path, world, count);
  const { positions, contextFrom } = order(index, history);
  for (const [place, position] of positions.entries()) {
    world.signal.throwIfAborted();
    const entry: RecordEntry = index.entries[position]!;
    const record = await source.record(entry);
    if (record === undefined) continue;
    const messages =
      entry.kind === "compaction"
        ? [summary(conversation, record, world)]
        : conversation.push(record, entry.line);
    yield* place >= contextFrom ? messages : messages.map((message) => ({ ...message, inContext: false }));
  }
}

function summary(conversation: Conversation, record: JsonObject, world: World): Message {
  const timestamp = world.toolkit.parseTimestamp(record["timestamp"]);
  return conversation.message({
    role: "user",
    ...(timestamp === undefined ? {} : { timestamp }),
    content: [{ type: "compaction", summary: compactionText(stringAt(record, "summaryText") ?? "") }],
    origin: "compaction",
  });
}
