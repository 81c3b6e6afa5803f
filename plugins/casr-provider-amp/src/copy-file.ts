import type {
  Block,
  JsonObject,
  Message,
  ProjectedSession,
  ToolCallBlock,
  ToolResultBlock,
  World,
} from "casr-cli/provider";
import { canonicalText } from "./canonical.ts";
import { fromClaude, toClaude } from "./copy-tools.ts";
import { guarded } from "./guard.ts";
import { present } from "./json.ts";
import { isoTime, lineageMark, titleOf, type ThreadFacts } from "./thread-file.ts";

/** Whose copy a line of casr's mark says it is. */
export const COPY_MARK = "amp-import";

/** Ends the turn for Amp's import without a text of its own; without it, answers of tools would move behind the prompt. */
const TURN_ENDS = "[Request interrupted by user]";

const LAST_TIME = Date.UTC(9999, 11, 31);

/** One session in the form of Claude Code's session files, as far as Amp's import reads them (0.0.1790142911). */
class Copy {
  readonly #world: World;
  readonly #sessionId: string;
  readonly #workspace: string;
  readonly #calls = new Map<string, ToolCallBlock>();
  #count = 0;
  #time: number;
  #afterResults = false;
  leaf: string | undefined;

  constructor(sessionId: string, workspace: string, startedAt: number, world: World) {
    this.#sessionId = sessionId;
    this.#workspace = workspace;
    this.#time = startedAt;
    this.#world = world;
  }

  async *lines(message: Message): AsyncIterable<string> {
    if (message.role === "assistant") yield this.#answer(message);
    else if (message.role === "tool") yield await this.#results(message);
    else yield* this.#prompt(message);
    this.#afterResults = message.role === "tool";
  }

