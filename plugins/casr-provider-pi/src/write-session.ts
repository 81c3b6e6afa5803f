import type {
  Block,
  JsonObject,
  JsonValue,
  Message,
  ProjectedSession,
  ToolCallBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { NO_MODEL } from "./entries.ts";
import { lineageMark } from "./mark.ts";
import { oneLine } from "./one-line.ts";
import { nativeImage, nativeResult } from "./write-results.ts";
import { Clock } from "./write-time.ts";

const TITLE_LENGTH = 100;

/** Without all of these the terminal UI ends at its start. */
const USAGE: JsonObject = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

/** Whose model it is, in Pi's words; Pi resumes with it where it is set up, and else with its default. */
function serviceOf(model: string): { api: string; provider: string } {
  if (model.startsWith("claude")) return { api: "anthropic-messages", provider: "anthropic" };
  if (/^(?:gpt|codex|o\d)/.test(model)) return { api: "openai-responses", provider: "openai" };
  if (model.startsWith("gemini")) return { api: "google-generative-ai", provider: "google" };
  return { api: NO_MODEL, provider: NO_MODEL };
}

/** One session on its way into a file: a chain of entries in the order of the conversation. */
class SessionFile {
  readonly #session: ProjectedSession;
  readonly #options: WriteOptions;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #start: number;
  readonly #calls = new Map<string, ToolCallBlock>();
  /** Ids of entries are eight hexadecimal digits; counted on from here they never repeat. */
  #next: number;
  #last: string | null = null;

  constructor(session: ProjectedSession, options: WriteOptions, start: number, world: World) {
    this.#session = session;
    this.#options = options;
    this.#world = world;
    this.#start = start;
    this.#clock = new Clock(start - 1);
    this.#next = Number.parseInt(world.toolkit.uuidFrom(options.sessionId).slice(0, 8), 16);
  }

  *head(): Iterable<string> {
    const head = {
      type: "session",
      version: 3,
      id: this.#options.sessionId,
      timestamp: new Date(this.#start).toISOString(),
      cwd: this.#options.workspace,
      casr: lineageMark(this.#options.lineage),
    };
    yield `${JSON.stringify(head)}\n`;
    const { header, firstPrompt } = this.#session;
    const name = oneLine(header.nativeName ?? header.title ?? firstPrompt ?? "", TITLE_LENGTH);
    if (name !== "") yield this.#entry("session_info", this.#clock.tick(undefined), { name });
  }

  #entry(type: string, timestamp: string, members: JsonObject): string {
    const id = (this.#next % 0x1_0000_0000).toString(16).padStart(8, "0");
    this.#next += 1;
    const entry = { type, id, parentId: this.#last, timestamp, ...members };
    this.#last = id;
    return `${JSON.stringify(entry)}\n`;
  }

  #message(source: Message, message: JsonObject, casr: JsonObject = {}): string {
    const timestamp = this.#clock.tick(source.timestamp);
    const mark = Object.keys(casr).length === 0 ? {} : { casr };
    return this.#entry("message", timestamp, {
      message: { ...message, timestamp: Date.parse(timestamp) },
      ...mark,
    });
  }

  /** The entries of one message. */
  async *entries(message: Message): AsyncIterable<string> {
    if (message.role === "assistant") yield this.#response(message);
    else if (message.role === "tool") yield* this.#results(message);
    else yield* this.#prompts(message);
  }

  /** All calls of one response stand in one entry; Pi would take those of another one for unanswered. */
  #response(message: Message): string {
    const marks: JsonObject = Object.fromEntries(
      message.content.flatMap((block) =>
        block.type === "tool_call" && block.foreign !== undefined
          ? [[block.id, { provider: block.foreign.provider, name: block.foreign.name }]]
          : [],
      ),
    );
    const model = message.model ?? this.#session.header.model ?? NO_MODEL;
    const hasCalls = message.content.some((block) => block.type === "tool_call");
    const native = {
      role: "assistant",
      content: message.content.flatMap((block) => this.#responseBlock(block)),
      ...serviceOf(model),
      model,
      usage: USAGE,
      stopReason: hasCalls ? "toolUse" : "stop",
    };
    return this.#message(message, native, Object.keys(marks).length === 0 ? {} : { tools: marks });
  }

  #responseBlock(block: Block): JsonObject[] {
    if (block.type === "text") return [{ type: "text", text: block.text }];
    if (block.type !== "tool_call") return [];
    this.#calls.set(block.id, block);
    return [{ type: "toolCall", id: block.id, name: block.name, arguments: block.input }];
  }

  async *#results(message: Message): AsyncIterable<string> {
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const { content, casr } = await nativeResult(block, call, this.#world);
      const native = {
        role: "toolResult",
        toolCallId: block.callId,
        toolName: call?.name ?? NO_MODEL,
        content,
        isError: block.isError,
      };
      yield this.#message(message, native, casr);
    }
  }

  /** A summary stands in an entry of its own, which says what it is. */
  async *#prompts(message: Message): AsyncIterable<string> {
    const origin = message.origin === "compaction" ? "injected" : (message.origin ?? "person");
    const casr = origin === "person" ? {} : { origin };
    let content: JsonValue[] = [];
    for (const block of message.content) {
      if (block.type === "compaction") {
        if (content.length > 0) yield this.#message(message, { role: "user", content }, casr);
        content = [];
        const summary = { role: "user", content: [{ type: "text", text: block.summary }] };
        yield this.#message(message, summary, { origin: "compaction" });
      } else if (block.type === "text") content.push({ type: "text", text: block.text });
      else if (block.type === "image") content.push(await nativeImage(block, this.#world));
    }
    if (content.length > 0) yield this.#message(message, { role: "user", content }, casr);
  }
}

/** The lines of a whole session file. `start` is epoch ms. */
export async function* sessionLines(
  session: ProjectedSession,
  options: WriteOptions,
  start: number,
  world: World,
): AsyncIterable<string> {
  const file = new SessionFile(session, options, start, world);
  yield* file.head();
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* file.entries(message);
  }
}
