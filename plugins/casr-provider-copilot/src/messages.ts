import type {
  Block,
  JsonObject,
  Message,
  Origin,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { continues, joinPieces, responseBlocks, type Response } from "./assistant.ts";
import type { EventEntry, EventIndex } from "./events.ts";
import { objectAt, stringAt } from "./json.ts";
import { attachedBlocks } from "./media.ts";
import { isInjected } from "./native.ts";
import { resultText, toolResult } from "./results.ts";
import { sentText, shellText } from "./user-text.ts";

const ORIGINS = new Set<string>(["person", "injected", "compaction", "command"]);

/** What is known of the messages before a prompt. */
export interface MessagesStart {
  /** How many there are. */
  messages: number;
  /** Ids of calls without a result. */
  open: string[];
}

/** Turns events into messages, one after the other. A response waits for its next piece, results for each other. */
export class Conversation {
  readonly #index: EventIndex;
  readonly #world: World;
  #response: Response | undefined;
  /** Calls without a result so far, by id, with their place among all calls. */
  readonly #open = new Map<string, { call: ToolCallBlock; place: number }>();
  #calls = 0;
  #results: { block: ToolResultBlock; place: number; timestamp: number | undefined }[] = [];
  #count: number;

  constructor(index: EventIndex, world: World) {
    this.#index = index;
    this.#world = world;
    this.#count = index.from?.messages ?? 0;
  }

  /** What was given so far, once nothing waits any more. */
  get state(): MessagesStart {
    return { messages: this.#count, open: [...this.#open.keys()] };
  }

  /** The messages that are complete once this event is there. Compactions are the caller's. */
  push(entry: EventEntry, event: JsonObject): Message[] {
    const data = objectAt(event, "data") ?? {};
    const timestamp = this.#world.toolkit.parseTimestamp(event["timestamp"]);
    switch (entry.kind) {
      case "assistant":
        return this.#assistant(data, timestamp);
      case "result":
        return this.#result(entry, data, timestamp);
      case "user":
        return [...this.finish(), ...this.#user(data, timestamp)];
      case "note":
        return [...this.finish(), ...this.#text(stringAt(data, "content"), "injected", timestamp)];
      case "cleared":
        return [...this.finish(), ...this.#text(stringAt(data, "initialMessage"), "injected", timestamp)];
      default:
        return [];
    }
  }

  /** What still waits. */
  finish(): Message[] {
    const response = this.#flushResponse();
    return [...response, ...this.#flushResults()];
  }

  /** A message with contiguous numbering. */
  message(fields: Omit<Message, "index" | "inContext">): Message {
    return { index: this.#count++, ...fields, inContext: true };
  }

  #assistant(data: JsonObject, timestamp: number | undefined): Message[] {
    const blocks = responseBlocks(data, this.#world.toolkit);
    if (this.#response !== undefined && this.#results.length === 0 && continues(this.#response, data)) {
      this.#response.blocks = joinPieces(this.#response.blocks, blocks);
      return [];
    }
    if (
      this.#results.length === 0 &&
      this.#response?.blocks.every((block) => block.type === "reasoning") === true
    ) {
      // Thoughts alone go out together with the answer behind them.
      blocks.unshift(...this.#response.blocks);
      this.#response = undefined;
    }
    const ready = this.finish();
    const apiCallId = stringAt(data, "apiCallId");
    this.#response = {
      data,
      blocks,
      ...(apiCallId === undefined ? {} : { apiCallId }),
      ...(timestamp === undefined ? {} : { timestamp }),
    };
    return ready;
  }

  #flushResponse(): Message[] {
    const response = this.#response;
    this.#response = undefined;
    if (response === undefined || response.blocks.length === 0) return [];
    for (const block of response.blocks)
      if (block.type === "tool_call") this.#open.set(block.id, { call: block, place: this.#calls++ });
    const id = stringAt(response.data, "messageId");
    const model = stringAt(response.data, "model");
    return [
      this.message({
        ...(id === undefined ? {} : { id }),
        role: "assistant",
        ...(model === undefined ? {} : { model }),
        ...(response.timestamp === undefined ? {} : { timestamp: response.timestamp }),
        content: response.blocks,
      }),
    ];
  }

  /** The CLI sends results in the order of their calls, whenever they came. */
  #flushResults(): Message[] {
    if (this.#results.length === 0) return [];
    const results = this.#results.sort((a, b) => a.place - b.place);
    this.#results = [];
    const timestamp = results.find((result) => result.timestamp !== undefined)?.timestamp;
    return [
      this.message({
        role: "tool",
        ...(timestamp === undefined ? {} : { timestamp }),
        content: results.map(({ block }) => block),
      }),
    ];
  }

  #result(entry: EventEntry, data: JsonObject, timestamp: number | undefined): Message[] {
    const id = stringAt(data, "toolCallId") ?? "";
    const command = this.#index.commands.get(id);
    if (command !== undefined) {
      const text = shellText(command, data["success"] === true, resultText(data));
      return [...this.finish(), ...this.#text(text, "command", timestamp)];
    }
    const ready = this.#flushResponse();
    const open = this.#open.get(id);
    if (open === undefined) {
      // The CLI sends the first answer of a call and no other.
      this.#world.warn({
        code: "orphan-result",
        message: "a result that belongs to no open call was left out, as the CLI does",
        path: this.#index.path,
        line: entry.line,
      });
      return ready;
    }
    this.#open.delete(id);
    this.#results.push({
      block: toolResult(data, open.call, this.#index.assets),
      place: open.place,
      timestamp,
    });
    return ready;
  }

  #user(data: JsonObject, timestamp: number | undefined): Message[] {
    const mark = stringAt(objectAt(data, "casr"), "origin");
    const origin: Origin =
      mark !== undefined && ORIGINS.has(mark) ? (mark as Origin) : isInjected(data) ? "injected" : "person";
    const text = sentText(data);
    const spoken: Block[] =
      text.trim() === ""
        ? []
        : [origin === "compaction" ? { type: "compaction", summary: text } : { type: "text", text }];
    const content = [...spoken, ...attachedBlocks(data, this.#index.assets)];
    if (content.length === 0) return [];
    const id = stringAt(data, "messageId");
    return [
      this.message({
        ...(id === undefined ? {} : { id }),
        role: "user",
        ...(timestamp === undefined ? {} : { timestamp }),
        content,
        origin,
      }),
    ];
  }

  #text(text: string | undefined, origin: Origin, timestamp: number | undefined): Message[] {
    if (text === undefined || text.trim() === "") return [];
    const content: Block[] = [{ type: "text", text }];
    return [
      this.message({ role: "user", ...(timestamp === undefined ? {} : { timestamp }), content, origin }),
    ];
  }
}
