import type { Block, History as Wanted, JsonObject, Message, Origin, World } from "casr-cli/provider";
import { answersOf } from "./answers.ts";
import type { Entry, History } from "./history.ts";
import { numberOf, objectOf, stringOf } from "./json.ts";
import { fileBlock } from "./media.ts";
import { COMPACTION_QUESTION, SILENT_PARTS, SUBTASK_NOTE, type Part, type SessionRow } from "./native.ts";
import { usageOf } from "./header.ts";
import type { Store } from "./store.ts";

/** What goes for all messages of one reading. */
interface Context {
  store: Store;
  session: SessionRow;
  /** `context` gives what is sent, `full` what was recorded. */
  wanted: Wanted;
  world: World;
  unknown: Set<string>;
  /** The model the session would go on with. */
  model: string | undefined;
}

/** The messages of a session, read from a store that is open for as long as they are taken. */
export async function* messagesOf(
  open: () => Promise<Store>,
  session: SessionRow,
  history: History,
  wanted: Wanted,
  world: World,
): AsyncIterable<Message> {
  const store = await open();
  try {
    const sent = new Set(history.context);
    const answers = new Set(history.entries.flatMap((entry) => entry.compaction?.answer ?? []));
    const context: Context = { store, session, wanted, world, unknown: new Set(), model: history.model };
    let index = 0;
    for (const entry of wanted === "context" ? history.context : history.entries) {
      world.signal.throwIfAborted();
      // It comes with the request to sum up.
      if (answers.has(entry)) continue;
      const last = entry === history.entries.at(-1) ? history.lastPart : undefined;
      const parts = await partsOf(entry, last, context);
      const messages =
        entry.role === "user"
          ? await userMessages(entry, parts, context)
          : await answerMessages(entry, parts, context);
      for (const message of messages) yield { ...message, index: index++, inContext: sent.has(entry) };
    }
  } finally {
    store.close();
  }
}

type Draft = Omit<Message, "index" | "inContext">;

async function partsOf(entry: Entry, last: string | undefined, { store, session }: Context): Promise<Part[]> {
  const parts = await store.parts(session.id, entry.id);
  const end = last === undefined ? -1 : parts.findIndex(({ id }) => id === last);
  return end === -1 ? parts : parts.slice(0, end);
}

/** Notes a type of part that this version of casr does not know, once. */
function unknownPart({ type }: Part, { unknown, world, store }: Context): void {
  if (SILENT_PARTS.has(type) || unknown.has(type)) return;
  unknown.add(type);
  const message = `parts of type ${JSON.stringify(type)} are not known and were left out`;
  world.warn({ code: "unknown-record", message, path: store.path });
}

function originOf(data: JsonObject): Origin {
  const noted = stringOf(objectOf(objectOf(data, "metadata"), "casr"), "origin");
  if (noted === "injected" || noted === "compaction" || noted === "command" || noted === "person")
    return noted;
  return data["synthetic"] === true ? "injected" : "person";
}

interface Piece {
  origin: Origin;
  block: Block;
}

/** What a part of a user message tells the model. */
function userPiece(part: Part, context: Context): Piece | undefined {
  const { data } = part;
  switch (part.type) {
    case "text": {
      const text = stringOf(data, "text") ?? "";
      if (text === "" || data["ignored"] === true) return undefined;
      const origin = originOf(data);
      return {
        origin,
        block: origin === "compaction" ? { type: "compaction", summary: text } : { type: "text", text },
      };
    }
    case "file": {
      const block = fileBlock(data, context.store.path, context.world);
      return block === undefined ? undefined : { origin: "person", block };
    }
    case "subtask":
      return { origin: "command", block: { type: "text", text: SUBTASK_NOTE } };
    case "step-start":
    case "compaction":
      return undefined;
    default:
      unknownPart(part, context);
      return undefined;
  }
}

/** A user message; several where texts of the agent stand beside those of the person. */
async function userMessages(entry: Entry, parts: Part[], context: Context): Promise<Draft[]> {
  const pieces = parts.flatMap((part) => userPiece(part, context) ?? []);
  if (entry.compaction !== undefined) pieces.push(await summaryPiece(entry.compaction, context));
  const drafts: (Draft & { origin: Origin })[] = [];
  for (const { origin, block } of pieces) {
    const last = drafts.at(-1);
    if (last?.origin === origin) last.content.push(block);
    else drafts.push({ id: entry.id, role: "user", origin, timestamp: entry.time, content: [block] });
  }
  return drafts;
}

async function summaryPiece({ answer }: NonNullable<Entry["compaction"]>, context: Context): Promise<Piece> {
  const parts = answer === undefined ? [] : await context.store.parts(context.session.id, answer.id);
  const texts = parts.flatMap(({ type, data }) => (type === "text" ? [stringOf(data, "text") ?? ""] : []));
  const summary = texts.filter((text) => text !== "").join("\n");
  if (summary !== "") return { origin: "compaction", block: { type: "compaction", summary } };
  return { origin: "injected", block: { type: "text", text: COMPACTION_QUESTION } };
}

/** Answers that ended in an error are not sent, except those a person stopped. */
function isLeftOut(data: JsonObject, parts: Part[]): boolean {
  const error = objectOf(data, "error");
  if (error === undefined) return false;
  const stopped = stringOf(error, "name") === "MessageAbortedError";
  return !(stopped && parts.some(({ type }) => type !== "step-start" && type !== "reasoning"));
}

/** One answer of the model: a message with what it said and one with the results, for each step of it. */
async function answerMessages(entry: Entry, parts: Part[], context: Context): Promise<Draft[]> {
  const { store, session, world, wanted } = context;
  const data = await store.message(session.id, entry.id);
  if (data === undefined || isLeftOut(data, parts)) return [];
  const tokens = objectOf(data, "tokens");
  const cache = objectOf(tokens, "cache");
  const count = (value: number | undefined) =>
    value !== undefined && value > 0 ? Math.round(value) : undefined;
  const usage = usageOf({
    input: count(numberOf(tokens, "input")),
    output: count(numberOf(tokens, "output")),
    reasoning: count(numberOf(tokens, "reasoning")),
    cacheRead: count(numberOf(cache, "read")),
    cacheWrite: count(numberOf(cache, "write")),
  } as Parameters<typeof usageOf>[0]);
  const stopReason = stringOf(data, "finish");
  const providerID = stringOf(data, "providerID");
  const base: Draft = {
    id: entry.id,
    role: "assistant",
    timestamp: entry.time,
    content: [],
    ...(entry.model === undefined ? {} : { model: entry.model }),
    ...(providerID === undefined ? {} : { extra: { providerID } }),
  };
  const steps = answersOf(parts, {
    path: store.path,
    world,
    asSent: wanted === "context",
    ownThoughts: context.model === undefined || entry.fullModel === context.model,
    unknown: (part) => unknownPart(part, context),
  });
  return steps.flatMap(({ said, results, documents }, index) => {
    const last = index === steps.length - 1;
    const drafts: Draft[] = [];
    if (said.length > 0)
      drafts.push({
        ...base,
        content: said,
        ...(last && usage !== undefined ? { usage } : {}),
        ...(last && stopReason !== undefined ? { stopReason } : {}),
      });
    const after = { id: entry.id, timestamp: entry.time };
    if (results.length > 0) drafts.push({ ...after, role: "tool", content: results });
    if (documents.length > 0) drafts.push({ ...after, role: "user", origin: "injected", content: documents });
    return drafts;
  });
}
