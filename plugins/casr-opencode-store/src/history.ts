import type { JsonObject, World } from "casr-cli/provider";
import { objectOf, stringOf } from "./json.ts";
import type { ModelName, SessionRow } from "./native.ts";
import { modelName } from "./rows.ts";
import type { MessageHead, Store } from "./store.ts";

/** What is remembered of each message while a session is read. */
export interface Entry extends MessageHead {
  role: "user" | "assistant";
  parentId?: string;
  /** The model that answered, or that was asked for. */
  model?: string;
  /** The same with its provider, as it is compared. */
  fullModel?: string;
  /** A finished summary of everything before. */
  summary: boolean;
  /** A request to sum up, with the first older message that stays; `answer` is the finished summary. */
  compaction?: { tail?: string; answer?: Entry };
}

/** The messages of a session that count, in order, and what the agent would send of them. */
export interface History {
  entries: Entry[];
  /** In the order of the request: a summary comes before the older messages that stay. */
  context: Entry[];
  /** Parts from this one on no longer count, in the last message. */
  lastPart?: string;
  /** The model the session would go on with: only its own thoughts are sent as thoughts. */
  model?: string;
}

const fullName = ({ providerID, modelID }: ModelName): string => `${providerID}/${modelID}`;

function entryOf(head: MessageHead, data: JsonObject, world: World, path: string): Entry | undefined {
  const role = stringOf(data, "role");
  if (role !== "user" && role !== "assistant") {
    const message = `messages of role ${JSON.stringify(role ?? "")} are not known`;
    world.warn({ code: "unknown-record", message, path });
    return undefined;
  }
  const parentId = stringOf(data, "parentID");
  // The second is what casr wrote for the sake of the thoughts.
  const model = stringOf(objectOf(data, "casr"), "model") ?? stringOf(data, "modelID");
  const named = modelName(role === "user" ? data["model"] : data);
  const finished = stringOf(data, "finish") !== undefined && objectOf(data, "error") === undefined;
  return {
    ...head,
    role,
    ...(parentId === undefined ? {} : { parentId }),
    ...(model === undefined ? {} : { model }),
    ...(named === undefined ? {} : { fullModel: fullName(named) }),
    summary: role === "assistant" && data["summary"] === true && finished,
  };
}

/** Reads every message once, without its parts but for the user's, and finds out which of them count. */
export async function historyOf(store: Store, session: SessionRow, world: World): Promise<History> {
  const entries: Entry[] = [];
  let lastPart: string | undefined;
  for (const head of await store.heads(session.id)) {
    world.signal.throwIfAborted();
    const undone = head.id === session.revert?.messageId;
    // Undone messages stay in the store until the next prompt.
    if (undone && session.revert?.partId === undefined) break;
    const data = await store.message(session.id, head.id);
    const entry = data === undefined ? undefined : entryOf(head, data, world, store.path);
    if (entry !== undefined) {
      if (entry.role === "user") {
        const parts = await store.parts(session.id, entry.id);
        const part = parts.find(({ type }) => type === "compaction")?.data;
        const tail = stringOf(part, "tail_start_id");
        if (part !== undefined) entry.compaction = tail === undefined ? {} : { tail };
      }
      entries.push(entry);
    }
    if (undone) {
      lastPart = session.revert?.partId;
      break;
    }
  }
  linkSummaries(entries);
  const asked = entries.findLast(
    (entry) => entry.role === "user" && entry.fullModel !== undefined,
  )?.fullModel;
  const model = session.model === undefined ? asked : fullName(session.model);
  return {
    entries,
    context: contextOf(entries),
    ...(lastPart === undefined ? {} : { lastPart }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Gives each request to sum up its finished answer. */
function linkSummaries(entries: Entry[]): void {
  const asked = new Map(
    entries.flatMap((entry) => (entry.compaction === undefined ? [] : [[entry.id, entry]])),
  );
  for (const entry of entries) {
    if (!entry.summary || entry.parentId === undefined) continue;
    const compaction = asked.get(entry.parentId)?.compaction;
    if (compaction !== undefined) compaction.answer ??= entry;
  }
}

/**
 * What OpenCode 1.18.33 and Kilo Code 7.7.9 send: from the last finished compaction its request and answer, then the older messages
 * from `tail_start_id` on, then everything after. Without one, all.
 */
function contextOf(entries: Entry[]): Entry[] {
  const at = entries.findLastIndex((entry) => entry.compaction?.answer !== undefined);
  const last = entries[at]?.compaction;
  if (last === undefined) return entries;
  const tailAt = last.tail === undefined ? -1 : entries.findIndex((entry) => entry.id === last.tail);
  const tail = tailAt === -1 ? [] : entries.slice(tailAt, Math.max(at, tailAt));
  return [entries[at]!, ...tail, ...entries.slice(at + 1)];
}
