import type { Block, JsonObject, JsonValue, Message, Origin, Usage, World } from "casr-cli/provider";
import { isObject, numberOf, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { messageOf } from "./native.ts";
import { decode, decodeState } from "./results.ts";
import { canonicalTool } from "./tools.ts";

const ORIGINS: ReadonlySet<JsonValue | undefined> = new Set(["person", "injected", "compaction", "command"]);

/** One use of a call id. */
interface Use {
  id: string;
  /** Empty for another agent's tool: its answers have no frame of Continue's. */
  name: string;
  answered: boolean;
}

/** Turns the items of a history into messages, as cn sends them (1.5.47). */
export class Items {
  readonly #world: World;
  readonly #path: string;
  readonly #uses = new Map<string, Use>();
  readonly #taken = new Set<string>();
  /** The number to try next for an id that is in use. */
  readonly #attempts = new Map<string, number>();
  readonly #unknown = new Set<string>();
  #thinking: Block[] = [];
  #index = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  messages(item: JsonObject): Message[] {
    const message = messageOf(item);
    const mark = objectOf(item, "casr");
    const { role } = message;
    // Thoughts stand in an item of their own, in front of the answer they belong to.
    const alone = role === "assistant" || role === "thinking" ? [] : this.finish();
    return [
      ...alone,
      ...this.#thoughts(mark?.["before"], mark),
      ...this.#item(item, message, mark),
      ...this.#thoughts(mark?.["after"], mark),
    ];
  }

  /** Thoughts that no answer followed. */
  finish(): Message[] {
    const content = this.#thinking;
    this.#thinking = [];
    return this.#message(undefined, { role: "assistant", content });
  }

  #item(item: JsonObject, message: JsonObject, mark: JsonObject | undefined): Message[] {
    switch (message["role"]) {
      case "user":
        return this.#user(item, message, mark);
      case "assistant":
        return this.#answer(item, message, mark);
      case "thinking":
        this.#think(message);
        return [];
      case "tool":
        return this.#toolItem(message);
      case "system":
        // Made anew at every start.
        return [];
      default:
        this.#warn(`an item of role ${JSON.stringify(message["role"] ?? null).slice(0, 60)}`);
        return [];
    }
  }

  #warn(what: string): void {
    if (this.#unknown.has(what)) return;
    this.#unknown.add(what);
    this.#world.warn({ code: "unknown-record", message: `${what} was left out`, path: this.#path });
  }

  #message(
    mark: JsonObject | undefined,
    rest: Pick<Message, "role" | "content"> & Partial<Message>,
  ): Message[] {
    if (rest.content.length === 0) return [];
    const timestamp = this.#world.toolkit.parseTimestamp(mark?.["at"]);
    return [
      { index: this.#index++, ...(timestamp === undefined ? {} : { timestamp }), ...rest, inContext: true },
    ];
  }

  /** Answers that were nothing but reasoning stand as notes on a neighbour: an empty answer would be sent. */
  #thoughts(list: JsonValue | undefined, mark: JsonObject | undefined): Message[] {
    const texts = Array.isArray(list) ? list.filter((text) => typeof text === "string" && text !== "") : [];
    const content = texts.map((text): Block => ({
      type: "reasoning",
      text: text as string,
      displayOnly: true,
    }));
    return this.#message(mark, { role: "assistant", content });
  }

  #user(item: JsonObject, message: JsonObject, mark: JsonObject | undefined): Message[] {
    const { content } = message;
    const given = objectsOf(item, "contextItems")
      .map(
        (context) => `<context name="${show(context["name"])}">\n${show(context["content"])}\n</context>\n\n`,
      )
      .join("");
    const summaries = mark?.["compaction"];
    const parts = typeof content === "string" ? [{ type: "text", text: given + content }] : content;
    const blocks = (Array.isArray(parts) ? parts : []).flatMap((part, position): Block[] => {
      const text = textOf(part);
      if (text === undefined) return this.#picture(part);
      if (text === "") return [];
      const isSummary = Array.isArray(summaries) && summaries.includes(position);
      return [isSummary ? { type: "compaction", summary: text } : { type: "text", text }];
    });
    const marked = mark?.["origin"];
    const origin: Origin = ORIGINS.has(marked) ? (marked as Origin) : "person";
    return this.#message(mark, { role: "user", content: blocks, origin });
  }

  #picture(part: JsonValue): Block[] {
    const url = stringOf(objectOf(part, "imageUrl"), "url");
    if (url === undefined) {
      this.#warn(`a content part of type ${JSON.stringify(stringOf(part, "type") ?? null).slice(0, 60)}`);
      return [];
    }
    const match = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w=.-]+)*;base64,/u.exec(url.slice(0, 200));
    if (match === null) return [{ type: "text", text: url }];
    return [{ type: "image", mediaType: match[1]!, data: { base64: url.slice(match[0].length) } }];
  }

  #think(message: JsonObject): void {
    const text = show(message["content"]);
    const signature = stringOf(message, "signature");
    const signed = signature === undefined || signature === "" ? {} : { signature, issuer: "anthropic" };
    if (text !== "") this.#thinking.push({ type: "reasoning", text, ...signed });
  }

  #answer(item: JsonObject, message: JsonObject, mark: JsonObject | undefined): Message[] {
    const thoughts = splitAt(stringOf(objectOf(item, "reasoning"), "text") ?? "", mark?.["thoughts"]);
    const { content: said } = message;
    const parts = typeof said === "string" ? [{ type: "text", text: said }] : Array.isArray(said) ? said : [];
    const states = statesOf(item);
    const queues = {
      r: thoughts.map((text): Block => ({ type: "reasoning", text, displayOnly: true })),
      t: parts.flatMap((part): Block[] => {
        const text = textOf(part);
        if (text === undefined) return this.#picture(part);
        return text === "" ? [] : [{ type: "text", text }];
      }),
      c: callsOf(message, states).map(({ call, state }) => this.#call(call, objectOf(state, "casr"))),
    };
    const content: Block[] = this.#thinking;
    this.#thinking = [];
    const order = stringOf(mark, "order") ?? "";
    for (const letter of order) content.push(...(isQueue(letter) ? queues[letter].splice(0, 1) : []));
    content.push(...queues.r, ...queues.t, ...queues.c);
    const model = stringOf(objectOf(message, "usage"), "model");
    const usage = usageOf(message["usage"]);
    const messages = this.#message(mark, {
      role: "assistant",
      content,
      ...(model === undefined ? {} : { model }),
      ...(usage === undefined ? {} : { usage }),
    });
    const results = states.flatMap((state) => this.#answerOf(state));
    return [...messages, ...this.#message(mark, { role: "tool", content: results })];
  }

  #call(call: JsonObject, mark: JsonObject | undefined): Block {
    const wanted = stringOf(call, "id") ?? "";
    const fn = objectOf(call, "function");
    const name = stringOf(fn, "name") ?? "";
    const raw = fn?.["arguments"] ?? "";
    const input = typeof raw === "string" ? (raw.trim() === "" ? {} : (parseJson(raw) ?? raw)) : raw;
    const foreign = objectOf(mark, "foreign");
    const provider = stringOf(foreign, "provider");
    const own = stringOf(foreign, "name");
    const isForeign = provider !== undefined && own !== undefined;
    const id = this.#free(wanted);
    this.#uses.set(wanted, { id, name: isForeign ? "" : name, answered: false });
    const tool = isForeign ? undefined : canonicalTool(name, input);
    return {
      type: "tool_call",
      id,
      name,
      input,
      ...(tool === undefined ? {} : { tool }),
      ...(isForeign ? { foreign: { provider, name: own } } : {}),
    };
  }

  #free(wanted: string): string {
    let id = wanted;
    // A thousand calls of one id must not try a thousand names each.
    let attempt = this.#attempts.get(wanted) ?? 2;
    for (; this.#taken.has(id); attempt += 1) id = `${wanted}_${attempt}`;
    if (id !== wanted) this.#attempts.set(wanted, attempt);
    this.#taken.add(id);
    return id;
  }

  /** The answer in a `toolCallStates` entry; none for a second one. */
  #answerOf(state: JsonObject): Block[] {
    const callId = stringOf(state, "toolCallId") ?? "";
    const use = this.#uses.get(callId);
    if (callId === "" || use?.answered === true) return [];
    if (use !== undefined) use.answered = true;
    // Another agent's failure has Continue's frame as well, under the name it has here.
    const name = stringOf(objectOf(objectOf(state, "toolCall"), "function"), "name") ?? use?.name ?? "";
    return [{ type: "tool_result", callId: use?.id ?? callId, ...decodeState(name, state) }];
  }

  /** An answer of its own item: of the extensions, and of older versions of cn. */
  #toolItem(message: JsonObject): Message[] {
    const callId = stringOf(message, "toolCallId") ?? "";
    const use = this.#uses.get(callId);
    if (callId === "" || use?.answered === true) return [];
    if (use !== undefined) use.answered = true;
    const text = show(message["content"]);
    const failed = use !== undefined && text.startsWith(`Error executing tool ${use.name}: `);
    const content: Block[] = [
      { type: "tool_result", callId: use?.id ?? callId, ...decode(use?.name ?? "", [text], failed) },
    ];
    return this.#message(undefined, { role: "tool", content });
  }
}

