import type {
  JsonObject,
  Message,
  ProjectedSession,
  ReasoningBlock,
  SqlStatement,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import type { Ids } from "./ids.ts";
import { isObject } from "./json.ts";
import { filePart } from "./media.ts";
import { vendorOf } from "./model.ts";
import type { Fork, ModelName } from "./native.ts";
import { encodeState } from "./results.ts";

/** What goes for all messages of a new session. */
export interface Target {
  fork: Fork;
  sessionId: string;
  ids: Ids;
  workspace: string;
  worktree: string;
  /** The model the person will go on with. */
  model: ModelName;
  /** Epoch ms of the session's start. */
  startedAt: number;
  /** casr's mark, where the session's row has no place for it: it goes into the first message. */
  mark: JsonObject | undefined;
  /** The session was this agent's before. */
  own: boolean;
  world: World;
}

/** Messages must not be newer than the next prompt; so much is left before now, ms. */
const MARGIN = 1000;

/** The rows of the messages and parts of a session, in the order of the conversation. */
export class Entries {
  readonly #target: Target;
  readonly #session: ProjectedSession;
  #time: number;
  #written = 0;
  #prompt: string | undefined;
  /** An answer whose results are still to come. */
  #waiting: Message | undefined;

  constructor(session: ProjectedSession, target: Target) {
    this.#session = session;
    this.#target = target;
    this.#time = target.startedAt - 1;
  }

  async *statements(): AsyncIterable<SqlStatement> {
    for await (const message of this.#session.messages()) {
      const results = message.content.filter((block) => block.type === "tool_result");
      yield* this.#flush(results);
      if (message.role === "assistant") this.#waiting = message;
      else if (message.role !== "tool") yield* this.#user(message);
    }
    yield* this.#flush([]);
  }

  /**
   * When a message was made, epoch ms: as in the source, but after the one before and not after now, with room for
   * all that follow.
   */
  #timeOf(message: Message): number {
    const { counts } = this.#session;
    const room = Math.max(counts.messages - this.#written, 0);
    const latest = this.#target.world.now() - MARGIN - room;
    this.#written += 1;
    this.#time = Math.max(this.#time + 1, Math.min(message.timestamp ?? this.#time + 1, latest));
    return this.#time;
  }

  #row(
    table: "message" | "part",
    id: string,
    messageId: string,
    time: number,
    data: JsonObject,
  ): SqlStatement {
    const { sessionId } = this.#target;
    const json = JSON.stringify(data);
    return table === "message"
      ? {
          sql: "INSERT INTO message (id, session_id, time_created, time_updated, data) VALUES (?, ?, ?, ?, ?)",
          params: [id, sessionId, time, time, json],
        }
      : {
          sql: "INSERT INTO part (id, message_id, session_id, time_created, time_updated, data) VALUES (?, ?, ?, ?, ?, ?)",
          params: [id, messageId, sessionId, time, time, json],
        };
  }

  #part(messageId: string, time: number, data: JsonObject): SqlStatement {
    return this.#row("part", this.#target.ids.next("prt"), messageId, time, data);
  }

  /** The mark goes into the first message there is. */
  #message(id: string, time: number, data: JsonObject): SqlStatement {
    const { mark } = this.#target;
    const first = this.#written === 1 && mark !== undefined;
    if (!first) return this.#row("message", id, id, time, data);
    const noted = isObject(data["casr"]) ? data["casr"] : {};
    return this.#row("message", id, id, time, { ...data, casr: { ...mark, ...noted } });
  }

  async *#user(message: Message): AsyncIterable<SqlStatement> {
    const { fork, ids, model, world } = this.#target;
    const id = ids.next("msg");
    const time = this.#timeOf(message);
    this.#prompt = id;
    yield this.#message(id, time, {
      role: "user",
      time: { created: time },
      agent: fork.mode,
      model: { ...model },
    });
    const origin = message.origin ?? "person";
    for (const block of message.content) {
      if (block.type === "image" || block.type === "document") {
        yield this.#part(id, time, filePart(block, await world.base64(block.data)));
      } else if (block.type === "text" || block.type === "compaction") {
        yield this.#part(id, time, {
          type: "text",
          text: block.type === "text" ? block.text : block.summary,
          ...(origin === "injected" ? { synthetic: true } : {}),
          ...(origin === "person" ? {} : { metadata: { casr: { origin } } }),
        });
      }
    }
  }

  async *#flush(results: ToolResultBlock[]): AsyncIterable<SqlStatement> {
    const message = this.#waiting;
    if (message === undefined) return;
    this.#waiting = undefined;
    const id = this.#target.ids.next("msg");
    const time = this.#timeOf(message);
    yield this.#message(id, time, this.#answerData(message, time));
    for (const block of message.content) {
      if (block.type === "text") {
        yield this.#part(id, time, { type: "text", text: block.text, time: { start: time, end: time } });
      } else if (block.type === "reasoning") {
        yield this.#part(id, time, this.#reasoning(block, time));
      } else if (block.type === "tool_call") {
        const result = results.find(({ callId }) => callId === block.id);
        if (result !== undefined) yield this.#part(id, time, await this.#call(id, block, result, time));
      }
    }
  }

  /** One round of the model. Token counts stay 0: others could make the agent sum up everything at once. */
  #answerData(message: Message, time: number): JsonObject {
    const { fork, workspace, worktree } = this.#target;
    const calls = message.content.some((block) => block.type === "tool_call");
    return {
      parentID: this.#prompt ?? "msg_000000000000casr0000000000",
      role: "assistant",
      mode: fork.mode,
      agent: fork.mode,
      path: { cwd: workspace, root: worktree },
      cost: 0,
      tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
      ...this.#modelOf(message),
      time: { created: time, completed: time },
      finish: calls ? "tool-calls" : "stop",
    };
  }

  /**
   * The model that gave the answer. Thoughts are sent as such only to the very model that is named; any model of
   * their vendor can read them, so an answer with thoughts names the one the person goes on with.
   */
  #modelOf(message: Message): JsonObject {
    const { header } = this.#session;
    const { model, own } = this.#target;
    const modelID = message.model ?? header.model ?? "unknown";
    const recorded = own ? message.extra?.["providerID"] : undefined;
    const providerID = typeof recorded === "string" ? recorded : (vendorOf(modelID) ?? header.provider);
    const thought = message.content.some(
      (block) => block.type === "reasoning" && block.issuer === model.providerID,
    );
    if (own || !thought || providerID !== model.providerID || modelID === model.modelID)
      return { modelID, providerID };
    return { ...model, casr: { model: modelID } };
  }

  #reasoning(block: ReasoningBlock, time: number): JsonObject {
    const { text, signature, encrypted, issuer } = block;
    const own = this.#target.own && isObject(block.native) ? block.native : undefined;
    const proof: JsonObject = {
      ...(signature === undefined ? {} : { signature }),
      ...(encrypted === undefined ? {} : { redactedData: encrypted }),
    };
    const service = own ?? (issuer === "anthropic" ? { anthropic: proof } : {});
    return {
      type: "reasoning",
      text,
      // Marked as casr's: it is a thought, whatever model goes on.
      metadata: { ...service, casr: {} },
      time: { start: time, end: time },
    };
  }

  async #call(
    messageId: string,
    call: ToolCallBlock,
    result: ToolResultBlock,
    time: number,
  ): Promise<JsonObject> {
    const { ids, own, sessionId, world } = this.#target;
    const attachment = (): JsonObject => ({
      id: ids.next("prt"),
      sessionID: sessionId,
      messageID: messageId,
    });
    const state = await encodeState({ call, result, own, time, world, attachment });
    const native = own && isObject(call.native) ? call.native : undefined;
    const { foreign } = call;
    const metadata: JsonObject = {
      ...native,
      ...(foreign === undefined ? {} : { casr: { foreign: { ...foreign } } }),
    };
    return {
      type: "tool",
      tool: call.name,
      callID: call.id,
      state,
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    };
  }
}
