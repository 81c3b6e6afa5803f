import type {
  Block,
  DocumentBlock,
  ImageBlock,
  JsonObject,
  Message,
  ProjectedSession,
  ReasoningBlock,
  ToolCallBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { ANTHROPIC_BLOCKS } from "./assistant.ts";
import { isJsonObject } from "./json.ts";
import { lineageMark } from "./mark.ts";
import { SLUG, WRITTEN_VERSION } from "./native.ts";
import { resultData } from "./write-results.ts";
import { Clock, isoTime, startOf } from "./write-time.ts";

/** What one `assistant.message` event can hold: thoughts, then a text, then calls. */
interface Piece {
  reasoning: ReasoningBlock[];
  text?: string;
  calls: ToolCallBlock[];
}

const isShown = (block: ReasoningBlock | undefined): boolean => block?.displayOnly === true;

/** Cuts a response where its blocks do not stand in the order that one event has. */
function pieces(content: Block[]): Piece[] {
  const list: Piece[] = [];
  let piece: Piece | undefined;
  const next = (): Piece => {
    piece = { reasoning: [], calls: [] };
    list.push(piece);
    return piece;
  };
  for (const block of content) {
    const spoken = piece?.text !== undefined || (piece?.calls.length ?? 0) > 0;
    if (block.type === "reasoning") {
      const last = piece?.reasoning.at(-1);
      const fits =
        piece !== undefined && !spoken && (last === undefined || (!isShown(last) && !isShown(block)));
      (fits ? piece! : next()).reasoning.push(block);
    } else if (block.type === "text") (piece === undefined || spoken ? next() : piece).text = block.text;
    else if (block.type === "tool_call") (piece ?? next()).calls.push(block);
  }
  return list;
}

/** Thoughts as the CLI keeps them: Anthropic's blocks are sent again, the text alone is for people. */
function reasoningFields(reasoning: ReasoningBlock[]): JsonObject {
  const text = reasoning
    .map((block) => block.text)
    .filter((part) => part !== "")
    .join("\n\n");
  const blocks = reasoning.flatMap((block): JsonObject[] => {
    if (isShown(block)) return [];
    if (block.encrypted !== undefined) return [{ type: "redacted_thinking", data: block.encrypted }];
    return block.signature === undefined
      ? []
      : [{ type: "thinking", thinking: block.text, signature: block.signature }];
  });
  return {
    ...(text === "" ? {} : { reasoningText: text }),
    ...(blocks.length === 0 ? {} : { reasoningBlocks: { provider: ANTHROPIC_BLOCKS, blocks } }),
  };
}

/** One session on its way into a file: a chain of events in the order of the conversation. */
class EventFile {
  readonly #session: ProjectedSession;
  readonly #options: WriteOptions;
  readonly #world: World;
  readonly #clock: Clock;
  /** The source is Copilot CLI itself: model names and framing are its own. */
  readonly #own: boolean;
  readonly #calls = new Map<string, ToolCallBlock>();
  #last: string | null = null;
  #count = 0;

  constructor(session: ProjectedSession, options: WriteOptions, start: number, world: World) {
    this.#session = session;
    this.#options = options;
    this.#world = world;
    this.#own = session.header.provider === SLUG;
    this.#clock = new Clock(start - 1);
  }

  #id(seed: string): string {
    return this.#world.toolkit.uuidFrom(`${this.#options.sessionId}/${seed}`);
  }

  #event(type: string, data: JsonObject, time: number | undefined): string {
    const id = this.#id(String(this.#count++));
    const event = { type, data, id, timestamp: this.#clock.tick(time), parentId: this.#last };
    this.#last = id;
    return `${JSON.stringify(event)}\n`;
  }

  start(start: number): string {
    const { header } = this.#session;
    const { branch, commit } = header.git ?? {};
    const data: JsonObject = {
      sessionId: this.#options.sessionId,
      version: 1,
      producer: "copilot-agent",
      copilotVersion: WRITTEN_VERSION,
      startTime: isoTime(start),
      context: {
        cwd: this.#options.workspace,
        ...(branch === undefined ? {} : { branch }),
        ...(commit === undefined ? {} : { headCommit: commit }),
      },
      casr: lineageMark(this.#options.lineage),
    };
    return this.#event("session.start", data, undefined);
  }

  /** The events of one message. */
  async *events(message: Message): AsyncIterable<string> {
    if (message.role === "assistant") yield* this.#response(message);
    else if (message.role === "tool") yield* this.#results(message);
    else yield* this.#prompts(message);
  }

  *#response(message: Message): Iterable<string> {
    for (const piece of pieces(message.content)) {
      const model = this.#own ? message.model : undefined;
      const marks: JsonObject = Object.fromEntries(
        piece.calls.flatMap(({ id, foreign }) =>
          foreign === undefined ? [] : [[id, { provider: foreign.provider, name: foreign.name }]],
        ),
      );
      const data: JsonObject = {
        messageId: this.#id(`message/${this.#count}`),
        ...(model === undefined ? {} : { model }),
        content: piece.text ?? "",
        toolRequests: piece.calls.map((call) => this.#request(call)),
        ...reasoningFields(piece.reasoning),
        ...(Object.keys(marks).length === 0 ? {} : { casr: { tools: marks } }),
      };
      yield this.#event("assistant.message", data, message.timestamp);
      for (const call of piece.calls) this.#calls.set(call.id, call);
    }
  }

  #request(call: ToolCallBlock): JsonObject {
    const native = this.#own && isJsonObject(call.native) ? call.native : {};
    const mcp =
      call.tool?.kind === "mcp" ? { mcpServerName: call.tool.server, mcpToolName: call.tool.tool } : {};
    return {
      toolCallId: call.id,
      name: call.name,
      arguments: call.input,
      type: typeof call.input === "string" ? "custom" : "function",
      ...native,
      ...mcp,
    };
  }

  async *#results(message: Message): AsyncIterable<string> {
    const results = message.content.filter((block) => block.type === "tool_result");
    for (const { callId } of results) {
      const call = this.#calls.get(callId);
      if (call === undefined) continue;
      const data = { toolCallId: callId, toolName: call.name, arguments: call.input };
      yield this.#event("tool.execution_start", data, message.timestamp);
    }
    for (const block of results) {
      const call = this.#calls.get(block.callId);
      this.#calls.delete(block.callId);
      const data = await resultData(block, call, this.#own, this.#world);
      yield this.#event("tool.execution_complete", data, message.timestamp);
    }
  }

  /** One event for each text with the pictures behind it: the CLI sends a prompt's text before its attachments. */
  async *#prompts(message: Message): AsyncIterable<string> {
    let text: string | undefined;
    let media: (ImageBlock | DocumentBlock)[] = [];
    for (const block of message.content) {
      if (block.type === "image" || block.type === "document") media.push(block);
      if (block.type !== "text" && block.type !== "compaction") continue;
      if (text !== undefined || media.length > 0) yield await this.#prompt(message, text ?? "", media);
      text = block.type === "text" ? block.text : block.summary;
      media = [];
    }
    if (text !== undefined || media.length > 0) yield await this.#prompt(message, text ?? "", media);
  }

  async #prompt(message: Message, content: string, media: (ImageBlock | DocumentBlock)[]): Promise<string> {
    const attachments: JsonObject[] = [];
    for (const block of media) {
      const data = await this.#world.base64(block.data);
      const name = block.name === undefined ? {} : { displayName: block.name };
      attachments.push({ type: "blob", data, mimeType: block.mediaType, ...name });
    }
    const documents = [
      ...new Set(media.flatMap((block) => (block.type === "document" ? [block.mediaType] : []))),
    ];
    const isSummary = message.content.some((block) => block.type === "compaction");
    const origin = isSummary ? "compaction" : (message.origin ?? "person");
    const mark: JsonObject = {
      ...(origin === "person" ? {} : { origin }),
      ...(documents.length === 0 ? {} : { documents: true }),
    };
    const data: JsonObject = {
      content,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(documents.length === 0 ? {} : { supportedNativeDocumentMimeTypes: documents }),
      ...(Object.keys(mark).length === 0 ? {} : { casr: mark }),
    };
    return this.#event("user.message", data, message.timestamp);
  }
}

/** The lines of a whole `events.jsonl`. */
export async function* eventLines(
  session: ProjectedSession,
  options: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const start = await startOf(session, world);
  const file = new EventFile(session, options, start, world);
  yield file.start(start);
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* file.events(message);
  }
}
