import type {
  Block,
  JsonObject,
  JsonValue,
  Message,
  ProjectedSession,
  ToolCallBlock,
  ToolResultBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { attachedContent } from "./attachments.ts";
import { isJsonObject } from "./json.ts";
import { FOREIGN_SIGNATURE, SLUG, WRITTEN_VERSION, isCommandText, isMachineText } from "./native.ts";
import { lineageMark } from "./mark.ts";
import { oneLine } from "./one-line.ts";
import { nativeUserBlock } from "./write-blocks.ts";
import { nativeResult } from "./write-results.ts";

const LAST_TIME = Date.UTC(9999, 11, 31);

/** The agent's `last-prompt` lines hold about this much. */
const PROMPT_LENGTH = 200;

const line = (record: JsonObject): string => `${JSON.stringify(record)}\n`;

/** One session on its way into a file: a single chain of records in the order of the conversation. */
class SessionFile {
  readonly #options: WriteOptions;
  readonly #world: World;
  /** The source is Claude Code itself: model names and framing are its own. */
  readonly #own: boolean;
  readonly #branch: string;
  readonly #calls = new Map<string, { block: ToolCallBlock; uuid: string }>();
  /** Results that were written with the documents that belong to them. */
  readonly #withDocuments = new Set<string>();
  #count = 0;
  #responses = 0;
  /** The newest response: its id here, and the one it had in the source. */
  #newest: { id: string; source: string | undefined; divided: boolean } | undefined;
  #time: number;
  #mark: JsonObject | undefined;
  /** The newest record. */
  leaf: string | undefined;
  lastPrompt: string | undefined;

  constructor(session: ProjectedSession, options: WriteOptions, world: World) {
    this.#options = options;
    this.#world = world;
    this.#own = session.header.provider === SLUG;
    this.#branch = session.header.git?.branch ?? "HEAD";
    this.#time = this.#usable(session.header.startedAt) ?? world.now();
    this.#mark = lineageMark(options.lineage);
  }

  #usable(time: number | undefined): number | undefined {
    return time !== undefined && time >= 0 && time <= LAST_TIME ? Math.floor(time) : undefined;
  }

  /** A message's own time where that does not go back, else a millisecond after the last one. */
  #tick(time: number | undefined): string {
    this.#time =
      this.leaf === undefined
        ? (this.#usable(time) ?? this.#time)
        : Math.max(this.#time + 1, this.#usable(time) ?? 0);
    return new Date(Math.min(this.#time, LAST_TIME)).toISOString();
  }

  #record(
    type: "user" | "assistant" | "attachment",
    time: number | undefined,
    body: JsonObject,
    extra: JsonObject = {},
  ): string {
    const timestamp = this.#tick(time);
    const uuid = this.#world.toolkit.uuidFrom(`${this.#options.sessionId}/${this.#count}`);
    const { casr, ...fields } = extra;
    const mark = { ...this.#mark, ...(casr as JsonObject | undefined) };
    const record: JsonObject = {
      parentUuid: this.leaf ?? null,
      isSidechain: false,
      type,
      ...(type === "attachment" ? body : { message: body }),
      uuid,
      timestamp,
      userType: "external",
      entrypoint: "cli",
      cwd: this.#options.workspace,
      sessionId: this.#options.sessionId,
      version: WRITTEN_VERSION,
      gitBranch: this.#branch,
      ...fields,
      ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
    };
    this.#mark = undefined;
    this.#count += 1;
    this.leaf = uuid;
    return line(record);
  }

  /** The records of one message. */
  async *records(message: Message): AsyncIterable<string> {
    if (message.role === "assistant") yield* this.#response(message);
    else if (message.role === "tool") yield* this.#results(message);
    else yield* this.#user(message);
  }

  /** The attachment that a message was in the source; undefined unless it still says the same. */
  #attachment(message: Message): JsonObject | undefined {
    if (!this.#own || message.extra?.["attachment"] === undefined) return undefined;
    const said = attachedContent(message.extra)?.blocks.map((block) =>
      block.type === "text" ? block.text : "",
    );
    const [only, ...more] = message.content;
    const same = said?.length === 1 && more.length === 0 && only?.type === "text" && said[0] === only.text;
    return same ? message.extra : undefined;
  }

  async *#user(message: Message): AsyncIterable<string> {
    const answered = message.extra?.["ofResult"];
    if (this.#own && typeof answered === "string" && this.#withDocuments.has(answered)) return;
    const attachment = this.#attachment(message);
    if (attachment !== undefined) {
      yield this.#record("attachment", message.timestamp, attachment);
      return;
    }
    let blocks: JsonObject[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") {
        if (blocks.length > 0) yield this.#userRecord(message, blocks);
        blocks = [];
        const flags = { isVisibleInTranscriptOnly: true, isCompactSummary: true };
        yield this.#record("user", message.timestamp, { role: "user", content: block.summary }, flags);
      } else blocks.push(...(await nativeUserBlock(block, this.#world)));
    }
    if (blocks.length > 0) yield this.#userRecord(message, blocks);
  }

  #userRecord(message: Message, blocks: JsonObject[]): string {
    const [first] = blocks;
    const only = blocks.length === 1 && first?.["type"] === "text" ? (first["text"] as string) : undefined;
    const text =
      only ?? blocks.map((block) => block["text"]).find((value) => typeof value === "string") ?? "";
    const known =
      typeof text === "string" &&
      (isCommandText(text) || (isMachineText(text) && !text.startsWith("<system-reminder>")));
    const typed = message.origin === "person" || message.origin === undefined;
    if (typed && typeof text === "string" && text !== "" && !known) this.lastPrompt = text;
    const notification = this.#own && message.extra?.["originKind"] === "task-notification";
    return this.#record(
      "user",
      message.timestamp,
      { role: "user", content: only ?? blocks },
      {
        ...(message.origin === "injected" && !known ? { isMeta: true } : {}),
        ...(notification ? { origin: { kind: "task-notification" }, promptSource: "system" } : {}),
      },
    );
  }

  *#response(message: Message): Iterable<string> {
    const id = this.#responseId(message);
    const calls = message.content.some((block) => block.type === "tool_call");
    const signed = message.content.some((block) => block.type === "reasoning" && block.displayOnly !== true);
    const model = this.#model(message, signed);
    for (const block of message.content) {
      const native = this.#responseBlock(block);
      if (native === undefined) continue;
      // Reasoning without its genuine signature must not stand under a Claude model: it would be sent and refused.
      const shown = block.type === "reasoning" && block.displayOnly === true;
      const content = {
        id,
        type: "message",
        role: "assistant",
        ...(model === undefined || shown ? {} : { model }),
        content: [native],
      };
      const casr = this.#blockMark(block);
      yield this.#record(
        "assistant",
        message.timestamp,
        { ...content, stop_reason: calls ? "tool_use" : "end_turn", stop_sequence: null },
        casr === undefined ? {} : { casr },
      );
      if (block.type === "tool_call") this.#calls.set(block.id, { block, uuid: this.leaf! });
    }
  }

  /** A new id, but for a further part of a response that was divided where one of the service's tools answered. */
  #responseId(message: Message): string {
    const last = this.#newest;
    if (this.#own && last?.divided === true && last.source === message.id) {
      this.#newest = { ...last, divided: false };
      return last.id;
    }
    const seed = `${this.#options.sessionId}/response/${this.#responses}`;
    const id = `msg_${this.#world.toolkit.uuidFrom(seed).replaceAll("-", "").slice(0, 24)}`;
    this.#responses += 1;
    this.#newest = { id, source: message.id, divided: false };
    return id;
  }

  /** Other vendors' names would be reported as not restorable; Claude's are used in the next request as they stand. */
  #model(message: Message, signed: boolean): string | undefined {
    const model = message.model;
    const genuine = model !== undefined && /^claude-/i.test(model);
    return genuine && (this.#own || signed) ? model : undefined;
  }

  #responseBlock(block: Block): JsonObject | undefined {
    switch (block.type) {
      case "text":
        return { type: "text", text: block.text };
      case "reasoning":
        if (block.encrypted !== undefined && block.displayOnly !== true)
          return { type: "redacted_thinking", data: block.encrypted };
        return {
          type: "thinking",
          thinking: block.text,
          signature: block.displayOnly === true ? FOREIGN_SIGNATURE : (block.signature ?? FOREIGN_SIGNATURE),
        };
      case "tool_call": {
        const native = this.#own && isJsonObject(block.native) ? block.native : { type: "tool_use" };
        return { ...native, id: block.id, name: block.name, input: block.input };
      }
      default:
        return undefined;
    }
  }

  #blockMark(block: Block): JsonObject | undefined {
    if (block.type === "reasoning" && block.displayOnly === true) return { reasoning: "display" };
    if (block.type !== "tool_call" || block.foreign === undefined) return undefined;
    return { tool: { call: block.id, provider: block.foreign.provider, name: block.foreign.name } };
  }

  /** The answer of one of the service's own tools goes back into the response it came from. */
  #serverResult(block: ToolResultBlock): JsonObject | undefined {
    const native = this.#own && isJsonObject(block.native) ? block.native["server"] : undefined;
    const last = this.#newest;
    if (!isJsonObject(native) || last === undefined) return undefined;
    this.#newest = { ...last, divided: true };
    const content = [{ ...native, tool_use_id: block.callId }];
    return {
      id: last.id,
      type: "message",
      role: "assistant",
      content,
      stop_reason: "end_turn",
      stop_sequence: null,
    };
  }

  async *#results(message: Message): AsyncIterable<string> {
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const server = this.#serverResult(block);
      if (server !== undefined) {
        yield this.#record("assistant", message.timestamp, server);
        continue;
      }
      const result = await nativeResult(block, call?.block, this.#own, this.#world);
      const { block: native, details, mark } = result;
      if (result.documents === true) this.#withDocuments.add(block.callId);
      const extra: Record<string, JsonValue> = {
        ...(mark === undefined ? {} : { casr: mark }),
        ...(details === undefined ? {} : { toolUseResult: details }),
        ...(call === undefined ? {} : { sourceToolAssistantUUID: call.uuid }),
      };
      yield this.#record("user", message.timestamp, { role: "user", content: [native] }, extra);
    }
  }
}

/** The lines of a whole session file. */
export async function* sessionLines(
  session: ProjectedSession,
  options: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const { sessionId } = options;
  const { header, firstPrompt } = session;
  const title = oneLine(header.nativeName ?? header.title ?? firstPrompt ?? "", PROMPT_LENGTH);
  if (title !== "") yield line({ type: "custom-title", customTitle: title, sessionId });
  const file = new SessionFile(session, options, world);
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* file.records(message);
  }
  if (file.leaf === undefined) return;
  const lastPrompt = oneLine(file.lastPrompt ?? firstPrompt ?? title, PROMPT_LENGTH);
  yield line({ type: "last-prompt", lastPrompt, leafUuid: file.leaf, sessionId });
}
