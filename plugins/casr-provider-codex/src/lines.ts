import type {
  JsonObject,
  Message,
  Origin,
  ProjectedSession,
  ReasoningBlock,
  ToolCallBlock,
  ToolResultBlock,
  World,
  WriteOptions,
} from "casr-cli/provider";
import { classifyParts } from "./context.ts";
import { arrayOf, isObject, stringOf } from "./json.ts";
import { imagePart, outputOf } from "./output.ts";
import { resultEvent } from "./ui.ts";

/** The version whose format is written. */
export const CODEX_VERSION = "0.169.0";

/** What the lines of a new session depend on besides its messages. */
export interface LineOptions {
  options: WriteOptions;
  /** The user's configured model provider: Codex refuses a session of another one. */
  modelProvider: string;
  /** Epoch ms. */
  startedAt: number;
  world: World;
}

const PHASES = new Set(["commentary", "partial_answer", "final_answer"]);

function metaPayload(
  session: ProjectedSession,
  { options, modelProvider, startedAt }: LineOptions,
): JsonObject {
  const { git } = session.header;
  const { lineage, sessionId } = options;
  const known =
    git === undefined
      ? {}
      : {
          ...(git.commit === undefined ? {} : { commit_hash: git.commit }),
          ...(git.branch === undefined ? {} : { branch: git.branch }),
          ...(git.remote === undefined ? {} : { repository_url: git.remote }),
        };
  return {
    session_id: sessionId,
    id: sessionId,
    timestamp: new Date(startedAt).toISOString(),
    cwd: options.workspace,
    originator: "casr",
    cli_version: CODEX_VERSION,
    source: "cli",
    thread_source: "user",
    model_provider: modelProvider,
    ...(Object.keys(known).length === 0 ? {} : { git: known }),
    casr: {
      source: { provider: lineage.sourceProvider, id: lineage.sourceId },
      digest: lineage.digest,
      version: lineage.casrVersion,
      converted_at: new Date(lineage.convertedAt).toISOString(),
    },
  };
}

/** Writes the lines of one session; times never go back. */
class LineWriter {
  readonly #with: LineOptions;
  readonly #session: ProjectedSession;
  readonly #calls = new Map<string, ToolCallBlock>();
  #clock: number;
  #turn: { id: string; startedAt: number; lastText: string | null; empty: boolean } | undefined;
  #turns = 0;
  #prompted: boolean;

  constructor(session: ProjectedSession, options: LineOptions) {
    this.#with = options;
    this.#session = session;
    this.#clock = options.startedAt;
    // Codex hides a session in which nobody ever asked anything: then the first user text has to stand in.
    this.#prompted = session.firstPrompt !== undefined;
  }

  #line(type: string, payload: JsonObject, more: { metadata?: JsonObject; casr?: JsonObject } = {}): string {
    const timestamp = new Date(this.#clock).toISOString();
    return `${JSON.stringify({ timestamp, type, payload, ...more })}\n`;
  }

