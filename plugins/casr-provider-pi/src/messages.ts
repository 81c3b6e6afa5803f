import type {
  Block,
  History,
  ImageBlock,
  JsonObject,
  JsonValue,
  Message,
  Origin,
  TextBlock,
  ToolCallBlock,
  World,
} from "casr-cli/provider";
import { branchOf, NO_MODEL, timeOf, type EntryIndex } from "./entries.ts";
import { objectAt, objectsIn, stringAt } from "./json.ts";
import { branchText, commandText, compactionText } from "./native.ts";
import { editedEntry } from "./edits.ts";
import { reasoningOf } from "./reasoning.ts";
import { toolResult } from "./results.ts";
import { canonicalTool } from "./tools.ts";

const ORIGINS = new Set<string>(["person", "injected", "compaction", "command"]);

type Common = Pick<Message, "id" | "timestamp">;

/** Texts and pictures of a message; a string is one text. Blank texts are not sent. */
function spokenBlocks(
  content: JsonValue | undefined,
  isSaid = (text: string): boolean => text.trim() !== "",
): (TextBlock | ImageBlock)[] {
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
  return blocks.flatMap((block: JsonObject): (TextBlock | ImageBlock)[] => {
    if (block["type"] === "image") {
      const mediaType = stringAt(block, "mimeType") ?? "";
      const base64 = stringAt(block, "data") ?? "";
      return mediaType === "" || base64 === "" ? [] : [{ type: "image", mediaType, data: { base64 } }];
    }
    const text = block["type"] === "text" ? (stringAt(block, "text") ?? "") : "";
    return isSaid(text) ? [{ type: "text", text }] : [];
  });
}

/** What is known of the messages before an entry. */
export interface MessagesStart {
  /** How many there are. */
  messages: number;
  /** Ids of calls without a result. */
  open: string[];
}

/** Turns entries into messages, one after the other. */
class Conversation {
  readonly #path: string;
  readonly #world: World;
  readonly #open = new Map<string, ToolCallBlock>();
  #count: number;

  /** `first` is the number of the first message. */
  constructor(path: string, world: World, first: number) {
    this.#path = path;
    this.#world = world;
    this.#count = first;
  }

  /** What was given so far, and which calls wait for their results. */
  get state(): MessagesStart {
    return { messages: this.#count, open: [...this.#open.keys()] };
  }

  #message(fields: Omit<Message, "index" | "inContext">): Message[] {
    return fields.content.length === 0 ? [] : [{ index: this.#count++, ...fields, inContext: true }];
  }

  #said(content: Block[], origin: Origin, common: Common): Message[] {
    return this.#message({ ...common, role: "user", content, origin });
  }

  push(entry: JsonObject, line: number): Message[] {
    const timestamp = timeOf(entry, this.#world);
    const id = stringAt(entry, "id");
    const common = { ...(id === undefined ? {} : { id }), ...(timestamp === undefined ? {} : { timestamp }) };
    const type = stringAt(entry, "type");
    if (type === "context_edit") return [];
    if (type === "custom_message") return this.#said(spokenBlocks(entry["content"]), "injected", common);
    const summary = stringAt(entry, "summary") ?? "";
    if (type === "branch_summary") return summary === "" ? [] : this.#branch(summary, common);
    if (type === "compaction") return this.#compaction(summary, common);
    const message = objectAt(entry, "message");
    return message === undefined ? [] : this.#spoken(message, objectAt(entry, "casr"), common, line);
  }

  #branch(summary: string, common: Common): Message[] {
    return this.#said([{ type: "text", text: branchText(summary) }], "injected", common);
  }

  #compaction(summary: string, common: Common): Message[] {
    return this.#said([{ type: "compaction", summary: compactionText(summary) }], "compaction", common);
  }

