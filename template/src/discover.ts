import type { Detection, SessionRef, World } from "casr-cli/provider";
import { readHead } from "./native.ts";
import { sessionFile, sessionIdOf, storeFolder } from "./paths.ts";

/** Whether the agent's store is on this machine. */
export async function detect(world: World): Promise<Detection> {
  const store = storeFolder(world);
  const entries = await world.files.list(store);
  const count = entries.filter(({ name }) => sessionIdOf(name) !== undefined).length;
  if (count === 0) return { found: false, evidence: [], roots: [store] };
  return { found: true, evidence: [`${store} exists (${count} sessions)`], roots: [store] };
}

/** The session in the file at `path`, wherever it lies; undefined when it is another agent's, or none. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const ref = await refOf(path, world);
  return ref === undefined || (await readHead(path, world)) === undefined ? undefined : ref;
}

async function refOf(path: string, world: World): Promise<SessionRef | undefined> {
  const id = sessionIdOf(path);
  const stat = id === undefined ? undefined : await world.files.stat(path);
  if (id === undefined || stat?.kind !== "file") return undefined;
  return { provider: "sampleagent", id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

/** All sessions, newest first. No file is opened. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await sessionsWhere(() => true, world);
}

/** Sessions whose id begins with `word`. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  if (wanted !== "") yield* await sessionsWhere((id) => id.toLowerCase().startsWith(wanted), world);
}

async function sessionsWhere(fits: (id: string) => boolean, world: World): Promise<SessionRef[]> {
  const store = storeFolder(world);
  const refs: SessionRef[] = [];
  for (const { name } of await world.files.list(store)) {
    const id = sessionIdOf(name);
    const ref = id !== undefined && fits(id) ? await refOf(sessionFile(store, id), world) : undefined;
    if (ref !== undefined) refs.push(ref);
  }
  return refs.sort((a, b) => b.modifiedAt - a.modifiedAt);
}
