import type {
  JsonObject,
  ReadingMark,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { stringAt } from "./json.ts";
import { messagesOf } from "./messages.ts";
import { SLUG } from "./native.ts";
import { indexAt, MarkKeeper } from "./reading-mark.ts";
import { indexRecords, type RecordIndex } from "./records.ts";
import { lineageOf, settingsFacts, settingsPath, titleOf } from "./summary.ts";

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const keeper = new MarkKeeper(ref.path, 0, world);
  const index = await indexRecords(ref.path, world, keeper);
  if (index.entries.length === 0) {
    const why = index.records.total === 0 ? "is empty" : "holds no messages";
    throw unreadable(`${ref.path} ${why}`, ref.path);
  }
  const mark = keeper.markOf(index);
  return {
    header: await headerOf(ref, index, world),
    messages: ({ history }) => messagesOf(index, history, world),
    records: index.records,
    ...(mark === undefined ? {} : { mark: { ...mark, headerFiles: [settingsPath(ref.path)] } }),
  };
}

/** Droid takes records in the order of the file. Only a compaction changes what becomes of those before it. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const known = indexAt(ref.path, mark.state);
  if (known === undefined) return undefined;
  if (known.index.startPlace !== undefined) {
    const start = await world.toolkit.records(world.files, ref.path).record(known.index.startPlace);
    if (start === undefined) return undefined;
    known.index.start = start;
  }
  const keeper = new MarkKeeper(ref.path, mark.messages, world);
  const index = await indexRecords(ref.path, world, keeper, { ...known, offset: mark.offset });
  if (index.entries.length === 0 || index.compaction !== undefined) return undefined;
  const next = keeper.markOf(index);
  return {
    header: await headerOf(ref, index, world),
    messages: () => messagesOf(index, "full", world, mark.messages),
    records: index.records,
    ...(next === undefined ? {} : { mark: { ...next, headerFiles: [settingsPath(ref.path)] } }),
  };
}

/** The session this one was forked off, or compressed from, or called by. */
function parentOf(start: JsonObject | undefined): SessionLink | undefined {
  const caller = stringAt(start, "callingSessionId");
  if (caller !== undefined && caller !== "") return { id: caller, provider: SLUG, relation: "subagent" };
  const parent = stringAt(start, "parent");
  return parent === undefined || parent === "" ? undefined : { id: parent, provider: SLUG, relation: "fork" };
}

const LEFTOVERS = [
  "hostId",
  "owner",
  "callingToolUseId",
  "forkedAtMessageId",
  "decompSessionType",
  "decompMissionId",
];

async function headerOf(ref: SessionRef, index: RecordIndex, world: World): Promise<SessionHeader> {
  const { start, firstTime, lastTime, firstPrompt } = index;
  const settings = await settingsFacts(ref.path, world);
  const workspace = stringAt(start, "cwd");
  const model = index.model ?? settings.model;
  const parent = parentOf(start);
  const lineage = lineageOf(start, world.toolkit);
  const metadata: JsonObject = {};
  for (const key of LEFTOVERS) if (typeof start?.[key] === "string") metadata[key] = start[key];
  return {
    id: ref.id,
    provider: SLUG,
    ...titleOf(start, firstPrompt, world.toolkit),
    ...(workspace === undefined ? {} : { workspace }),
    ...(firstTime === undefined ? {} : { startedAt: firstTime }),
    ...(lastTime === undefined ? {} : { endedAt: lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(settings.usage === undefined ? {} : { usage: settings.usage }),
    ...(parent === undefined ? {} : { parent }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata,
    sourcePath: ref.path,
  };
}