  #record(
    type: "user" | "assistant",
    time: number | undefined,
    message: JsonObject,
    mark?: JsonObject,
  ): string {
    const usable = time !== undefined && time >= 0 && time <= LAST_TIME ? Math.floor(time) : 0;
    this.#time = Math.max(this.#time + (this.#count === 0 ? 0 : 1), usable);
    const uuid = this.#world.toolkit.uuidFrom(`${this.#sessionId}/${this.#count}`);
    const record: JsonObject = {
      parentUuid: this.leaf ?? null,
      isSidechain: false,
      userType: "external",
      cwd: this.#workspace,
      sessionId: this.#sessionId,
      version: "2.1.329",
      type,
      message: { role: type, ...message },
      uuid,
      timestamp: isoTime(Math.min(this.#time, LAST_TIME)),
      ...(mark === undefined || Object.keys(mark).length === 0 ? {} : { casr: mark }),
    };
    this.leaf = uuid;
    this.#count += 1;
    return `${JSON.stringify(record)}\n`;
  }

  async *#prompt(message: Message): AsyncIterable<string> {
    const { origin, timestamp } = message;
    if (this.#afterResults)
      yield this.#record(
        "user",
        timestamp,
        { content: [{ type: "text", text: TURN_ENDS }] },
        { turn: "end" },
      );
    const isPerson = origin === undefined || origin === "person";
    let content: JsonObject[] = [];
    let guards = false;
    const add = (text: string): void => {
      const safe = guarded(text);
      guards ||= safe !== text;
      content.push({ type: "text", text: safe });
    };
    const flush = (mark: JsonObject): string[] => {
      const whole = guards ? { ...mark, guards } : mark;
      const lines = content.length === 0 ? [] : [this.#record("user", timestamp, { content }, whole)];
      content = [];
      guards = false;
      return lines;
    };
    const mark: JsonObject = isPerson ? {} : { origin: origin! };
    for (const block of message.content) {
      if (block.type === "text") add(block.text);
      else if (block.type === "image") content.push(await this.#image(block));
      else if (block.type === "compaction") {
        yield* flush(mark);
        add(block.summary);
        yield* flush({ compaction: true });
      }
    }
    yield* flush(mark);
  }

  async #image(block: Extract<Block, { type: "image" }>): Promise<JsonObject> {
    const data = await this.#world.base64(block.data);
    return { type: "image", source: { type: "base64", media_type: block.mediaType, data } };
  }

  #answer(message: Message): string {
    const calls: JsonObject = {};
    const foreign: JsonObject = {};
    const content = message.content.flatMap((block): JsonObject[] => {
      if (block.type === "text") return [{ type: "text", text: block.text }];
      if (block.type === "reasoning") {
        const sent = block.displayOnly !== true;
        if (sent && block.encrypted !== undefined)
          return [{ type: "redacted_thinking", data: block.encrypted }];
        return [{ type: "thinking", thinking: block.text, signature: sent ? (block.signature ?? "") : "" }];
      }
      if (block.type !== "tool_call") return [];
      this.#calls.set(block.id, block);
      if (block.foreign !== undefined) foreign[block.id] = { ...block.foreign };
      const own = { name: block.name, input: block.input };
      const claude = block.foreign === undefined ? toClaude(own) : own;
      const back = fromClaude(claude);
      if (back.name !== own.name || canonicalText(back.input) !== canonicalText(own.input))
        calls[block.id] = own;
      return [{ type: "tool_use", id: block.id, name: claude.name, input: claude.input }];
    });
    const mark = present({
      calls: Object.keys(calls).length === 0 ? undefined : calls,
      foreign: Object.keys(foreign).length === 0 ? undefined : foreign,
    });
    const stop = message.content.some((block) => block.type === "tool_call") ? "tool_use" : "end_turn";
    return this.#record("assistant", message.timestamp, { content, stop_reason: stop }, mark);
  }

  async #results(message: Message): Promise<string> {
    const marks: JsonObject = {};
    const content: JsonObject[] = [];
    for (const block of message.content) {
      if (block.type !== "tool_result") continue;
      const shell = this.#calls.get(block.callId)?.tool?.kind === "shell";
      this.#calls.delete(block.callId);
      const { native, mark } = await this.#result(block, shell);
      content.push(native);
      if (Object.keys(mark).length > 0) marks[block.callId] = mark;
    }
    const mark = Object.keys(marks).length === 0 ? {} : { results: marks };
    return this.#record("user", message.timestamp, { content }, mark);
  }

  /** A command's exit code is put in front of what it printed, as Claude Code does it. */
  async #result(block: ToolResultBlock, shell: boolean): Promise<{ native: JsonObject; mark: JsonObject }> {
    const code = shell ? block.exitCode : undefined;
    const prefix = code === undefined || code === 0 ? "" : `Exit code ${code}\n`;
    const parts: JsonObject[] = [];
    for (const part of block.content)
      parts.push(part.type === "text" ? { type: "text", text: part.text } : await this.#image(part));
    const [only, ...more] = parts;
    const plain = only === undefined || (more.length === 0 && only["type"] === "text");
    const text = only === undefined ? "" : (only["text"] as string);
    const content = plain
      ? prefix + text
      : prefix === ""
        ? parts
        : [{ type: "text", text: prefix }, ...parts];
    return {
      native: {
        type: "tool_result",
        tool_use_id: block.callId,
        content,
        ...(block.isError ? { is_error: true } : {}),
      },
      mark: present({ exitCode: code, skip: prefix === "" ? undefined : prefix.length }),
    };
  }
}

/** The lines of a copy for `amp threads import claude`. */
export async function* copyFile(
  session: ProjectedSession,
  sessionId: string,
  facts: Pick<ThreadFacts, "workspace" | "lineage">,
  world: World,
): AsyncIterable<string> {
  const title = titleOf(session, world) ?? "";
  const { workspace } = facts;
  const mark = { copy: COPY_MARK, ...lineageMark(facts) };
  yield `${JSON.stringify({ type: "custom-title", customTitle: title, sessionId, casr: mark })}\n`;
  const startedAt = session.header.startedAt ?? world.now();
  const copy = new Copy(
    sessionId,
    workspace,
    startedAt >= 0 && startedAt <= LAST_TIME ? startedAt : 0,
    world,
  );
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    yield* copy.lines(message);
  }
  // The import takes its title from such a line alone.
  if (title !== "" && copy.leaf !== undefined)
    yield `${JSON.stringify({ type: "summary", summary: title, leafUuid: copy.leaf })}\n`;
}
