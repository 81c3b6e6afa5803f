import { mkdir, rmdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, interrupted, writeFailed } from "./failure.ts";
import { identityOf, isUnchanged, lookAt, type FileIdentity } from "./files.ts";

/*
 * An agent's own lock on a shared file: a folder that exists while somebody holds it (the
 * convention of npm's proper-lockfile, as in Gemini CLI 0.50's `projects.json.lock`). Its holder
 * renews the folder's mtime every 5 s; one that is older than 10 s was left behind by a crash.
 */

/** Age at which a lock counts as left behind, ms. */
const STALE_AFTER = 10_000;
/** Long enough to see a lock that was left behind just now grow stale. */
const PATIENCE = 12_000;
const PAUSE = 100;

export interface AgentLock {
  identity: FileIdentity;
  /** Gives the lock back, unless somebody has broken it meanwhile. */
  release(): Promise<void>;
}

/**
 * Takes the lock at `path`, waiting for its holder; undefined when the holder keeps renewing it.
 * `ours` is a lock taken before, by a process of casr that died: it is taken over at once if it is
 * still there.
 */
export async function takeAgentLock(
  path: string,
  options: { ours?: FileIdentity; signal?: AbortSignal } = {},
): Promise<AgentLock | undefined> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    if (options.signal?.aborted) throw interrupted();
    const identity = await tryTake(path, options.ours);
    if (identity !== undefined) return { identity, release: () => giveBack(path, identity) };
    if (performance.now() >= deadline) return undefined;
    await sleep(PAUSE);
  }
}

/** What to throw where the work cannot go on without the lock. */
export function heldByAgent(path: string): Error {
  return writeFailed(
    `The agent holds its lock ${path}.`,
    "Close the agent, then run the command again.",
    path,
  );
}

async function tryTake(path: string, ours: FileIdentity | undefined): Promise<FileIdentity | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    const made = await lookAt(path);
    return made === undefined ? undefined : identityOf(made);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  const found = await lookAt(path);
  if (found === undefined) return undefined;
  const identity = identityOf(found);
  if (ours !== undefined && isUnchanged(ours, identity)) return identity;
  if (Date.now() - Number(found.mtimeMs) > STALE_AFTER) await removeLock(path);
  return undefined;
}

async function giveBack(path: string, identity: FileIdentity): Promise<void> {
  const found = await lookAt(path);
  if (found !== undefined && isUnchanged(identity, identityOf(found))) await removeLock(path);
}

async function removeLock(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // Somebody else was faster.
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
