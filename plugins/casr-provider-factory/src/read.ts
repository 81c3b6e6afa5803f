import type {
  JsonObject,
  Reader,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { detect, discover, identify, locate } from "./discover.ts";
import { unreadable } from "./faults.ts";
import { stringAt } from "./json.ts";
import { messagesOf } from "./messages.ts";
import { SLUG } from "./native.ts";
import { indexRecords, type RecordIndex } from "./records.ts";
import { lineageOf, settingsFacts, summarize, titleOf } from "./summary.ts";

async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const index = await indexRecords(ref.path, world);
  if (index.entries.length === 0) {
    const why = index.records.total === 0 ? "is empty" : "holds no messages";
    throw unreadable(`${ref.path} ${why}`, ref.path);
  }
  return {
    header: await headerOf(ref, index, world),
    messages: ({ history }) => messagesOf(index, history, world),
    records: index.records,
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

/** Reads the sessions of Factory Droid up to 0.225.2. */
export const reader: Reader = { detect, discover, locate, identify, summarize, read };
