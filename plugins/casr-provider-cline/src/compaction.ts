import { createHash } from "node:crypto";
import type { JsonObject, JsonValue, World } from "casr-cli/provider";
import { openDocument, type Document, type Entry } from "./document.ts";
import { numberOf, stringOf } from "./json.ts";
import { COMPACTION_SUFFIX, MESSAGES_SUFFIX, shownText } from "./native.ts";

/** The compacted form of a session: what the model gets in the place of its first `count` messages. */
export interface Compaction {
  document: Document;
  count: number;
}

/** The file that holds the compacted form of the session in `messagesPath`. */
export function compactionFile(messagesPath: string): string | undefined {
  if (!messagesPath.endsWith(MESSAGES_SUFFIX)) return undefined;
  return messagesPath.slice(0, -MESSAGES_SUFFIX.length) + COMPACTION_SUFFIX;
}

/**
 * The compaction that the CLI would apply (3.0.65): one that was made of the very messages the session begins with,
 * told by a hash over them, or, without one, by the last of them. Any other is passed over, as the CLI does.
 */
export async function compactionOf(session: Document, world: World): Promise<Compaction | undefined> {
  const path = compactionFile(session.path);
  if (path === undefined || (await world.files.stat(path))?.kind !== "file") return undefined;
  let document: Document;
  try {
    document = await openDocument(path, world);
  } catch (error) {
    world.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    world.warn({ code: "unreadable-compaction", message: `the compaction is left out: ${reason}`, path });
    return undefined;
  }
  const value = (name: string): Promise<JsonValue | undefined> => document.field(name);
  const count = numberOf({ count: (await value("source_message_count")) ?? null }, "count");
  const hash = await value("source_prefix_hash");
  const key = await value("source_last_message_key");
  const isCount = Number.isSafeInteger(count) && count! >= 0 && count! <= session.total;
  if (isCount && (await isMadeOf(session, count!, hash, key))) return { document, count: count! };
  world.warn({
    code: "stale-compaction",
    message: "the compaction does not belong to these messages and is left out, as Cline does",
    path,
  });
  return undefined;
}

async function isMadeOf(
  session: Document,
  count: number,
  hash: JsonValue | undefined,
  key: JsonValue | undefined,
): Promise<boolean> {
  if (typeof hash === "string" && hash !== "") return hash === (await prefixHash(session, count));
  if (count === 0 || typeof key !== "string" || key === "") return false;
  for await (const { message } of session.messages(count - 1, count)) return boundaryKey(message) === key;
  return false;
}

async function prefixHash(session: Document, count: number): Promise<string> {
  const hash = createHash("sha256");
  hash.update(`cline-session-compaction-source-v2\n${count}\n`);
  for await (const { message } of session.messages(0, count)) {
    hash.update(`${JSON.stringify(hashed(message))}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** What of a message goes into the hash, in this order; ids and times do not. */
function hashed(message: JsonObject): JsonValue[] {
  const names = ["agent", "sessionId", "metadata", "modelInfo", "metrics"];
  return [
    ["role", message["role"] ?? null],
    ["content", shownContent(message)],
    ...names.map((name) => [name, message[name] ?? null]),
  ];
}

function shownContent(message: JsonObject): JsonValue {
  const { content = null } = message;
  if (message["role"] !== "user") return content;
  if (typeof content === "string") return displayed(content);
  if (!Array.isArray(content)) return content;
  return content.map((block) => {
    const text = stringOf(block, "text");
    const isText = text !== undefined && stringOf(block, "type") === "text";
    return isText ? { ...(block as JsonObject), text: displayed(text) } : block;
  });
}

/** A text as the CLI's transcript shows it: a slash command in front of what it stands for. */
function displayed(stored: string): string {
  const shown = shownText(stored);
  const command = /^<user_command\b[^>]*?slash="([^"]+)"[^>]*>[\s\S]*?<\/user_command>$/iu.exec(
    stored.trim(),
  );
  const slash = command?.[1]?.trim() ?? "";
  if (slash === "") return shown;
  const prefix = "spawn a team of agents for the following task:";
  if (slash.toLowerCase() === "team") {
    const task = shown.toLowerCase().startsWith(prefix) ? shown.slice(prefix.length).trim() : shown;
    return task === "" ? "/team" : `/team ${task}`;
  }
  return shown === "" ? `/${slash}` : `/${slash} ${shown}`;
}

function boundaryKey(message: JsonObject): string {
  const id = stringOf(message, "id")?.trim();
  if (id !== undefined && id !== "") return `id:${id}`;
  const role = stringOf(message, "role") ?? "";
  const ts = numberOf(message, "ts");
  if (ts !== undefined) return `ts:${role}:${ts}`;
  return `content:${role}:${JSON.stringify(shownContent(message))}`;
}

/** A message and whether the model still gets it. */
export interface Placed {
  message: JsonObject;
  inContext: boolean;
}

/** What the model gets now. */
export async function* contextOf(
  session: Document,
  compaction: Compaction | undefined,
): AsyncIterable<Placed> {
  if (compaction !== undefined) yield* placed(compaction.document.messages(), true);
  yield* placed(session.messages(compaction?.count ?? 0), true);
}

/**
 * The whole conversation. The summary stands in front of the first message that the compaction keeps as it was;
 * those are not repeated.
 */
export async function* fullHistory(
  session: Document,
  compaction: Compaction | undefined,
): AsyncIterable<Placed> {
  if (compaction === undefined) return yield* placed(session.messages(), true);
  const kept = new Set<string>();
  for await (const { message } of compaction.document.messages()) {
    const id = stringOf(message, "id");
    if (id !== undefined) kept.add(id);
  }
  const known = new Set<string>();
  for await (const { message } of session.messages(0, compaction.count)) {
    const id = stringOf(message, "id");
    if (id !== undefined && kept.has(id)) known.add(id);
  }
  const isOld = (message: JsonObject): boolean => known.has(stringOf(message, "id") ?? "");
  let summarised = false;
  const summary = async function* (): AsyncIterable<Placed> {
    if (summarised) return;
    summarised = true;
    for await (const { message } of compaction.document.messages())
      if (!isOld(message)) yield { message, inContext: true };
  };
  for await (const { message } of session.messages(0, compaction.count)) {
    const inContext = isOld(message);
    if (inContext) yield* summary();
    yield { message, inContext };
  }
  yield* summary();
  yield* placed(session.messages(compaction.count), true);
}

async function* placed(entries: AsyncIterable<Entry>, inContext: boolean): AsyncIterable<Placed> {
  for await (const { message } of entries) yield { message, inContext };
}
