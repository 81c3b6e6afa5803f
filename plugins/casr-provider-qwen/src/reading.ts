import type {
  JsonValue,
  ReadingMark,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { findBranch, type Branch } from "./branch.ts";
import { Conversation } from "./conversation.ts";
import type { SessionFacts } from "./facts.ts";
import { unreadable } from "./faults.ts";
import { legacyMessages, loadLegacy } from "./legacy.ts";
import { SLUG } from "./native.ts";
import { helpersFolder, placeOf, SUBAGENT_FILE } from "./paths.ts";
import { growsOn, knownAt, markOf, type Known } from "./reading-on.ts";
import { indexRecords, type RecordIndex } from "./records.ts";

/** Indexes the session's file; messages are parsed one by one when they are asked for. */
export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const stat = await world.files.stat(ref.path);
  if (stat?.kind !== "file") throw unreadable(ref.path, "there is no such file");
  if (stat.size === 0) throw unreadable(ref.path, "the file is empty");
  if (ref.path.endsWith(".json")) return readLegacy(ref, world);
  const index = await indexRecords(ref.path, world);
  if (!index.entries.some(({ kind }) => kind !== "other" && kind !== "command"))
    throw unreadable(ref.path, "it holds no Qwen Code session");
  const branch = branchOf(ref, index);
  if (branch.gapAt !== undefined) {
    const message =
      "the record before this one is missing: Qwen Code sends nothing older, and neither does casr";
    world.warn({ code: "missing-parent", message, path: ref.path, line: branch.gapAt });
  }
  return readingOf(ref, index, branch, world);
}

/** Qwen Code only ever adds to a file of lines; what goes back or compresses is a record of its own. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const known = knownAt(mark, world);
  if (known === undefined) return undefined;
  const index = await indexRecords(ref.path, world, known.beginning);
  return growsOn(index, known) ? readingOf(ref, index, branchOf(ref, index), world, known) : undefined;
}

function branchOf(ref: SessionRef, { entries, facts }: RecordIndex): Branch {
  return findBranch(entries, facts.isHelper || placeOf(ref.path).parentId !== undefined);
}

async function readingOf(
  ref: SessionRef,
  index: RecordIndex,
  branch: Branch,
  world: World,
  known?: Known,
): Promise<SessionReading> {
  const mark = await markOf(ref.path, index, branch, world, known);
  const earlier = known?.messages ?? 0;
  return {
    header: await headerOf(ref, index.facts, world),
    messages: ({ history }) =>
      new Conversation(ref.path, index, branch, world, earlier).messages(history === "full"),
    records: { total: index.total, malformed: index.malformed },
    ...(mark === undefined ? {} : { mark }),
  };
}

async function readLegacy(ref: SessionRef, world: World): Promise<SessionReading> {
  const session = await loadLegacy(ref.path, world);
  if (session === undefined) throw unreadable(ref.path, "it holds no Qwen Code session");
  return {
    header: await headerOf(ref, session.facts, world),
    messages: () => legacyMessages(session, world),
    records: { total: session.total, malformed: session.malformed },
  };
}

async function headerOf(ref: SessionRef, facts: SessionFacts, world: World): Promise<SessionHeader> {
  const { title, name, workspace, branch, startedAt, lastActiveAt, model, version, lineage } = facts;
  const { parentId = facts.isHelper ? facts.sessionId : undefined } = placeOf(ref.path);
  const parent =
    parentId !== undefined ? link(parentId, "subagent") : facts.forkedFrom && link(facts.forkedFrom, "fork");
  const children = await childrenOf(ref, world);
  const metadata: Record<string, JsonValue> = facts.agentId === undefined ? {} : { agentId: facts.agentId };
  return {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(branch === undefined ? {} : { git: { branch } }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastActiveAt === undefined ? {} : { endedAt: lastActiveAt }),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { agentVersion: version }),
    ...(parent ? { parent } : {}),
    ...(children.length === 0 ? {} : { children }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata,
    sourcePath: ref.path,
  };
}

/** The helpers a session called, by the files in its folder. */
async function childrenOf(ref: SessionRef, world: World): Promise<SessionLink[]> {
  const folder = helpersFolder(ref.path, ref.id, world);
  if (folder === undefined) return [];
  const files = await world.files.list(folder);
  return files.flatMap(({ kind, name }) => {
    const id = kind === "file" ? SUBAGENT_FILE.exec(name)?.[1] : undefined;
    return id === undefined ? [] : [link(id, "subagent")];
  });
}

function link(id: string, relation: SessionLink["relation"]): SessionLink {
  return { id, provider: SLUG, relation };
}
