import { basename } from "node:path";
import type {
  JsonObject,
  ReadingMark,
  SessionHeader,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { indexEvents, type EventIndex } from "./events.ts";
import { unreadable } from "./faults.ts";
import { messagesOf } from "./history.ts";
import { objectAt, stringAt } from "./json.ts";
import { readLegacy } from "./legacy.ts";
import { SLUG } from "./native.ts";
import { HISTORY_FILE } from "./paths.ts";
import { markAt, onlyGrows, startAt } from "./reading-on.ts";
import { lineageOf, workspaceFacts, workspaceFile } from "./summary.ts";

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  if (HISTORY_FILE.test(basename(ref.path))) return readLegacy(ref, world);
  const index = await indexEvents(ref.path, world);
  const spoken = index.entries.some(({ kind }) => kind === "user" || kind === "assistant");
  if (!spoken) {
    const why = index.records.total === 0 ? "is empty" : "holds no messages";
    throw unreadable(`${ref.path} ${why}`, ref.path);
  }
  return opened(ref, index, world);
}

/** The CLI only ever adds to a log; what changes the events before is an event of its own. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const from = HISTORY_FILE.test(basename(ref.path)) ? undefined : startAt(ref.path, mark);
  if (from === undefined) return undefined;
  const index = await indexEvents(ref.path, world, from);
  return onlyGrows(index, from) ? opened(ref, index, world) : undefined;
}

async function opened(ref: SessionRef, index: EventIndex, world: World): Promise<SessionReading> {
  const file = workspaceFile(ref.path, world);
  let mark: ReadingMark | undefined;
  return {
    header: await headerOf(ref, index, world),
    messages({ history }) {
      if (index.from !== undefined) history = "full";
      if (history === "context") return messagesOf(index, history, world);
      return messagesOf(index, history, world, (before) => {
        const found = markAt(index, before);
        if (found !== undefined)
          mark ??= { ...found, ...(file === undefined ? {} : { headerFiles: [file] }) };
      });
    },
    records: index.records,
    get mark() {
      return mark;
    },
  };
}

/** Members of `session.start` without a field of their own. */
function leftovers(start: JsonObject | undefined): JsonObject {
  const metadata: JsonObject = {};
  for (const key of ["producer", "reasoningEffort", "contextTier"])
    if (typeof start?.[key] === "string") metadata[key] = start[key];
  const repository = stringAt(objectAt(start, "context"), "repository");
  return repository === undefined ? metadata : { ...metadata, repository };
}

async function headerOf(ref: SessionRef, index: EventIndex, world: World): Promise<SessionHeader> {
  const facts = await workspaceFacts(ref.path, world);
  const { titleFrom, parseTimestamp } = world.toolkit;
  const { start, model, usage } = index;
  const context = objectAt(start, "context");
  const title = titleFrom(facts.name ?? "") ?? titleFrom(index.firstPrompt ?? "");
  const workspace = facts.cwd ?? stringAt(context, "cwd");
  const branch = facts.branch ?? stringAt(context, "branch");
  const commit = stringAt(context, "headCommit");
  const git = { ...(branch === undefined ? {} : { branch }), ...(commit === undefined ? {} : { commit }) };
  const startedAt = parseTimestamp(start?.["startTime"]) ?? facts.createdAt;
  const version = stringAt(start, "copilotVersion");
  const lineage = lineageOf(start, world.toolkit);
  return {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(facts.name === undefined ? {} : { nativeName: facts.name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(Object.keys(git).length === 0 ? {} : { git }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(index.lastTime === undefined ? {} : { endedAt: index.lastTime }),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { agentVersion: version }),
    ...(usage === undefined ? {} : { usage }),
    ...(index.agents.size === 0
      ? {}
      : { children: [...index.agents].map((id) => ({ id, provider: SLUG, relation: "subagent" as const })) }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: leftovers(start),
    sourcePath: ref.path,
  };
}
