import type { Block, JsonObject, JsonValue, Message, Origin, Usage, World } from "casr-cli/provider";
import { CallBook, callRecords, recordedResults, sortParts, type Answers } from "./calls.ts";
import { cutContext } from "./context.ts";
import type { Entry } from "./fold.ts";
import { isObject, numberOf, objectOf, objectsOf, stringOf } from "./json.ts";
import { isSyntheticThought, partsOf, textOf } from "./native.ts";
import { imageBlock, isImage, mediaOf, type Media } from "./results.ts";
import { thoughtText } from "./thoughts.ts";

const ORIGINS: ReadonlySet<JsonValue> = new Set(["person", "injected", "compaction", "command"]);

/** How the CLI words a command the person ran with `!`. */
const SHELL_MODE =
  /^I ran the following shell command:\n```sh\n[\s\S]*\n```\n\nThis produced the following result:\n```\n/u;
/** What the CLI says by itself when the model shall go on. */
const CONTINUE = "Please continue.";

/** Turns the messages of a session file into those of the conversation, one by one. */
export class Conversation {
  readonly #book: CallBook;
  readonly #world: World;
  readonly #path: string;
  readonly #unknownParts = new Set<string>();
  #index: number;

  /** `servers` are the names of MCP servers the session is known to use, `earlier` the messages before the first. */
  constructor(path: string, servers: ReadonlySet<string>, world: World, earlier = 0) {
    this.#path = path;
    this.#index = earlier;
    this.#book = new CallBook(servers);
    this.#world = world;
  }

  /** What the model gets of one recorded message. */
  push(entry: Entry, message: JsonObject, inContext: boolean): Message[] {
    if (entry.type === "user") return this.#user(entry, message, inContext);
    return entry.type === "gemini" ? this.#answer(entry, message, inContext) : [];
  }

  #message(
    entry: Entry,
    record: JsonObject,
    inContext: boolean,
    rest: Pick<Message, "role" | "content"> & Partial<Message>,
  ): Message {
    const timestamp = this.#world.toolkit.parseTimestamp(record["timestamp"]);
    return {
      index: this.#index++,
      id: entry.id,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...rest,
      inContext,
    };
  }

  #answer(entry: Entry, record: JsonObject, inContext: boolean): Message[] {
    const parts = partsOf(record["content"]);
    const about = callRecords(record);
    const content: Block[] = [];
    const thinks = parts.some((part) => part["thought"] === true && !isSyntheticThought(part));
    if (!thinks) content.push(...this.#thoughts(record));
    for (const part of parts) content.push(...this.#answerPart(part, about, entry));
    if (!parts.some((part) => isObject(part["functionCall"])))
      content.push(...this.#recordedCalls(record, about));
    const messages: Message[] = [];
    if (content.length > 0) {
      const model = stringOf(record, "model");
      const usage = usageOf(record["tokens"]);
      messages.push(
        this.#message(entry, record, inContext, {
          role: "assistant",
          content,
          ...(model === undefined ? {} : { model }),
          ...(usage === undefined ? {} : { usage }),
        }),
      );
    }
    const answers = this.#book.answers(recordedResults(record));
    return [...messages, ...this.#answers(answers, entry, record, inContext)];
  }

  #thoughts(record: JsonObject): Block[] {
    const thoughts = record["thoughts"];
    return (Array.isArray(thoughts) ? thoughts : []).flatMap((thought): Block[] => {
      const text = thoughtText(thought);
      return text === "" ? [] : [{ type: "reasoning", text, issuer: "google" }];
    });
  }

  #answerPart(part: JsonObject, about: ReturnType<typeof callRecords>, entry: Entry): Block[] {
    const call = objectOf(part, "functionCall");
    if (call !== undefined) {
      const id = stringOf(call, "id");
      const signature = stringOf(part, "thoughtSignature");
      const record = { id, name: stringOf(call, "name") ?? "", input: call["args"] ?? {} };
      const native = signature === undefined ? {} : { native: { thoughtSignature: signature } };
      return [
        this.#book.call({ ...record, ...native }, (id === undefined ? undefined : about.get(id)) ?? {}),
      ];
    }
    if (part["thought"] === true) {
      const text = isSyntheticThought(part) ? "" : (stringOf(part, "text") ?? "");
      return text === "" ? [] : [{ type: "reasoning", text, issuer: "google" }];
    }
    return this.#plainPart(part, entry);
  }

  /** Calls that are only in `toolCalls[]`: the form in which the CLI first records them. */
  #recordedCalls(record: JsonObject, about: ReturnType<typeof callRecords>): Block[] {
    return objectsOf(record, "toolCalls").map((call) => {
      const id = stringOf(call, "id");
      const input = call["args"] ?? {};
      return this.#book.call(
        { id, name: stringOf(call, "name") ?? "", input },
        (id === undefined ? undefined : about.get(id)) ?? {},
      );
    });
  }

  /** Text and media, of either side. */
  #plainPart(part: JsonObject, entry: Entry): Block[] {
    const text = textOf(part);
    if (text !== undefined) return text === "" ? [] : [{ type: "text", text }];
    const media = mediaOf(part);
    if (media !== undefined) return [mediaBlock(media)];
    const file = objectOf(part, "fileData");
    const uri = stringOf(file, "fileUri");
    if (uri !== undefined) return [{ type: "text", text: uri }];
    this.#warnPart(part, entry);
    return [];
  }

  #warnPart(part: JsonObject, entry: Entry): void {
    const keys = Object.keys(part).filter((key) => key !== "thought" && key !== "thoughtSignature");
    const kind = keys.slice(0, 3).join(", ");
    if (keys.length === 0 || this.#unknownParts.has(kind)) return;
    this.#unknownParts.add(kind);
    const message = `content part with ${kind} was left out`;
    this.#world.warn({ code: "unknown-part", message, path: this.#path, line: entry.line });
  }

  #user(entry: Entry, record: JsonObject, inContext: boolean): Message[] {
    const mark = objectOf(record, "casr");
    const { groups, rest } = sortParts(partsOf(record["content"]).filter((part) => part["thought"] !== true));
    const answers = this.#book.answers(groups, objectOf(mark, "results"));
    const messages = this.#answers(answers, entry, record, inContext);
    const cut =
      groups.length > 0
        ? { parts: rest.map(({ part }) => part), firstKept: 0 }
        : cutContext(rest.map(({ part }) => part));
    const summaries = summaryPositions(mark, entry, rest, cut);
    const said = cut.parts.map((part, index) => ({ part, summary: summaries.has(index) }));
    const isHook = ({ part }: { part: JsonObject }): boolean =>
      (textOf(part) ?? "").startsWith("<hook_context>") && part["thought"] !== false;
    const spoken = said.filter((item) => !isHook(item));
    const content = spoken.flatMap(({ part, summary }) => this.#userPart(part, summary, entry));
    if (content.some((block) => block.type !== "text" || block.text.trim() !== "")) {
      messages.push(
        this.#message(entry, record, inContext, { role: "user", content, origin: originOf(mark, content) }),
      );
    }
    const hooks = said.filter(isHook).flatMap(({ part }) => this.#plainPart(part, entry));
    if (hooks.length > 0)
      messages.push(
        this.#message(entry, record, inContext, { role: "user", content: hooks, origin: "injected" }),
      );
    return messages;
  }

  #userPart(part: JsonObject, summary: boolean, entry: Entry): Block[] {
    const text = textOf(part);
    if (summary && text !== undefined && text !== "") return [{ type: "compaction", summary: text }];
    return this.#plainPart(part, entry);
  }

  #answers({ results, documents }: Answers, entry: Entry, record: JsonObject, inContext: boolean): Message[] {
    const messages: Message[] = [];
    if (results.length > 0)
      messages.push(this.#message(entry, record, inContext, { role: "tool", content: results }));
    if (documents.length > 0) {
      const content = documents.map(mediaBlock);
      messages.push(this.#message(entry, record, inContext, { role: "user", content, origin: "injected" }));
    }
    return messages;
  }
}

/** Which of the kept parts are summaries: where casr says so, else the first text of a summary the fold found. */
function summaryPositions(
  mark: JsonObject | undefined,
  entry: Entry,
  rest: { part: JsonObject; position: number }[],
  cut: { parts: JsonObject[]; firstKept: number },
): Set<number> {
  const marked = mark?.["compaction"];
  if (Array.isArray(marked)) {
    return new Set(
      cut.parts.flatMap((_, index) =>
        marked.includes(rest[cut.firstKept + index]!.position) ? [index] : [],
      ),
    );
  }
  if (entry.summary === undefined) return new Set();
  return new Set([cut.parts.findIndex((part) => (textOf(part) ?? "").trim() !== "")]);
}

function originOf(mark: JsonObject | undefined, content: Block[]): Origin {
  const marked = mark?.["origin"];
  if (marked !== undefined && ORIGINS.has(marked)) return marked as Origin;
  if (content.some((block) => block.type === "compaction")) return "compaction";
  const [first] = content;
  const text = content.length === 1 && first?.type === "text" ? first.text : "";
  if (SHELL_MODE.test(text)) return "command";
  return text === CONTINUE ? "injected" : "person";
}

function mediaBlock(media: Media): Block {
  if (isImage(media)) return imageBlock(media);
  return { type: "document", mediaType: media.mediaType, data: { base64: media.base64 } };
}

function usageOf(tokens: JsonValue | undefined): Usage | undefined {
  const fields = {
    inputTokens: "input",
    outputTokens: "output",
    cacheReadTokens: "cached",
    reasoningTokens: "thoughts",
  };
  const counts = Object.entries(fields).map(([field, key]) => [field, numberOf(tokens, key)] as const);
  const known = counts.filter(([, count]) => count !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage);
}