  #spoken(message: JsonObject, casr: JsonObject | undefined, common: Common, line: number): Message[] {
    switch (message["role"]) {
      case "user":
        return this.#user(spokenBlocks(message["content"]), casr, common);
      case "assistant":
        return this.#response(message, casr, common);
      case "toolResult":
        return this.#result(message, casr, common, line);
      case "bashExecution":
        return message["excludeFromContext"] === true
          ? []
          : this.#said([{ type: "text", text: commandText(message) }], "command", common);
      case "custom":
      case "hookMessage":
        return this.#said(spokenBlocks(message["content"]), "injected", common);
      case "branchSummary":
        return this.#branch(stringAt(message, "summary") ?? "", common);
      case "compactionSummary":
        return this.#compaction(stringAt(message, "summary") ?? "", common);
      default:
        return [];
    }
  }

  #user(blocks: (TextBlock | ImageBlock)[], casr: JsonObject | undefined, common: Common): Message[] {
    const mark = stringAt(casr, "origin");
    const origin = mark !== undefined && ORIGINS.has(mark) ? (mark as Origin) : "person";
    const content = blocks.map((block): Block =>
      origin === "compaction" && block.type === "text" ? { type: "compaction", summary: block.text } : block,
    );
    return this.#said(content, origin, common);
  }

  #response(message: JsonObject, casr: JsonObject | undefined, common: Common): Message[] {
    // Pi does not send answers that broke off.
    if (message["stopReason"] === "error" || message["stopReason"] === "aborted") return [];
    const marks = objectAt(casr, "tools");
    const api = stringAt(message, "api") ?? "";
    const content: Block[] = [];
    const { content: native } = message;
    const blocks = typeof native === "string" ? [{ type: "text", text: native }] : objectsIn(native);
    for (const block of blocks) {
      if (block["type"] === "toolCall") {
        const call = this.#call(block, marks);
        if (call === undefined) continue;
        this.#open.set(call.id, call);
        content.push(call);
      } else if (block["type"] === "thinking") content.push(...reasoningOf(block, api));
      else content.push(...spokenBlocks([block]).filter(({ type }) => type === "text"));
    }
    const model = stringAt(message, "model");
    const stopReason = stringAt(message, "stopReason");
    return this.#message({
      ...common,
      role: "assistant",
      ...(model === undefined || model === "" || model === NO_MODEL ? {} : { model }),
      content,
      ...(stopReason === undefined ? {} : { stopReason }),
    });
  }

  #call(block: JsonObject, marks: JsonObject | undefined): ToolCallBlock | undefined {
    const id = stringAt(block, "id") ?? "";
    const name = stringAt(block, "name") ?? "";
    if (id === "" || name === "") return undefined;
    const input = block["arguments"] ?? {};
    const mark = marks !== undefined && Object.hasOwn(marks, id) ? objectAt(marks, id) : undefined;
    const provider = stringAt(mark, "provider");
    const original = stringAt(mark, "name");
    if (provider !== undefined && original !== undefined)
      return { type: "tool_call", id, name, input, foreign: { provider, name: original } };
    const tool = canonicalTool(name, input);
    return { type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) };
  }

  #result(message: JsonObject, casr: JsonObject | undefined, common: Common, line: number): Message[] {
    const call = this.#open.get(stringAt(message, "toolCallId") ?? "");
    if (call !== undefined) {
      this.#open.delete(call.id);
      const blocks = spokenBlocks(message["content"], (text) => text !== "");
      return this.#message({ ...common, role: "tool", content: [toolResult(message, blocks, call, casr)] });
    }
    const text = "a result that belongs to no open call was left out";
    this.#world.warn({ code: "orphan-result", message: text, path: this.#path, line });
    return [];
  }
}

/** Positions of entries in the order they are given, and from which place on they are in context. */
function order(index: EntryIndex, history: History): { positions: number[]; contextFrom: number } {
  const branch = branchOf(index).filter((position) => index.entries[position]!.kind !== "state");
  const at = branch.findLastIndex((position) => index.entries[position]!.kind === "compaction");
  if (at < 0) return { positions: branch, contextFrom: 0 };
  const isMessage = (position: number): boolean => index.entries[position]!.kind !== "compaction";
  const first = keptFrom(index, branch[at]!);
  const keptAt = first === undefined ? -1 : branch.findIndex((position) => position >= first);
  const from = keptAt < 0 || keptAt > at ? at : keptAt;
  const context = [branch[at]!, ...branch.slice(from, at).filter(isMessage), ...branch.slice(at + 1)];
  if (history === "context") return { positions: context, contextFrom: 0 };
  const before = branch.slice(0, from);
  return { positions: [...before, ...context], contextFrom: before.length };
}

/** The first entry that a compaction keeps; undefined when it keeps none, or one that is not on the branch. */
function keptFrom(index: EntryIndex, compaction: number): number | undefined {
  const kept = index.kept.get(compaction);
  const position = typeof kept === "string" ? index.byId.get(kept) : kept;
  if (position === undefined || index.isLinear) return position;
  return branchOf(index).includes(position) ? position : undefined;
}

/** The last edit of each entry in context; entries and edits by position. */
function editsOf(index: EntryIndex, context: number[]): Map<number, number> {
  const edits = new Map<number, number>();
  for (const position of context) {
    const target = index.entries[position]!.target;
    const edited = target === undefined ? undefined : index.byId.get(target);
    if (edited !== undefined) edits.set(edited, position);
  }
  return edits;
}

/** Told of the entry at `position` before its messages are given. */
export interface Watcher {
  position: number;
  see(before: MessagesStart): void;
}

/** The messages of an indexed session, parsed one by one. */
export async function* messagesOf(
  index: EntryIndex,
  history: History,
  world: World,
  watcher?: Watcher,
): AsyncIterable<Message> {
  const source = world.toolkit.records(world.files, index.path);
  const conversation = new Conversation(index.path, world, index.start?.messages ?? 0);
  const { positions, contextFrom } = order(index, history);
  const edits = editsOf(index, positions.slice(contextFrom));
  for (const [place, position] of positions.entries()) {
    world.signal.throwIfAborted();
    const entry = index.entries[position]!;
    if (position === watcher?.position) watcher.see(conversation.state);
    const record = await source.record(entry);
    if (record === undefined) continue;
    const edit = place >= contextFrom ? edits.get(position) : undefined;
    const change = edit === undefined ? undefined : await source.record(index.entries[edit]!);
    const edited = change === undefined ? record : editedEntry(record, change);
    const messages = edited === undefined ? [] : conversation.push(edited, entry.line);
    yield* place >= contextFrom ? messages : messages.map((message) => ({ ...message, inContext: false }));
  }
}