  #item(payload: JsonObject, more: { metadata?: JsonObject; casr?: JsonObject } = {}): string {
    return this.#line("response_item", payload, more);
  }

  #event(payload: JsonObject, casr?: JsonObject): string {
    return this.#line("event_msg", payload, casr === undefined ? {} : { casr });
  }

  meta(): string {
    return this.#line("session_meta", metaPayload(this.#session, this.#with));
  }

  async *message(message: Message): AsyncIterable<string> {
    this.#clock = Math.max(this.#clock + 1, message.timestamp ?? 0);
    if (message.role === "assistant") yield* this.#assistant(message);
    else if (message.role === "tool") yield* this.#results(message);
    else yield* this.#user(message);
  }

  /** Ends the last turn. */
  *end(): Iterable<string> {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    yield this.#event({
      type: "task_complete",
      turn_id: turn.id,
      last_agent_message: turn.lastText,
      started_at: Math.floor(turn.startedAt / 1000),
      completed_at: Math.floor(this.#clock / 1000),
    });
  }

  *#begin(): Iterable<string> {
    const id = this.#with.world.toolkit.uuidFrom(`${this.#with.options.sessionId} turn ${this.#turns++}`);
    this.#turn = { id, startedAt: this.#clock, lastText: null, empty: true };
    yield this.#event({
      type: "task_started",
      turn_id: id,
      started_at: Math.floor(this.#clock / 1000),
      model_context_window: null,
      collaboration_mode_kind: "default",
    });
  }

  async *#user(message: Message): AsyncIterable<string> {
    const typed = message.role === "user" && (message.origin ?? "person") === "person";
    const shown = typed || (message.role === "user" && !this.#prompted);
    if (shown && this.#turn?.empty === false) yield* this.end();
    if (this.#turn === undefined) yield* this.#begin();
    // A summary stands in a line of its own, so that its origin can be told.
    let run: { origin: Origin; parts: JsonObject[] } | undefined;
    const runs: { origin: Origin; parts: JsonObject[] }[] = [];
    const texts: string[] = [];
    for (const block of message.content) {
      const origin: Origin =
        block.type === "compaction"
          ? "compaction"
          : (message.origin ?? (message.role === "user" ? "person" : "injected"));
      let part: JsonObject;
      if (block.type === "text" || block.type === "compaction") {
        const text = block.type === "text" ? block.text : block.summary;
        texts.push(text);
        part = { type: "input_text", text };
      } else if (block.type === "image") part = await imagePart(block, this.#with.world);
      else throw new Error(`a ${message.role} message cannot hold a ${block.type} block in a Codex session`);
      if (run?.origin === origin) run.parts.push(part);
      else runs.push((run = { origin, parts: [part] }));
    }
    if (shown) {
      this.#prompted = true;
      this.#turn!.empty = false;
      yield this.#event({
        type: "user_message",
        message: texts.join("\n"),
        images: [],
        local_images: [],
        text_elements: [],
      });
    }
    for (const { origin, parts } of runs) {
      const role = message.role === "user" ? "user" : "developer";
      const payload: JsonObject = { type: "message", role, content: parts };
      const plain = role === "user" && classifyParts(payload, false).every((part) => part.class === origin);
      yield this.#item(payload, plain ? {} : { casr: { origin } });
    }
  }

  async *#assistant(message: Message): AsyncIterable<string> {
    if (this.#turn === undefined) yield* this.#begin();
    this.#turn!.empty = false;
    const calls = message.content.some((block) => block.type === "tool_call");
    const recorded = stringOf(message.extra, "phase") ?? "";
    const phase = PHASES.has(recorded) ? recorded : calls ? "commentary" : "final_answer";
    for (const block of message.content) {
      if (block.type === "reasoning") yield* this.#reasoning(block);
      else if (block.type === "text") {
        this.#turn!.lastText = block.text;
        yield this.#event({ type: "agent_message", message: block.text, phase });
        yield this.#item({
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: block.text }],
          phase,
        });
      } else if (block.type === "tool_call") yield this.#call(block);
      else throw new Error(`an assistant message cannot hold a ${block.type} block in a Codex session`);
    }
  }

  /** Only what OpenAI's own service encrypted goes back to it; other thoughts are shown in the interface. */
  *#reasoning(block: ReasoningBlock): Iterable<string> {
    const genuine = block.encrypted !== undefined && block.issuer === "openai" && block.displayOnly !== true;
    if (!genuine) {
      if (block.text !== "")
        yield this.#event({ type: "agent_reasoning", text: block.text }, { display: true });
      return;
    }
    const kept = isObject(block.native) && Array.isArray(block.native["summary"]);
    const summary = kept ? arrayOf(block.native, "summary") : block.text === "" ? [] : [block.text];
    const content = kept ? arrayOf(block.native, "content") : [];
    for (const text of summary) yield this.#event({ type: "agent_reasoning", text });
    yield this.#item({
      type: "reasoning",
      summary: summary.map((text) => ({ type: "summary_text", text })),
      content: content.length === 0 ? null : content.map((text) => ({ type: "reasoning_text", text })),
      encrypted_content: block.encrypted!,
    });
  }

  #call(block: ToolCallBlock): string {
    this.#calls.set(block.id, block);
    const recorded = stringOf(block.native, "type");
    if (recorded === "local_shell_call" && isObject(block.input)) {
      return this.#item({
        type: "local_shell_call",
        call_id: block.id,
        status: "completed",
        action: block.input,
      });
    }
    if (isServiceSearch(block)) {
      const status = stringOf(block.native, "status") ?? "completed";
      const payload = { type: "web_search_call", status, action: block.input };
      // An id that the reader had to make up is not sent to the service.
      if (!block.id.startsWith("ws_")) return this.#item(payload, { casr: { id: block.id } });
      return this.#item({ ...payload, id: block.id });
    }
    if (isFreeform(block)) {
      const input = block.input as string;
      return this.#item({
        type: "custom_tool_call",
        status: "completed",
        call_id: block.id,
        name: block.name,
        input,
      });
    }
    const text = typeof block.input === "string" ? block.input : JSON.stringify(block.input);
    return this.#item({ type: "function_call", ...splitName(block), arguments: text, call_id: block.id });
  }

  async *#results(message: Message): AsyncIterable<string> {
    for (const block of message.content) {
      if (block.type !== "tool_result") throw new Error(`a tool message cannot hold a ${block.type} block`);
      yield* this.#result(block);
    }
  }

  async *#result(block: ToolResultBlock): AsyncIterable<string> {
    const { world, options } = this.#with;
    const call = this.#calls.get(block.callId);
    this.#calls.delete(block.callId);
    // Codex records no answer to these; the reader makes the empty one.
    if (call !== undefined && isServiceSearch(call)) return;
    const { output, ...more } = await outputOf(block, call, world);
    const turn = { id: this.#turn?.id ?? "", workspace: options.workspace };
    const event = call === undefined ? undefined : resultEvent(call, block, turn, world.toolkit);
    if (event !== undefined) yield this.#event(event);
    const type = call !== undefined && isFreeform(call) ? "custom_tool_call_output" : "function_call_output";
    yield this.#item({ type, call_id: block.callId, output }, more);
  }
}

