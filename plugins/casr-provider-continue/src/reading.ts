import type { Lineage, Message, SessionHeader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { promptOf } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { Items } from "./items.ts";
import { objectOf, stringOf } from "./json.ts";
import { load, type Loaded } from "./load.ts";
import { lineageOf } from "./mark.ts";
import { messageOf, nameOf, SLUG, workspaceOf } from "./native.ts";
import { rowOf } from "./rows.ts";

/** Looks through the session's file once; items are parsed one by one, then and when messages are asked for. */
export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const loaded = await load(ref.path, world);
  if (loaded === undefined) throw unreadable(ref.path, "it holds no session of Continue's");
  const facts = await factsOf(loaded, world);
  const torn = loaded.document.complete ? 0 : 1;
  const total = loaded.document.count("history")!;
  const odd = total - facts.items;
  if (odd > 0)
    world.warn({ code: "bad-line", message: `${odd} items of the history are no objects`, path: ref.path });
  return {
    header: await headerOf(ref, loaded, facts, world),
    messages: () => messagesOf(ref.path, loaded, world),
    records: { total: total + torn, malformed: odd + torn },
  };
}

async function* messagesOf(path: string, loaded: Loaded, world: World): AsyncIterable<Message> {
  const reader = new Items(path, world);
  for await (const item of loaded.items()) yield* reader.messages(item);
  yield* reader.finish();
}

/** What the items tell of the session as a whole. */
interface Facts {
  items: number;
  prompt?: string;
  model?: string;
  lineage?: Lineage;
}

async function factsOf(loaded: Loaded, world: World): Promise<Facts> {
  const facts: Facts = { items: 0 };
  for await (const item of loaded.items()) {
    facts.items += 1;
    const prompt = facts.prompt === undefined ? promptOf(item) : undefined;
    if (prompt !== undefined) facts.prompt = prompt;
    const model = stringOf(objectOf(messageOf(item), "usage"), "model");
    if (model !== undefined) facts.model = model;
    const lineage = facts.lineage === undefined ? lineageOf(item["casr"], world.toolkit) : undefined;
    if (lineage !== undefined) facts.lineage = lineage;
  }
  return facts;
}

async function headerOf(
  ref: SessionRef,
  loaded: Loaded,
  { prompt, lineage, ...facts }: Facts,
  world: World,
): Promise<SessionHeader> {
  const { parseTimestamp, titleFrom } = world.toolkit;
  const row = await rowOf(ref, world);
  const name = nameOf(await loaded.member("title"));
  const title = titleFrom(name ?? prompt ?? "");
  const workspace = workspaceOf(await loaded.member("workspaceDirectory"));
  const startedAt = parseTimestamp(stringOf(row, "dateCreated"));
  const named = await loaded.member("chatModelTitle");
  const model = facts.model ?? (typeof named === "string" ? named : undefined);
  const mode = await loaded.member("mode");
  return {
    id: ref.id,
    provider: SLUG,
    endedAt: Math.trunc(ref.modifiedAt),
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(model === undefined ? {} : { model }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: typeof mode === "string" ? { mode } : {},
    sourcePath: ref.path,
  };
}
