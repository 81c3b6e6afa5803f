import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { isUnreadable } from "./faults.ts";
import { listedOf, runOf, runsOf, workspaceOf, type Run } from "./history.ts";
import { stringOf } from "./json.ts";
import { defined, lineageOf } from "./mark.ts";
import { SLUG } from "./native.ts";
import { baseName, folderOf, histories, join, ownFolder, runPath } from "./paths.ts";

/** What a pass over the history told of a session goes with its reference: no second pass is needed. */
function refOf(run: Run): SessionRef {
  return {
    provider: SLUG,
    id: run.id,
    path: run.mark === undefined ? runPath(run.history, run.id) : run.history,
    files: [run.history],
    sizeBytes: Math.max(0, run.end - run.start),
    modifiedAt: run.changedAt,
    listed: listedOf(run),
  };
}

/** Histories in the places casr looks at. */
export async function detect(world: World): Promise<Detection> {
  const found = await histories(world);
  const caches = join(world.home, ".aider");
  const evidence = found.map((path) => `${path} exists`);
  if ((await world.files.stat(caches))?.kind === "directory") evidence.push(`${caches} exists`);
  return { found: evidence.length > 0, evidence, roots: [ownFolder(world), ...found.map(folderOf)] };
}

async function allRuns(world: World): Promise<Run[]> {
  const runs: Run[] = [];
  for (const path of await histories(world)) {
    try {
      runs.push(...(await runsOf(path, world)));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      world.warn({ code: "unreadable-session", message: (error as Error).message, path });
    }
  }
  return runs.sort((a, b) => b.changedAt - a.changedAt || (a.id < b.id ? 1 : -1));
}

/** Every start of Aider with a prompt, newest first. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const seen = new Set<string>();
  for (const run of await allRuns(world)) {
    if (seen.has(run.id)) continue;
    seen.add(run.id);
    yield refOf(run);
  }
}

/** Sessions whose id, which begins with the time, equals or begins with `word`. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  if (wanted === "") return;
  for await (const ref of discover(world)) if (ref.id.toLowerCase().startsWith(wanted)) yield ref;
}

/** The session at `<history>/<id>`; a history alone means the newest in it. Other Markdown is none of Aider's. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  const inside = stat === undefined;
  const history = inside ? folderOf(path) : path;
  if (!/\.md$/iu.test(history)) return undefined;
  const runs = await runsOf(history, world);
  const run = inside ? runs.find(({ id }) => id === baseName(path)) : runs.at(-1);
  if (!inside && runs.length > 1) {
    const message = `${history} holds ${runs.length} sessions: the newest was taken`;
    world.warn({ code: "several-sessions", message, path: history });
  }
  return run === undefined ? undefined : refOf(run);
}

/** What is known of a session but its messages. */
export async function runFor(ref: SessionRef, world: World): Promise<Run | undefined> {
  const listed = ref.listed ?? (await identify(ref.path, world))?.listed;
  return listed === undefined ? undefined : runOf(listed);
}

export function summaryOf(ref: SessionRef, run: Run, world: World): SessionSummary {
  const named = stringOf(run.mark, "title");
  return defined<SessionSummary>({
    ref,
    title: world.toolkit.titleFrom(named ?? run.prompt ?? ""),
    nativeName: undefined,
    workspace: workspaceOf(run),
    startedAt: run.startedAt,
    lastActiveAt: Math.trunc(run.changedAt),
    model: run.model,
    gitBranch: undefined,
    lineage: lineageOf(run.mark, world),
    hidden: undefined,
  });
}

export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const run = await runFor(ref, world);
  return run === undefined ? { ref } : summaryOf(ref, run, world);
}