/** Whether a call is one of a freeform tool: its input is text, and not the broken JSON of a function's. */
function isFreeform(block: ToolCallBlock): boolean {
  return typeof block.input === "string" && stringOf(block.native, "type") !== "function_call";
}

/** Whether a call is a search of OpenAI's own service. */
function isServiceSearch(block: ToolCallBlock): boolean {
  return stringOf(block.native, "type") === "web_search_call" && isObject(block.input);
}

/** The name of a function with its namespace apart (codex-cli 0.169.0: `mcp__SERVER` + tool). */
function splitName(block: ToolCallBlock): JsonObject {
  const namespace =
    stringOf(block.native, "namespace") ??
    (block.tool?.kind === "mcp" ? `mcp__${block.tool.server}` : undefined);
  const prefix = namespace === undefined ? undefined : `${namespace}__`;
  if (
    namespace !== undefined &&
    prefix !== undefined &&
    block.name.startsWith(prefix) &&
    block.name.length > prefix.length
  ) {
    return { name: block.name.slice(prefix.length), namespace };
  }
  const match = /^(mcp__.+?)__(.+)$/.exec(block.name);
  return match === null ? { name: block.name } : { name: match[2]!, namespace: match[1]! };
}

/** The lines of a session file in legacy history mode, in chunks. */
export async function* sessionFile(session: ProjectedSession, options: LineOptions): AsyncIterable<string> {
  const writer = new LineWriter(session, options);
  yield writer.meta();
  for await (const message of session.messages()) yield* writer.message(message);
  yield* writer.end();
}
