import { basename } from "node:path";
import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { describe } from "./header.ts";
import { glance, type Glance } from "./glance.ts";
import { copyHead, membersOfCopy } from "./copy-read.ts";
import { stringOf } from "./json.ts";
import { isThreadId, SLUG, threadId } from "./native.ts";
import { copyPath, dataFolder, extensionFolders, IMPORTS, pathsOf, THREADS, threadIdOf } from "./paths.ts";

/** How many files are asked for their size at once. */
const PARALLEL = 32;

interface Candidate extends SessionRef {
  /** In a folder of the editor extension, from which threads were moved later. */
  old: boolean;
}

/** Looks for the folder Amp kept its threads in. */
export async function detect(world: World): Promise<Detection> {
  const data = await dataFolder(world);
  const { join } = pathsOf(world);
  const threads = join(data, THREADS);
  const evidence: string[] = [];
  if ((await world.files.stat(threads))?.kind === "directory") {
    const count = (await placesIn(threads, world)).length;
    evidence.push(`${threads} exists (${count} ${count === 1 ? "thread" : "threads"})`);
  }
  for (const name of ["session.json", "device-id.json", "thread-imports.json"]) {
    if ((await world.files.stat(join(data, name)))?.kind === "file")
      evidence.push(`${join(data, name)} exists`);
  }
  for (const folder of extensionFolders(world)) {
    if ((await world.files.stat(folder))?.kind === "directory") evidence.push(`${folder} exists`);
  }
  return { found: evidence.length > 0, evidence, roots: [data] };
}

/** A file with a thread, by its name alone. */
interface Place {
  id: string;
  path: string;
}

async function existing(places: Place[], old: boolean, world: World): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (let from = 0; from < places.length; from += PARALLEL) {
    world.signal.throwIfAborted();
    const group = places.slice(from, from + PARALLEL);
    const stats = await Promise.all(group.map(({ path }) => world.files.stat(path)));
    for (const [index, place] of group.entries()) {
      const stat = stats[index];
      if (stat !== undefined)
        found.push({ provider: SLUG, ...place, sizeBytes: stat.size, modifiedAt: stat.mtimeMs, old });
    }
  }
  return found;
}

async function placesIn(folder: string, world: World): Promise<Place[]> {
  const places: Place[] = [];
  for (const { name, kind } of await world.files.list(folder)) {
    const id = kind === "file" ? threadIdOf(name) : undefined;
    if (id !== undefined) places.push({ id, path: pathsOf(world).join(folder, name) });
  }
  return places;
}

async function threadsIn(folder: string, old: boolean, world: World): Promise<Candidate[]> {
  return existing(await placesIn(folder, world), old, world);
}

/** The copies casr made for Amp's import, under the ids of the threads they would be. */
async function copiesIn(data: string, world: World): Promise<Candidate[]> {
  const places: Place[] = [];
  for (const { name, kind } of await world.files.list(pathsOf(world).join(data, IMPORTS))) {
    const id = threadId(name);
    if (kind === "directory" && isThreadId(id)) places.push({ id, path: copyPath(data, id, world) });
  }
  return existing(places, true, world);
}

/** Every thread file, subagents' included; of two with one id the one in Amp's own folder. */
async function candidates(world: World): Promise<SessionRef[]> {
  const data = await dataFolder(world);
  const all = await threadsIn(pathsOf(world).join(data, THREADS), false, world);
  all.push(...(await copiesIn(data, world)));
  for (const folder of extensionFolders(world)) all.push(...(await threadsIn(folder, true, world)));
  const byId = new Map<string, Candidate>();
  for (const candidate of all) {
    const key = candidate.id.toLowerCase();
    const other = byId.get(key);
    if (other === undefined || (other.old && candidate.modifiedAt > other.modifiedAt))
      byId.set(key, candidate);
  }
  return [...byId.values()]
    .map(({ old: _old, ...ref }) => ref)
    .sort((a, b) => b.modifiedAt - a.modifiedAt || (a.id < b.id ? -1 : 1));
}

/** All threads, newest first. No file is opened: that one is a subagent's, which its name does not say, tells `summarize`. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await candidates(world);
}

async function look(ref: SessionRef, world: World): Promise<Glance | undefined> {
  if (!ref.path.endsWith(".jsonl")) return glance(ref.path, ref.sizeBytes, world);
  const head = await copyHead(ref.path, world);
  return head === undefined ? undefined : { members: membersOfCopy(head), hasMessages: true };
}

/** Threads whose id begins with `word`, with or without its `T-`; ids are file names. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  if (wanted === "") return;
  for (const ref of await candidates(world)) {
    const id = ref.id.toLowerCase();
    if (id.startsWith(wanted) || id.slice("T-".length).startsWith(wanted)) yield ref;
  }
}

/** The thread in the file at `path`: Amp's own, or an export under any name. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  if (!/\.jsonl?$/iu.test(path)) return undefined;
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  if (path.endsWith(".jsonl")) {
    const id = threadId(basename(path, ".jsonl"));
    if (!isThreadId(id) || (await copyHead(path, world)) === undefined) return undefined;
    return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
  }
  const seen = await glance(path, stat.size, world);
  const id = stringOf(seen?.members, "id");
  if (seen?.hasMessages !== true || id === undefined || !isThreadId(id)) return undefined;
  return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

/** What a list shows, from the head and the tail of the file. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const seen = await look(ref, world);
  if (seen === undefined) return { ref };
  const {
    title: name,
    workspace,
    startedAt,
    model,
    git,
    parent,
    lineage,
    archived,
  } = describe(seen.members, world);
  const title = name ?? world.toolkit.titleFrom(seen.prompt ?? "");
  const hidden = parent?.relation === "subagent" ? "subagent" : archived ? "archived" : undefined;
  return {
    ref,
    lastActiveAt: ref.modifiedAt,
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(model === undefined ? {} : { model }),
    ...(git?.branch === undefined ? {} : { gitBranch: git.branch }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(hidden === undefined ? {} : { hidden }),
  };
}
