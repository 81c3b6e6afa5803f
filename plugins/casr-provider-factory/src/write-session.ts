import type {
  Block,
  JsonObject,
  Message,
  ProjectedSession,
  ToolCallBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { lineageMark } from "./mark.ts";
import { SLUG } from "./native.ts";
import { oneLine } from "./one-line.ts";
import { nativeImage, nativeResult } from "./write-results.ts";
import { Clock, startOf } from "./write-time.ts";

const TITLE_LENGTH = 100;

/** Droid's line reader ends lines at U+2028 and U+2029 too, and loses what it cuts so; JSON may hold them as escapes. */
function lineOf(record: JsonObject): string {
  const json = JSON.stringify(record).replace(/[\u2028\u2029]/g, (separator) =>
    separator === "\u2028" ? "\\u2028" : "\\u2029",
  );
  return `${json}\n`;
}

/** One session on its way into a file: a chain of messages in the order of the conversation. */
class SessionFile {
  readonly #session: ProjectedSession;
  readonly #options: WriteOptions;
  readonly #world: World;
  readonly #clock: Clock;
  /** The source is Droid itself: model names and framing are its own. */
  readonly #own: boolean;
  readonly #calls = new Map<string, ToolCallBlock>();
  #last: string | undefined;
  #count = 0;

  constructor(session: ProjectedSession, options: WriteOptions, start: number, world: World) {
    this.#session = session;
    this.#options = options;
    this.#world = world;
    this.#own = session.header.provider === SLUG;
    this.#clock = new Clock(start - 1);
  }

  start(): string {
    const { header, firstPrompt } = this.#session;
    const title = oneLine(header.nativeName ?? header.title ?? firstPrompt ?? "", TITLE_LENGTH);
    return lineOf({
      type: "session_start",
      id: this.#options.sessionId,
      title: title === "" ? "New Session" : title,
      // Without an owner the session would load empty.
      owner: "unknown",
      version: 2,
      cwd: this.#options.workspace,
      ...(title === "" ? {} : { isSessionTitleManuallySet: true }),
      casr: lineageMark(this.#options.lineage),
    });
  }

  #record(source: Message, message: JsonObject, casr: JsonObject): string {
    const id = this.#world.toolkit.uuidFrom(`${this.#options.sessionId}/${this.#count++}`);
    const record: JsonObject = {
      type: "message",
      id,
      ...(this.#last === undefined ? {} : { parentId: this.#last }),
      timestamp: this.#clock.tick(source.timestamp),
      message,
      ...(Object.keys(casr).length === 0 ? {} : { casr }),
    };
    this.#last = id;
    return lineOf(record);
  }

  /** The records of one message. */
  async *records(message: Message): AsyncIterable<string> {
    if (message.role === "assistant") yield this.#response(message);
    else if (message.role === "tool") yield await this.#results(message);
    else yield* this.#prompts(message);
  }

  #response(message: Message): string {
    const content = message.content.flatMap((block) => this.#responseBlock(block));
    const marks: JsonObject = Object.fromEntries(
      message.content.flatMap((block) =>
        block.type === "tool_call" && block.foreign !== undefined
          ? [[block.id, { provider: block.foreign.provider, name: block.foreign.name }]]
          : [],
      ),
    );
    const casr: JsonObject = Object.keys(marks).length === 0 ? {} : { tools: marks };
    return this.#record(message, { role: "assistant", content }, casr);
  }

  #responseBlock(block: Block): JsonObject[] {
    switch (block.type) {
      case "text":
        return [{ type: "text", text: block.text }];
      case "reasoning":
        if (block.encrypted !== undefined) return [{ type: "redacted_thinking", data: block.encrypted }];
        // A missing signature would make the terminal UI lose the whole session.
        return [
          {
            type: "thinking",
            thinking: block.text,
            signature: block.signature ?? "",
            signatureProvider: "anthropic",
          },
        ];
      case "tool_call":
        this.#calls.set(block.id, block);
        return [{ type: "tool_use", id: block.id, name: block.name, input: block.input }];
      default:
        return [];
    }
  }

  /** All results of one response stand in one record; Droid loses those of a second one. */
  async #results(message: Message): Promise<string> {
    const content: JsonObject[] = [];
    const exitCodes: [string, number][] = [];
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const written = await nativeResult(block, call, this.#own, this.#world);
      content.push(written.block);
      if (written.exitCode !== undefined) exitCodes.push([block.callId, written.exitCode]);
    }
    const casr: JsonObject = exitCodes.length === 0 ? {} : { exit_codes: Object.fromEntries(exitCodes) };
    return this.#record(message, { role: "user", content }, casr);
  }

  /** A summary stands in a record of its own, which says what it is. */
  async *#prompts(message: Message): AsyncIterable<string> {
    const origin = message.origin ?? "person";
    let content: JsonObject[] = [];
    const record = (): string => this.#record(message, { role: "user", content }, mark(origin, content));
    for (const block of message.content) {
      if (block.type === "compaction") {
        if (content.length > 0) yield record();
        content = [];
        const summary = { role: "user", content: [{ type: "text", text: block.summary }] };
        yield this.#record(message, summary, { origin: "compaction" });
      } else if (block.type === "text") content.push({ type: "text", text: block.text });
      else if (block.type === "image") content.push(await nativeImage(block, this.#world));
      else if (block.type === "document") {
        const source = nativeSource(block.mediaType, await this.#world.base64(block.data));
        content.push({
          type: "document",
          source,
          ...(block.name === undefined ? {} : { title: block.name }),
        });
      }
    }
    if (content.length > 0) yield record();
  }
}

/** The bytes of a document; those of a text stand there as text. */
function nativeSource(mediaType: string, base64: string): JsonObject {
  return mediaType.startsWith("text/")
    ? { type: "text", media_type: mediaType, data: Buffer.from(base64, "base64").toString("utf8") }
    : { type: "base64", media_type: mediaType, data: base64 };
}

/** Where a text came from, unless a person typed it; what reads like a reminder of Droid's own is always marked. */
function mark(origin: string, content: JsonObject[]): JsonObject {
  const looksOwn = content.some(
    ({ text }) => typeof text === "string" && text.startsWith("<system-reminder>"),
  );
  if (origin === "compaction") return { origin: "injected" };
  return origin === "person" && !looksOwn ? {} : { origin };
}

/** The lines of a whole session file. */
export async function* sessionLines(
  session: ProjectedSession,
  options: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const file = new SessionFile(session, options, await startOf(session, world), world);
  yield file.start();
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* file.records(message);
  }
}
