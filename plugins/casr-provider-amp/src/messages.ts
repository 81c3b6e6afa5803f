import type {
  Block,
  JsonObject,
  Message,
  Origin,
  ReasoningBlock,
  ToolCallBlock,
  ToolResultBlock,
  Usage,
  World,
} from "casr-cli/provider";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { blocksOf, builtAt, isWholeCall, markOf, summaryOf } from "./native.ts";
import { attachedFiles, commandTexts } from "./render.ts";
import { decodeRun, unanswered } from "./results.ts";
import { timeOf } from "./thread.ts";
import { canonicalTool } from "./tools.ts";

const ORIGINS: ReadonlySet<string> = new Set<Origin>(["person", "injected", "compaction", "command"]);

/** Native keys of a prompt that have no place in a message; given back when a thread is copied within Amp. */
const PROMPT_KEYS = [
  "userState",
  "agentMode",
  "fileMentions",
  "discoveredGuidanceFiles",
  "interrupted",
  "source",
];

/** The version of January 2026 forgets what a tool had printed when it cancels it at a start; that of March does not. */
const LAST_DROPPING_PROGRESS = 1_767_830_505;

/** What of a thread becomes messages, in the order Amp sends it to its model. */
export class Conversation {
  readonly #world: World;
  readonly #path: string;
  readonly #answered: ReadonlySet<string>;
  readonly #calls = new Map<string, string>();
  readonly #unknown = new Set<string>();
  readonly #dropsProgress: boolean;
  #index = 0;

  /** `about` tells which calls have a run, and which version the thread is of. */
  constructor(
    path: string,
    about: { answered: ReadonlySet<string>; version?: string | undefined },
    world: World,
  ) {
    this.#path = path;
    this.#answered = about.answered;
    this.#dropsProgress = (builtAt(about.version ?? "") ?? Infinity) <= LAST_DROPPING_PROGRESS;
    this.#world = world;
  }

  /** The messages of one native message. */
  push(native: JsonObject, inContext: boolean): Message[] {
    const time = timeOf(native, this.#world);
    const base = { inContext, ...(time === undefined ? {} : { timestamp: time }) };
    return this.#parts(native)
      .filter((part) => part.content.length > 0)
      .map((part) => ({ ...base, ...part, index: this.#index++ }));
  }

  #parts(native: JsonObject): Part[] {
    switch (native["role"]) {
      case "user":
        return this.#user(native);
      case "assistant":
        return this.#assistant(native);
      case "info":
        return this.#info(native);
      default:
        this.#warnOnce(`a message of role ${String(native["role"]).slice(0, 40)}`);
        return [];
    }
  }

  #warnOnce(what: string): void {
    if (this.#unknown.has(what)) return;
    this.#unknown.add(what);
    this.#world.warn({ code: "unknown-record", message: `${what} is left out`, path: this.#path });
  }

  /** Results go first, then the files the prompt mentions, then the prompt itself. */
  #user(native: JsonObject): Part[] {
    const results: ToolResultBlock[] = [];
    const pictures = new Map<string, Block[]>();
    const said: Block[] = [];
    for (const block of blocksOf(native)) {
      if (block["type"] === "tool_result") {
        const result = this.#result(block);
        if (result !== undefined) results.push(result);
        continue;
      }
      const content = this.#said(block);
      if (content === undefined) continue;
      const owner = stringOf(markOf(block), "result");
      if (owner === undefined) said.push(content);
      else pictures.set(owner, [...(pictures.get(owner) ?? []), content]);
    }
    for (const result of results) {
      for (const block of pictures.get(result.callId) ?? [])
        if (block.type === "image") result.content.push(block);
    }
    const files = attachedFiles(native);
    const extra: JsonObject = {};
    for (const key of PROMPT_KEYS) if (native[key] !== undefined) extra[key] = native[key];
    const mark = markOf(native);
    const isSummary = mark["compaction"] === true;
    const content = said.map((block): Block =>
      isSummary && block.type === "text" ? { type: "compaction", summary: block.text } : block,
    );
    return [
      { role: "tool", content: results },
      {
        role: "user",
        origin: "injected",
        content: files === "" ? [] : [{ type: "text", text: files }],
        extra: { attached: true },
      },
      {
        role: "user",
        origin: isSummary ? "compaction" : originOf(native),
        content,
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      },
    ];
  }

  #said(block: JsonObject): Block | undefined {
    if (block["type"] === "text") {
      const text = stringOf(block, "text") ?? "";
      return text.trim() === "" ? undefined : { type: "text", text };
    }
    if (block["type"] === "image") return this.#image(block);
    this.#warnOnce(`a block of type ${String(block["type"]).slice(0, 40)}`);
    return undefined;
  }

  #image(block: JsonObject): Block | undefined {
    const source = objectOf(block, "source");
    const name = stringOf(block, "sourcePath");
    const data = stringOf(source, "data");
    if (data !== undefined) {
      if (data === "") return undefined;
      const mediaType = stringOf(source, "mediaType") ?? "image/png";
      return { type: "image", mediaType, data: { base64: data }, ...(name === undefined ? {} : { name }) };
    }
    const url = stringOf(source, "url");
    const inline = /^data:([^;,]+);base64,(.+)$/s.exec(url ?? "");
    if (inline !== null) return { type: "image", mediaType: inline[1]!, data: { base64: inline[2]! } };
    // Only the address is there: the model's service fetched the picture itself.
    return url === undefined ? undefined : { type: "text", text: `[Image: ${url}]` };
  }

