import type { ReadingMark, SessionHeader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { indexEntries, type EntryIndex } from "./entries.ts";
import { unreadable } from "./faults.ts";
import { stringAt } from "./json.ts";
import { messagesOf, type MessagesStart } from "./messages.ts";
import { SLUG } from "./native.ts";
import { idOf } from "./paths.ts";
import { lastPrompt, markAt, onlyGrows, startAt } from "./reading-on.ts";
import { lineageOf, titleOf } from "./summary.ts";

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const index = await indexEntries(ref.path, world);
  if (!index.entries.some(({ kind }) => kind !== "state")) {
    const why = index.records.total === 0 ? "is empty" : "holds no messages";
    throw unreadable(`${ref.path} ${why}`, ref.path);
  }
  return opened(ref, index, world);
}

/** Pi only ever adds to a file; where it goes on from an earlier entry, the new one says so. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const start = startAt(mark);
  if (start === undefined) return undefined;
  const index = await indexEntries(ref.path, world, start);
  return onlyGrows(index, start) ? opened(ref, index, world) : undefined;
}

function opened(ref: SessionRef, index: EntryIndex, world: World): SessionReading {
  const position = lastPrompt(index);
  let mark: ReadingMark | undefined;
  return {
    header: headerOf(ref, index, world),
    messages({ history }) {
      if (index.start !== undefined) history = "full";
      if (history === "context" || position === undefined) return messagesOf(index, history, world);
      const see = (before: MessagesStart): void => {
        mark ??= markAt(index, position, before);
      };
      return messagesOf(index, history, world, { position, see });
    },
    records: index.records,
    get mark() {
      return mark;
    },
  };
}

function headerOf(ref: SessionRef, index: EntryIndex, world: World): SessionHeader {
  const { head, name, firstPrompt, firstTime, lastTime, model } = index;
  const workspace = stringAt(head, "cwd");
  const startedAt = world.toolkit.parseTimestamp(head?.["timestamp"]) ?? firstTime;
  // The file of the session this one was forked off.
  const parent = idOf((stringAt(head, "parentSession") ?? "").replaceAll("\\", "/"));
  const lineage = lineageOf(head, world.toolkit);
  return {
    id: ref.id,
    provider: SLUG,
    ...titleOf(name, firstPrompt, head?.["casr"] === undefined, world.toolkit),
    ...(workspace === undefined || workspace === "" ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastTime === undefined ? {} : { endedAt: lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(parent === undefined ? {} : { parent: { id: parent, provider: SLUG, relation: "fork" as const } }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: {},
    sourcePath: ref.path,
  };
}
