import type { Block, JsonObject, JsonValue, Message, World } from "casr-cli/provider";
import { CallBook } from "./calls.ts";
import { SessionFacts } from "./facts.ts";
import { unreadable } from "./faults.ts";
import { isObject, objectOf, objectsOf, parseJson, stringOf } from "./json.ts";
import { mediaOf, partsIn, textOf } from "./native.ts";

/** The largest file of the old form that is read: it has to be parsed as a whole. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A session of Qwen Code 0.1 to 0.4: one object, as Gemini CLI wrote it then, with answers of type `qwen`. */
interface LegacySession {
  record: JsonObject;
  messages: JsonObject[];
  /** Entries of `messages` that are no objects. */
  malformed: number;
}

/** The session in a file of the old form; undefined when it holds none. */
export async function loadLegacy(path: string, world: World): Promise<LegacySession | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  if (stat.size > MAX_BYTES) throw unreadable(path, `it is larger than ${MAX_BYTES} bytes`);
  const record = parseJson((await world.files.readText(path)) ?? "");
  if (!isObject(record) || typeof record["sessionId"] !== "string" || !Array.isArray(record["messages"]))
    return undefined;
  const messages = record["messages"].filter(isObject);
  return { record, messages, malformed: record["messages"].length - messages.length };
}

/** The file's facts in the form in which records of today tell them. */
export async function legacyFacts(path: string, world: World): Promise<SessionFacts> {
  const session = await loadLegacy(path, world);
  const facts = new SessionFacts(world.toolkit);
  const { sessionId, startTime, lastUpdated } = session?.record ?? {};
  const at = (timestamp: JsonValue | undefined): JsonObject => (timestamp === undefined ? {} : { timestamp });
  facts.add({ sessionId: sessionId ?? null, ...at(startTime) });
  for (const message of session?.messages ?? []) {
    const { timestamp, model, type } = message;
    const parts = partsIn({ parts: message["content"] ?? [] });
    if (type === "user") facts.add({ type: "user", message: { parts }, ...at(timestamp) });
    else if (type === "qwen") facts.add({ type: "assistant", model: model ?? null, ...at(timestamp) });
  }
  facts.add(at(lastUpdated));
  return facts;
}

/** The conversation of a file of the old form. */
export function* legacyMessages(session: LegacySession, world: World): Iterable<Message> {
  const book = new CallBook();
  let index = 0;
  for (const record of session.messages) {
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
