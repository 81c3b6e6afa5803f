import { createReader } from "casr-opencode-store/read";
import { mayBeOurs } from "casr-opencode-store/paths";
import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { KILO_CODE } from "./native.ts";
import { isTask, isTaskPath, summarizeTask, taskAt, tasks } from "./tasks.ts";

/** The sessions of Kilo Code 7 alone, in the store of OpenCode's kind. */
export const current = createReader(KILO_CODE);

/** Proof of the agent on this machine. */
export async function detect(world: World): Promise<Detection> {
  const { evidence, roots } = await current.detect(world);
  let old = 0;
  for await (const _ of tasks("", world)) old += 1;
  const found =
    old > 0 ? [...evidence, `${old} task${old === 1 ? "" : "s"} of the older extension`] : evidence;
  return { found: found.length > 0, evidence: found, roots };
}

/** The main sessions, those of the current store first, then the older extension's tasks, newest first. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const seen = new Set<string>();
  for await (const ref of current.discover(world)) {
    seen.add(ref.id);
    yield ref;
  }
  const old: SessionRef[] = [];
  for await (const ref of tasks("", world)) {
    if (seen.has(ref.id)) continue;
    seen.add(ref.id);
    old.push(ref);
  }
  yield* old.sort((a, b) => b.modifiedAt - a.modifiedAt);
}

/** Sessions and tasks whose id equals or begins with `word`, subagents too: whoever asks for an id gets it. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const seen = new Set<string>();
  for await (const ref of current.locate(word, world)) {
    seen.add(ref.id);
    yield ref;
  }
  for await (const ref of tasks(word.toLowerCase(), world)) if (!seen.has(ref.id)) yield ref;
}

/** The task whose history lies at `path`, else what the current store has there; undefined when it is nothing of this agent's. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const task = isTaskPath(path) || mayBeOurs(path, KILO_CODE, world) ? await taskAt(path, world) : undefined;
  return task ?? current.identify(path, world);
}

/** What a listing shows of a session or task. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  return isTask(ref) ? summarizeTask(ref, world) : current.summarize(ref, world);
}
