import type { Message, Reader, SessionHeader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { detect, discover, firstPrompt, identify, locate, summarize } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { Items } from "./items.ts";
import { objectOf, stringOf } from "./json.ts";
import { load, type Loaded } from "./load.ts";
import { lineageOf } from "./mark.ts";
import { messageOf, nameOf, SLUG, workspaceOf } from "./native.ts";
import { rowOf } from "./rows.ts";

/** Parses the session's file; a session of Continue's is one JSON value. */
async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const loaded = await load(ref.path, world);
  if (loaded === undefined) throw unreadable(ref.path, "it holds no session of Continue's");
  return {
    header: await headerOf(ref, loaded, world),
    messages: () => messagesOf(ref.path, loaded, world),
    records: { total: loaded.items.length + loaded.malformed, malformed: loaded.malformed },
  };
}

async function* messagesOf(path: string, { items }: Loaded, world: World): AsyncIterable<Message> {
  const reader = new Items(path, world);
  for (const item of items) {
    world.signal.throwIfAborted();
    yield* reader.messages(item);
  }
  yield* reader.finish();
}

async function headerOf(ref: SessionRef, { session, items }: Loaded, world: World): Promise<SessionHeader> {
  const { parseTimestamp, titleFrom } = world.toolkit;
  const row = await rowOf(ref, world);
  const name = nameOf(session["title"]);
  const title = titleFrom(name ?? firstPrompt(items) ?? "");
  const workspace = workspaceOf(session["workspaceDirectory"]);
  const startedAt = parseTimestamp(stringOf(row, "dateCreated"));
  const models = items.map((item) => stringOf(objectOf(messageOf(item), "usage"), "model"));
  const model = models.findLast((found) => found !== undefined) ?? stringOf(session, "chatModelTitle");
  const lineage = items
    .map((item) => lineageOf(item["casr"], world.toolkit))
    .find((found) => found !== undefined);
  const mode = stringOf(session, "mode");
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
    metadata: mode === undefined ? {} : { mode },
    sourcePath: ref.path,
  };
}

/** Reads the sessions of cn and of the IDE extensions. */
export const reader: Reader = { detect, discover, locate, identify, summarize, read };
