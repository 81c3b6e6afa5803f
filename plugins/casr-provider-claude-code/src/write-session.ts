import type {
  Block,
  JsonObject,
  JsonValue,
  Lineage,
  Message,
  ProjectedSession,
  ToolCallBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { attachedContent } from "./attachments.ts";
import { FOREIGN_SIGNATURE, SLUG, WRITTEN_VERSION, isCommandText, isMachineText } from "./native.ts";
import { nativeImageBlock, nativeResult } from "./write-results.ts";

const LAST_TIME = Date.UTC(9999, 11, 31);

/** The agent's `last-prompt` lines hold about this much. */
const PROMPT_LENGTH = 200;

const line = (record: JsonObject): string => `${JSON.stringify(record)}\n`;

/** casr's mark, as it stands in the first record. */
function lineageMark(lineage: Lineage): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: new Date(lineage.convertedAt).toISOString(),
  };
}

/** One session on its way into a file: a single chain of records in the order of the conversation. */
class SessionFile {
  readonly #options: WriteOptions;
  readonly #world: World;
  /** The source is Claude Code itself: model names and framing are its own. */
  readonly #own: boolean;
  readonly #branch: string;
  readonly #calls = new Map<string, { block: ToolCallBlock; uuid: string }>();
  #count = 0;
  #responses = 0;
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

  /** The attachment a prompt typed while a tool ran had in the source; undefined unless it still says the same. */
  #queued(message: Message): JsonObject | undefined {
    if (!this.#own || message.extra?.["attachment"] === undefined) return undefined;
    const said = attachedContent(message.extra)?.blocks.map((block) =>
      block.type === "text" ? block.text : "",
    );
    const [only, ...more] = message.content;
    const same = said?.length === 1 && more.length === 0 && only?.type === "text" && said[0] === only.text;
    return same ? message.extra : undefined;
  }

  async *#user(message: Message): AsyncIterable<string> {
    const queued = this.#queued(message);
    if (queued !== undefined) {
      yield this.#record("attachment", message.timestamp, queued);
      return;
    }
    let blocks: JsonObject[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") {
        if (blocks.length > 0) yield this.#userRecord(message, blocks);
        blocks = [];
        const flags = { isVisibleInTranscriptOnly: true, isCompactSummary: true };
        yield this.#record("user", message.timestamp, { role: "user", content: block.summary }, flags);
      } else blocks.push(...(await this.#userBlock(block)));
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

  async #userBlock(block: Block): Promise<JsonObject[]> {
    switch (block.type) {
      case "text":
        return [{ type: "text", text: block.text }];
      case "image":
        return [await nativeImageBlock(block, this.#world)];
      case "document": {
        const data = await this.#world.base64(block.data);
        const isText = block.mediaType === "text/plain";
        const source = {
          type: isText ? "text" : "base64",
          media_type: block.mediaType,
          data: isText ? Buffer.from(data, "base64").toString("utf8") : data,
        };
        return [{ type: "document", source, ...(block.name === undefined ? {} : { title: block.name }) }];
      }
      default:
        return [];
    }
  }

  *#response(message: Message): Iterable<string> {
    const { toolkit } = this.#world;
    const id = `msg_${toolkit.uuidFrom(`${this.#options.sessionId}/response/${this.#responses}`).replaceAll("-", "").slice(0, 24)}`;
    this.#responses += 1;
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
      case "tool_call":
        return { type: "tool_use", id: block.id, name: block.name, input: block.input };
      default:
        return undefined;
    }
  }

  #blockMark(block: Block): JsonObject | undefined {
    if (block.type === "reasoning" && block.displayOnly === true) return { reasoning: "display" };
    if (block.type !== "tool_call" || block.foreign === undefined) return undefined;
    return { tool: { call: block.id, provider: block.foreign.provider, name: block.foreign.name } };
  }

  async *#results(message: Message): AsyncIterable<string> {
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const { block: native, details } = await nativeResult(block, call?.block, this.#own, this.#world);
      const extra: Record<string, JsonValue> = {
        ...(details === undefined ? {} : { toolUseResult: details }),
        ...(call === undefined ? {} : { sourceToolAssistantUUID: call.uuid }),
      };
      yield this.#record("user", message.timestamp, { role: "user", content: [native] }, extra);
    }
  }
}

/** One line of prose without control characters. */
function oneLine(text: string, maxLength: number): string {
  // eslint-disable-next-line no-control-regex -- titles from other agents' files may hold terminal codes
  const clean = text
    .slice(0, maxLength * 8)
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .replace(/ +/g, " ")
    .trim();
  return clean.length <= maxLength
    ? clean
    : `${clean.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
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