function isQueue(letter: string): letter is "r" | "t" | "c" {
  return letter === "r" || letter === "t" || letter === "c";
}

function textOf(part: JsonValue): string | undefined {
  return isObject(part) && part["type"] === "text" ? (stringOf(part, "text") ?? "") : undefined;
}

/** A value as it reads in a template text; parts of a content as their texts. */
function show(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((part) => stringOf(part, "text") ?? "").join("\n");
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** One entry a call; before July 2025 there was one an item. */
function statesOf(item: JsonObject): JsonObject[] {
  const single = objectOf(item, "toolCallState");
  return [...objectsOf(item, "toolCallStates"), ...(single === undefined ? [] : [single])];
}

/** The calls of an answer, each with its state; calls without an id cannot be answered and are left out. */
function callsOf(
  message: JsonObject,
  states: JsonObject[],
): { call: JsonObject; state: JsonObject | undefined }[] {
  const stateOf = new Map(states.map((state) => [stringOf(state, "toolCallId"), state]));
  return objectsOf(message, "toolCalls").flatMap((call) => {
    const id = stringOf(call, "id") ?? "";
    const name = stringOf(objectOf(call, "function"), "name") ?? "";
    return id === "" || name === "" ? [] : [{ call, state: stateOf.get(id) }];
  });
}

/** `lengths` are those of the single thoughts in `text`, which have an empty line between them. */
function splitAt(text: string, lengths: JsonValue | undefined): string[] {
  if (text === "") return [];
  if (!Array.isArray(lengths)) return [text];
  const pieces: string[] = [];
  let from = 0;
  for (const length of lengths) {
    if (typeof length !== "number" || length <= 0 || from + length > text.length) return [text];
    pieces.push(text.slice(from, from + length));
    from += length + 2;
  }
  return from - 2 === text.length ? pieces : [text];
}

function usageOf(usage: JsonValue | undefined): Usage | undefined {
  const count = (value: JsonValue | undefined, key: string): number | undefined => {
    const found = numberOf(value, key);
    return found !== undefined && Number.isInteger(found) && found >= 0 ? found : undefined;
  };
  const details = objectOf(usage, "prompt_tokens_details");
  const counts = {
    inputTokens: count(usage, "prompt_tokens"),
    outputTokens: count(usage, "completion_tokens"),
    cacheReadTokens: count(details, "cached_tokens"),
    cacheWriteTokens: count(details, "cache_write_tokens"),
  };
  const known = Object.entries(counts).filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage);
}
