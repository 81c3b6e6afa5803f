import { basename, dirname, join } from "node:path";
import type {
  ReadingMark,
  SessionHeader,
  SessionLink,
  SessionReading,
  SessionRef,
  World,
} from "casr-cli/provider";
import { findBranch, type Branch } from "./branch.ts";
import { unreadable } from "./faults.ts";
import { sessionMessages, type Script } from "./messages.ts";
import { SLUG } from "./native.ts";
import { SUBAGENT_FILE } from "./paths.ts";
import { beginsTurn, growsOn, knownAt, markOf, type Known } from "./reading-on.ts";
import { indexRecords, type RecordIndex } from "./records.ts";
import { planSteps, StepList } from "./steps.ts";
import { readTitleFile } from "./summary.ts";

/** Transcripts of subagents: in the session's own folder, up to 2.0 beside the session with its id inside. */
async function children(ref: SessionRef, world: World): Promise<SessionLink[]> {
  const links: SessionLink[] = [];
  const link = (id: string): SessionLink => ({ id, provider: SLUG, relation: "subagent" });
  const own = join(dirname(ref.path), basename(ref.path, ".jsonl"), "subagents");
  for (const entry of await world.files.list(own)) {
    const id = SUBAGENT_FILE.exec(entry.name)?.[1];
    if (id !== undefined && entry.kind === "file") links.push(link(id));
  }
  if (SUBAGENT_FILE.test(basename(ref.path))) return links;
  for (const entry of await world.files.list(dirname(ref.path))) {
    const id = SUBAGENT_FILE.exec(entry.name)?.[1];
    if (id === undefined || entry.kind !== "file") continue;
    const head = await world.files.read(join(dirname(ref.path), entry.name), { start: 0, end: 4096 });
    if (head !== undefined && Buffer.from(head).toString("latin1").includes(`"sessionId":"${ref.id}"`))
      links.push(link(id));
  }
  return links;
}

function parentOf(index: RecordIndex, ref: SessionRef): SessionLink | undefined {
  const { forkedFrom, requestSession, recordedId, sidechainFirst } = index.facts;
  if (sidechainFirst === true && SUBAGENT_FILE.test(basename(ref.path)) && recordedId !== undefined) {
    return { id: recordedId, provider: SLUG, relation: "subagent" };
  }
  const id = forkedFrom ?? requestSession;
  return id === undefined || id === ref.id ? undefined : { id, provider: SLUG, relation: "fork" };
}

async function headerOf(ref: SessionRef, index: RecordIndex, world: World): Promise<SessionHeader> {
  const { facts } = index;
  facts.customTitle ??= await readTitleFile(ref.path, world);
  const parent = parentOf(index, ref);
  const links = await children(ref, world);
  const { title, nativeName, workspace, gitBranch, startedAt, lastActiveAt, model, version, lineage } = facts;
  return {
    id: ref.id,
    provider: SLUG,
    ...(title === undefined ? {} : { title }),
    ...(nativeName === undefined ? {} : { nativeName }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(gitBranch === undefined ? {} : { git: { branch: gitBranch } }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastActiveAt === undefined ? {} : { endedAt: lastActiveAt }),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { agentVersion: version }),
    ...(parent === undefined ? {} : { parent }),
    ...(links.length === 0 ? {} : { children: links }),
    ...(lineage === undefined ? {} : { lineage }),
    metadata: facts.entrypoint === undefined ? {} : { entrypoint: facts.entrypoint },
    sourcePath: ref.path,
  };
}

export async function read(ref: SessionRef, world: World): Promise<SessionReading> {
  const index = await indexRecords(ref.path, world);
  const branch = findBranch(index);
  if (branch.context.length === 0) {
    const why = index.total === 0 ? "is empty" : "holds no messages";
    throw unreadable(`${ref.path} ${why}`, ref.path);
  }
  return readingOf(ref, index, branch, world);
}

/** Claude Code only ever adds to a session; what goes back or compacts is a record like any other. */
export async function readOn(
  ref: SessionRef,
  mark: ReadingMark,
  world: World,
): Promise<SessionReading | undefined> {
  const known = knownAt(mark, world);
  if (known === undefined) return undefined;
  const index = await indexRecords(ref.path, world, known.beginning);
  if (!growsOn(index, known)) return undefined;
  if (index.chosenLeaf === undefined && known.leaf !== undefined) index.chosenLeaf = known.leaf;
  const branch = findBranch(index);
  return beginsTurn(index.records, branch) ? readingOf(ref, index, branch, world, known) : undefined;
}

async function readingOf(
  ref: SessionRef,
  index: RecordIndex,
  branch: Branch,
  world: World,
  known?: Known,
): Promise<SessionReading> {
  const plan = planSteps(index.records, branch);
  const mark = markOf(index, branch, plan, world.toolkit, known);
  const script = scriptOf(ref.path, index, plan, known?.messages ?? 0);
  return {
    header: await headerOf(ref, index, world),
    messages: ({ history }) => sessionMessages(script, history, world),
    records: { total: index.total, malformed: index.malformed },
    ...(mark === undefined ? {} : { mark }),
  };
}

/** What to read of a file. The table of its records is large, and no longer needed then. */
function scriptOf(
  path: string,
  { records }: RecordIndex,
  { context, before }: ReturnType<typeof planSteps>,
  earlier: number,
): Script {
  return {
    path,
    places: records.places(),
    context: new StepList(context),
    before: new StepList(before),
    earlier,
  };
}
