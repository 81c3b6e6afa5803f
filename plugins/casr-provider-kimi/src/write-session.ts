import type {
  Block,
  JsonObject,
  JsonValue,
  Message,
  Origin,
  ProjectedSession,
  ToolCallBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { nativeOrigin } from "./messages.ts";
import { MAIN_AGENT, PROTOCOL } from "./native.ts";
import { nativeImage, nativeResult } from "./write-results.ts";
import { Clock } from "./write-time.ts";

const line = (record: JsonObject): string => `${JSON.stringify(record)}\n`;

/** One session on its way into a journal. */
class Journal {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #start: number;
  readonly #seed: string;
  readonly #calls = new Map<string, ToolCallBlock>();
  #ids = 0;
  #turn = -1;
  #step = 0;
  /** The step whose calls are being answered. */
  #open: { uuid: string; calls: Set<string> } | undefined;
  /** The message before this one was one that the next prompt would be joined with. */
  #joins = false;

  constructor(options: WriteOptions, start: number, world: World) {
    this.#world = world;
    this.#start = start;
    this.#seed = options.sessionId;
    this.#clock = new Clock(start);
  }

  head(): string {
    return line({ type: "metadata", protocol_version: PROTOCOL, created_at: this.#start });
  }

  #uuid(): string {
    this.#ids += 1;
    return this.#world.toolkit.uuidFrom(`${this.#seed}/${this.#ids}`);
  }

  #record(type: string, time: number | undefined, members: JsonObject, casr?: JsonObject): string {
    const mark = casr === undefined ? {} : { casr };
    return line({ type, agentId: MAIN_AGENT, ...members, ...mark, time: this.#clock.tick(time) });
  }

  #event(source: Message, event: JsonObject, casr?: JsonObject): string {
    return this.#record("context.append_loop_event", source.timestamp, { event }, casr);
  }

  /** The records of one message. */
  async *records(message: Message): AsyncIterable<string> {
    if (message.role === "tool") {
      yield* this.#results(message);
      return;
    }
    yield* this.close(message);
    if (message.role === "assistant") yield* this.#answer(message);
    else yield* this.#prompts(message);
  }

  *#answer(message: Message): Iterable<string> {
    this.#joins = false;
    this.#turn = Math.max(this.#turn, 0);
    this.#step += 1;
    const uuid = this.#uuid();
    const place = { turnId: String(this.#turn), step: this.#step };
    const calls = new Set<string>();
    this.#open = { uuid, calls };
    yield this.#event(message, { type: "step.begin", uuid, ...place });
    for (const block of message.content) {
      const part = partOf(block);
      if (part !== undefined)
        yield this.#event(message, {
          type: "content.part",
          uuid: this.#uuid(),
          ...place,
          stepUuid: uuid,
          part,
        });
      if (block.type !== "tool_call") continue;
      calls.add(block.id);
      this.#calls.set(block.id, block);
      const foreign = block.foreign;
      yield this.#event(
        message,
        {
          type: "tool.call",
          uuid: this.#uuid(),
          ...place,
          stepUuid: uuid,
          toolCallId: block.id,
          name: block.name,
          args: block.input,
        },
        foreign === undefined ? undefined : { foreign: { provider: foreign.provider, name: foreign.name } },
      );
    }
    // Calls are answered within their step.
    if (calls.size === 0) yield* this.close(message);
  }

  /** Ends the step that is under way. */
  *close(message: Message | undefined): Iterable<string> {
    if (this.#open === undefined) return;
    const { uuid, calls } = this.#open;
    this.#open = undefined;
    const finishReason = calls.size > 0 ? "tool_use" : "end_turn";
    const event = { type: "step.end", uuid, turnId: String(this.#turn), step: this.#step, finishReason };
    const time = message?.timestamp;
    yield this.#record("context.append_loop_event", message?.role === "assistant" ? time : undefined, {
      event,
    });
  }

  async *#results(message: Message): AsyncIterable<string> {
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const { output, casr } = await nativeResult(block, call, this.#world);
      const result: JsonObject = { output, ...(block.isError ? { isError: true } : {}) };
      const event = {
        type: "tool.result",
        parentUuid: this.#open?.uuid ?? "",
        toolCallId: block.callId,
        result,
      };
      yield this.#event(message, event, casr);
    }
  }

  /** A summary stands in a message of its own, which says what it is. */
  async *#prompts(message: Message): AsyncIterable<string> {
    const origin = message.origin === "compaction" ? "injected" : (message.origin ?? "person");
    let content: JsonValue[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") {
        if (content.length > 0) yield* this.#prompt(message, content, origin);
        content = [];
        yield* this.#prompt(message, [{ type: "text", text: block.summary }], "compaction");
      } else if (block.type === "text") content.push({ type: "text", text: block.text });
      else if (block.type === "image") content.push(await nativeImage(block, this.#world));
    }
    if (content.length > 0) yield* this.#prompt(message, content, origin);
  }

  *#prompt(source: Message, content: JsonValue[], origin: Origin): Iterable<string> {
    const id = `msg_${this.#uuid()}`;
    const own = nativeOrigin(origin);
    // Prompts that follow one another are sent as one, pictures last, unless one of them does not say what it is.
    const isJoined = origin === "person" && this.#joins;
    const message: JsonObject = {
      role: "user",
      content,
      id,
      toolCalls: [],
      ...(isJoined ? {} : { origin: own }),
    };
    this.#joins = origin === "person" && !isJoined;
    if (origin === "person") {
      this.#turn += 1;
      this.#step = 0;
      yield this.#record("turn.prompt", source.timestamp, {
        input: content,
        origin: own,
        promptId: id,
        turnId: this.#turn,
      });
    }
    yield this.#record("context.append_message", source.timestamp, { message });
  }
}

/** What the model said or thought. */
function partOf(block: Block): JsonObject | undefined {
  if (block.type === "text") return { type: "text", text: block.text };
  return block.type === "reasoning" ? { type: "think", think: block.text } : undefined;
}

/** The lines of a journal. `start` is epoch ms. */
export async function* journalLines(
  session: ProjectedSession,
  options: WriteOptions,
  start: number,
  world: World,
): AsyncIterable<string> {
  const journal = new Journal(options, start, world);
  yield journal.head();
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* journal.records(message);
  }
  yield* journal.close(undefined);
}
