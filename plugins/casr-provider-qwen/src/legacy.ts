import type { Block, JsonDocument, JsonObject, JsonValue, Message, World } from "casr-cli/provider";
import { CallBook } from "./calls.ts";
import { SessionFacts } from "./facts.ts";
import { isObject, objectOf, objectsOf, stringOf } from "./json.ts";
import { mediaOf, partsIn, textOf } from "./native.ts";

/** Enough of a file for the first prompt, and what stands in front of it. */
const HEAD_BYTES = 256 * 1024;
/** What a list shows is among so many messages. */
const HEAD_MESSAGES = 20;

/** A session of Qwen Code 0.1 to 0.4: one object, as Gemini CLI wrote it then, with answers of type `qwen`. */
interface LegacySession {
  document: JsonDocument;
  facts: SessionFacts;
  /** There is an answer of Qwen Code's. */
  isOwn: boolean;
  total: number;
  /** Entries of `messages` that are no objects, and one for a file that was cut. */
  malformed: number;
}

/** The session in a file of the old form, looked through once; undefined when it holds none. */
export async function loadLegacy(path: string, world: World): Promise<LegacySession | undefined> {
  const document = await world.files.json(path, { lists: ["messages"] });
  const total = document?.count("messages");
  if (document === undefined || total === undefined) return undefined;
  if (typeof (await document.member("sessionId")) !== "string") return undefined;
  const facts = await startOf(document, world);
  let usable = 0;
  let isOwn = false;
  for await (const { value } of document.items("messages")) {
    world.signal.throwIfAborted();
    if (!isObject(value)) continue;
    usable += 1;
    isOwn ||= value["type"] === "qwen";
    addMessage(value, facts);
  }
  facts.add(at(await document.member("lastUpdated")));
  const torn = document.complete ? 0 : 1;
  return { document, facts, isOwn, total: total + torn, malformed: total - usable + torn };
}

function at(timestamp: JsonValue | undefined): JsonObject {
  return timestamp === undefined ? {} : { timestamp };
}

async function startOf(document: JsonDocument, world: World): Promise<SessionFacts> {
  const facts = new SessionFacts(world.toolkit);
  const sessionId = await document.member("sessionId");
  facts.add({ sessionId: sessionId ?? null, ...at(await document.member("startTime")) });
  return facts;
}

/** A message's facts in the form in which records of today tell them. */
function addMessage({ timestamp, model, type, content }: JsonObject, facts: SessionFacts): void {
  const parts = partsIn({ parts: content ?? [] });
  if (type === "user") facts.add({ type: "user", message: { parts }, ...at(timestamp) });
  else if (type === "qwen") facts.add({ type: "assistant", model: model ?? null, ...at(timestamp) });
}

/** What a list shows, from the head of the file. `modifiedAt` is when it was last written. */
export async function legacyFacts(path: string, modifiedAt: number, world: World): Promise<SessionFacts> {
  const document = await world.files.json(path, { lists: ["messages"], end: HEAD_BYTES });
  if (document === undefined) return new SessionFacts(world.toolkit);
  const facts = await startOf(document, world);
  for await (const { value } of document.items("messages", 0, HEAD_MESSAGES))
    if (isObject(value)) addMessage(value, facts);
  const updated = await document.member("lastUpdated");
  facts.add(at(updated ?? (document.complete ? undefined : Math.trunc(modifiedAt))));
  return facts;
}

/** The conversation of a file of the old form. */
export async function* legacyMessages({ document }: LegacySession, world: World): AsyncIterable<Message> {
  const book = new CallBook();
  let index = 0;
  for await (const { value: record } of document.items("messages")) {
    world.signal.throwIfAborted();
    if (!isObject(record)) continue;
    const timestamp = world.toolkit.parseTimestamp(record["timestamp"]);
    const model = stringOf(record, "model");
    const id = stringOf(record, "id");
    const base = {
      ...(id === undefined ? {} : { id }),
      ...(timestamp === undefined ? {} : { timestamp }),
      inContext: true,
    };
    const plain = partsIn({ parts: record["content"] ?? [] }).flatMap(plainBlock);
    if (record["type"] === "user" && plain.length > 0)
      yield { index: index++, ...base, role: "user", origin: "person", content: plain };
    if (record["type"] !== "qwen") continue;
    const calls = objectsOf(record, "toolCalls");
    const content = [
      ...thoughts(record["thoughts"]),
      ...plain,
      ...calls
        .map((call) => book.call({ functionCall: call }, undefined))
        .filter((call) => call !== undefined),
    ];
    if (content.length > 0)
      yield {
        index: index++,
        ...base,
        role: "assistant",
        content,
        ...(model === undefined ? {} : { model }),
      };
    const results = calls.flatMap((call) => answersOf(call, book));
    if (results.length > 0) yield { index: index++, ...base, role: "tool", content: results };
  }
}

function plainBlock(part: JsonObject): Block[] {
  const text = textOf(part);
  if (text !== undefined) return text === "" ? [] : [{ type: "text", text }];
  const media = mediaOf(part);
  if (media === undefined) return [];
  const type = media.mediaType.startsWith("image/") ? "image" : "document";
  return [{ type, mediaType: media.mediaType, data: { base64: media.base64 } }];
}

function thoughts(value: JsonValue | undefined): Block[] {
  return (Array.isArray(value) ? value : []).flatMap((thought): Block[] => {
    const subject = stringOf(thought, "subject") ?? "";
    const description = stringOf(thought, "description") ?? "";
    const text = subject === "" ? description : `**${subject}** ${description}`;
    return text === "" ? [] : [{ type: "reasoning", text }];
  });
}

function answersOf(call: JsonObject, book: CallBook): Block[] {
  const { result, status } = call;
  const recorded = { callId: call["id"] ?? null, status: status ?? null };
  const parts = typeof result === "string" ? [bareAnswer(call, result)] : partsIn({ parts: result ?? [] });
  return parts.flatMap((part) =>
    objectOf(part, "functionResponse") === undefined
      ? []
      : (book.answer(part, recorded, undefined)?.result ?? []),
  );
}

function bareAnswer(call: JsonObject, output: string): JsonObject {
  return { functionResponse: { id: call["id"] ?? null, name: call["name"] ?? null, response: { output } } };
}
