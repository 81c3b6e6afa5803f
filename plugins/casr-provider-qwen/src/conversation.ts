import type { Block, JsonObject, JsonValue, Message, Origin, Usage, World } from "casr-cli/provider";
import type { Branch, Step } from "./branch.ts";
import { CallBook } from "./calls.ts";
import { numberOf, objectOf, objectsOf, stringOf } from "./json.ts";
import { INJECTED, mediaOf, partsIn, SUMMARY_ANSWER, SUMMARY_END, textOf, type Media } from "./native.ts";
import type { RecordEntry, RecordIndex } from "./records.ts";
import { RecordSource } from "./source.ts";

const ORIGINS: ReadonlySet<JsonValue | undefined> = new Set(["person", "injected", "compaction", "command"]);

/** How the CLI words a command the person ran with `!`. */
const SHELL_MODE = /^I ran the following shell command:\n```/u;

/** Turns the records of a branch into the messages of the conversation, one by one. */
export class Conversation {
  readonly #world: World;
  readonly #path: string;
  readonly #book = new CallBook();
  readonly #unknownParts = new Set<string>();
  readonly #entries: RecordEntry[];
  readonly #branch: Branch;
  /** Digests of what was said before a compression that is told as well. */
  readonly #told = new Set<string>();
  #index: number;

  /** `earlier` is how many messages stand before the first. */
  constructor(
    path: string,
    { entries }: Pick<RecordIndex, "entries">,
    branch: Branch,
    world: World,
    earlier = 0,
  ) {
    this.#path = path;
    this.#entries = entries;
    this.#branch = branch;
    this.#world = world;
    this.#index = earlier;
  }

  /** One to which turns are given one by one. */
  static alone(path: string, world: World): Conversation {
    return new Conversation(path, { entries: [] }, { steps: [] }, world);
  }

  /** The messages; with `whole` also those that are no longer sent. */
  async *messages(whole: boolean): AsyncIterable<Message> {
    const source = new RecordSource(this.#path, this.#world);
    for (const step of this.#branch.steps) {
      if (!whole && !step.inContext) continue;
      const entry = this.#entries[step.pieces[0]!]!;
      if (entry.kind === "other" || entry.kind === "command") continue;
      this.#world.signal.throwIfAborted();
      const record = await this.#assemble(source, step);
      if (record === undefined) continue;
      if (entry.kind === "compression") yield* this.#compression(entry, record, step.inContext, whole);
      else yield* this.#turn(entry, record, step.inContext, whole);
    }
  }

  /** The record of a step: pieces have their parts strung together. */
  async #assemble(source: RecordSource, step: Step): Promise<JsonObject | undefined> {
    let whole: JsonObject | undefined;
    for (const position of step.pieces) {
      const record = await source.record(this.#entries[position]!);
      if (record === undefined) continue;
      if (whole === undefined) whole = record;
      else {
        const parts = [...partsIn(whole["message"]), ...partsIn(record["message"])];
        whole = { ...record, ...whole, message: { ...objectOf(whole, "message"), parts } };
      }
    }
    return whole;
  }

  #turn(entry: RecordEntry, record: JsonObject, inContext: boolean, whole: boolean): Message[] {
    if (whole && !inContext) this.#told.add(this.#digest(record["message"]));
    return this.turn(entry, record, inContext);
  }

  /** The messages of a prompt, an answer or a result. */
  turn(entry: RecordEntry, record: JsonObject, inContext: boolean): Message[] {
    if (entry.kind === "assistant") return this.#answer(entry, record, inContext);
    return this.#user(entry, record, inContext);
  }

  /** The same for a message and for its copy in a compressed history. */
  #digest(content: JsonValue | undefined): string {
    const said = partsIn(content).map((part) => [
      stringOf(objectOf(part, "functionCall"), "id") ?? "",
      stringOf(objectOf(part, "functionResponse"), "id") ?? "",
      stringOf(part, "text") ?? "",
      mediaOf(part)?.base64 ?? "",
    ]);
    return this.#world.toolkit.sha256(JSON.stringify(said)).slice(0, 20);
  }

  #message(
    entry: RecordEntry,
    record: JsonObject,
    inContext: boolean,
    rest: Pick<Message, "role" | "content"> & Partial<Message>,
  ): Message {
    const timestamp = this.#world.toolkit.parseTimestamp(record["timestamp"]);
    return {
      index: this.#index++,
      id: entry.uuid,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...rest,
      inContext,
    };
  }

  /** What a compression put in place of everything before: a summary, the model's answer to it, and files it looked at. */
  #compression(entry: RecordEntry, record: JsonObject, inContext: boolean, whole: boolean): Message[] {
    const contents = objectsOf(objectOf(record, "systemPayload"), "compressedHistory");
    const { timestamp } = record;
    return contents.flatMap((content, position) => {
      // A call that was under way is kept as it was; the whole history has it already.
      if (whole && (this.#told.has(this.#digest(content)) || isAnswerToSummary(content))) return [];
      const piece: JsonObject = { message: content, ...(timestamp === undefined ? {} : { timestamp }) };
      if (content["role"] === "model") return this.#answer(entry, piece, inContext);
      const summary = position === 0 && isSummary(content, contents[1]);
      return this.#user(entry, { ...piece, subtype: summary ? "summary" : "notification" }, inContext);
    });
  }

  #answer(entry: RecordEntry, record: JsonObject, inContext: boolean): Message[] {
    const mark = objectOf(record, "casr");
    const foreign = objectOf(mark, "foreign");
    const joints = mark?.["joints"];
    const content: Block[] = [];
    let open = false;
    partsIn(record["message"]).forEach((part, position) => {
      const isJoint = Array.isArray(joints) && joints.includes(position);
      const text = isJoint ? undefined : textOf(part);
      const last = content.at(-1);
      // Neighbouring pieces are one text for the model.
      if (text !== undefined && open && last?.type === "text") last.text += text;
      else if (isJoint) open = false;
      else if (part["functionCall"] !== undefined) content.push(...listed(this.#book.call(part, foreign)));
      else if (part["thought"] === true) content.push(...thought(part));
      else content.push(...this.#plainPart(part, entry));
      open = text !== undefined;
    });
    if (content.length === 0) return [];
    const model = stringOf(record, "model");
    const usage = usageOf(record["usageMetadata"]);
    return [
      this.#message(entry, record, inContext, {
        role: "assistant",
        content,
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
      }),
    ];
  }

  #user(entry: RecordEntry, record: JsonObject, inContext: boolean): Message[] {
    const mark = objectOf(record, "casr");
    const results: Block[] = [];
    const documents: Block[] = [];
    const content: Block[] = [];
    const summaries = mark?.["compaction"];
    partsIn(record["message"]).forEach((part, position) => {
      if (part["functionResponse"] !== undefined) {
        const answer = this.#book.answer(part, objectOf(record, "toolCallResult"), objectOf(mark, "results"));
        if (answer !== undefined) results.push(answer.result);
        documents.push(...(answer?.documents ?? []).map(mediaBlock));
        return;
      }
      const isOwn = record["subtype"] === "summary" && content.length === 0;
      const summary = isOwn || (Array.isArray(summaries) && summaries.includes(position));
      const text = textOf(part);
      if (summary && text !== undefined && text !== "") content.push({ type: "compaction", summary: text });
      else if (part["thought"] !== true) content.push(...this.#plainPart(part, entry));
    });
    const messages: Message[] = [];
    if (results.length > 0)
      messages.push(this.#message(entry, record, inContext, { role: "tool", content: results }));
    if (documents.length > 0)
      messages.push(
        this.#message(entry, record, inContext, { role: "user", content: documents, origin: "injected" }),
      );
    if (content.length > 0)
      messages.push(
        this.#message(entry, record, inContext, { role: "user", content, origin: originOf(record, content) }),
      );
    return messages;
  }

  /** Text and media, of either side. */
  #plainPart(part: JsonObject, entry: RecordEntry): Block[] {
    const text = textOf(part);
    if (text !== undefined) return text === "" ? [] : [{ type: "text", text }];
    const media = mediaOf(part);
    if (media !== undefined) return [mediaBlock(media)];
    const uri = stringOf(objectOf(part, "fileData"), "fileUri");
    if (uri !== undefined) return [{ type: "text", text: uri }];
    const kind = Object.keys(part).slice(0, 3).join(", ");
    if (kind === "" || this.#unknownParts.has(kind)) return [];
    this.#unknownParts.add(kind);
    const message = `a content part with ${kind} was left out`;
    this.#world.warn({ code: "unknown-part", message, path: this.#path, line: entry.line });
    return [];
  }
}

function listed(block: Block | undefined): Block[] {
  return block === undefined ? [] : [block];
}

function thought(part: JsonObject): Block[] {
  const text = stringOf(part, "text") ?? "";
  const signature = stringOf(part, "thoughtSignature");
  const native = signature === undefined ? {} : { native: { thoughtSignature: signature } };
  return text === "" ? [] : [{ type: "reasoning", text, ...native }];
}

/** Whether the first content of a compressed history is the summary: other ways to shorten a history have none. */
function isSummary(first: JsonObject, second: JsonObject | undefined): boolean {
  const [part] = partsIn(first);
  if (part !== undefined && textOf(part)?.includes(SUMMARY_END) === true) return true;
  return second !== undefined && isAnswerToSummary(second);
}

/** What the CLI has the model say to a summary; a call that was under way may follow it. */
function isAnswerToSummary(content: JsonObject): boolean {
  const [part] = partsIn(content);
  return content["role"] === "model" && part !== undefined && textOf(part) === SUMMARY_ANSWER;
}

function originOf(record: JsonObject, content: Block[]): Origin {
  const marked = objectOf(record, "casr")?.["origin"];
  if (ORIGINS.has(marked)) return marked as Origin;
  if (content.some((block) => block.type === "compaction")) return "compaction";
  const { subtype } = record;
  if (typeof subtype === "string" && INJECTED.has(subtype)) return "injected";
  const [first] = content;
  return first?.type === "text" && SHELL_MODE.test(first.text) ? "command" : "person";
}

function mediaBlock({ mediaType, base64, name }: Media): Block {
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { type, mediaType, data: { base64 }, ...(name === undefined ? {} : { name }) };
}

function usageOf(metadata: JsonValue | undefined): Usage | undefined {
  const fields = {
    inputTokens: "promptTokenCount",
    outputTokens: "candidatesTokenCount",
    cacheReadTokens: "cachedContentTokenCount",
    reasoningTokens: "thoughtsTokenCount",
  };
  const counts = Object.entries(fields).map(([field, key]) => [field, numberOf(metadata, key)] as const);
  const known = counts.filter(([, count]) => count !== undefined && Number.isInteger(count) && count >= 0);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage);
}