  #result(block: JsonObject): ToolResultBlock | undefined {
    const callId = stringOf(block, "toolUseID");
    const run = objectOf(block, "run");
    if (callId === undefined || run === undefined) return undefined;
    return {
      type: "tool_result",
      callId,
      ...decodeRun(this.#calls.get(callId) ?? "", run, this.#dropsProgress),
    };
  }

  #assistant(native: JsonObject): Part[] {
    const content = blocksOf(native).flatMap((block) => this.#answerBlock(block) ?? []);
    const open = content.filter((block) => block.type === "tool_call" && !this.#answered.has(block.id));
    const usage = usageOf(native);
    const model = stringOf(objectOf(native, "usage"), "model");
    const state = objectOf(native, "state");
    const stopReason = stringOf(state, "stopReason") ?? stringOf(state, "type");
    return [
      {
        role: "assistant",
        content,
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
        ...(stopReason === undefined ? {} : { stopReason }),
      },
      {
        role: "tool",
        content: open.map((call) => ({
          type: "tool_result",
          callId: (call as ToolCallBlock).id,
          ...unanswered(),
        })),
      },
    ];
  }

  #answerBlock(block: JsonObject): Block | undefined {
    switch (block["type"]) {
      case "text": {
        const text = stringOf(block, "text") ?? "";
        return text.trim() === "" ? undefined : { type: "text", text };
      }
      case "thinking":
      case "redacted_thinking":
        return reasoning(block);
      case "tool_use":
        return isWholeCall(block) ? this.#call(block) : undefined;
      // Searches of the model's own service are not sent again.
      case "server_tool_use":
        return undefined;
      default:
        this.#warnOnce(`a block of type ${String(block["type"]).slice(0, 40)}`);
        return undefined;
    }
  }

  #call(block: JsonObject): ToolCallBlock | undefined {
    const id = stringOf(block, "id");
    const name = stringOf(block, "name");
    if (id === undefined || id === "" || name === undefined || name === "") return undefined;
    const input = block["input"] ?? {};
    const mark = objectOf(markOf(block), "foreign");
    const provider = stringOf(mark, "provider");
    const other = stringOf(mark, "name");
    const foreign = provider === undefined || other === undefined ? undefined : { provider, name: other };
    this.#calls.set(id, foreign === undefined ? name : "");
    const tool = foreign === undefined ? canonicalTool(name, input, this.#world.toolkit) : undefined;
    return {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(foreign === undefined ? {} : { foreign }),
    };
  }

  /** Commands a person ran, and the summary of a compaction. Amp sends the latter as an answer of the model. */
  #info(native: JsonObject): Part[] {
    const summary = summaryOf(native);
    if (summary !== undefined) {
      const content: Block[] = summary.trim() === "" ? [] : [{ type: "compaction", summary }];
      return [{ role: "user", origin: "compaction", content, extra: { info: true } }];
    }
    const texts = blocksOf(native).flatMap((block) =>
      block["type"] === "manual_bash_invocation" ? commandTexts(block) : [stringOf(block, "text") ?? ""],
    );
    const content = texts.filter((text) => text.trim() !== "").map((text): Block => ({ type: "text", text }));
    return [{ role: "user", origin: "command", content, extra: { info: native } }];
  }
}

type Part = Omit<Message, "index" | "inContext">;

function originOf(native: JsonObject): Origin {
  const marked = stringOf(markOf(native), "origin");
  if (marked !== undefined && ORIGINS.has(marked)) return marked as Origin;
  return objectOf(native, "source") === undefined ? "person" : "injected";
}

function reasoning(block: JsonObject): ReasoningBlock | undefined {
  const issuer = stringOf(block, "provider") ?? "anthropic";
  const data = stringOf(block, "data");
  if (block["type"] === "redacted_thinking")
    return data === undefined
      ? undefined
      : { type: "reasoning", text: "", encrypted: data, redacted: true, issuer };
  const text = stringOf(block, "thinking") ?? "";
  const signature = stringOf(block, "signature");
  if (text === "" && !signature) return undefined;
  return { type: "reasoning", text, ...(signature ? { signature } : {}), issuer };
}

function usageOf(native: JsonObject): Usage | undefined {
  const usage = objectOf(native, "usage");
  const counts = {
    inputTokens: numberOf(usage, "inputTokens"),
    outputTokens: numberOf(usage, "outputTokens"),
    cacheReadTokens: numberOf(usage, "cacheReadInputTokens"),
    cacheWriteTokens: numberOf(usage, "cacheCreationInputTokens"),
  };
  const known = Object.entries(counts).filter(([, count]) => Number.isSafeInteger(count) && count! >= 0);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage);
}
