import { basename } from "node:path";
import type { Detection, FileStat, SessionRef, World } from "casr-cli/provider";
import { isJsonObject, objectAt } from "./json.ts";
import { SLUG } from "./native.ts";
import {
  copilotFolder,
  EVENTS,
  FLAT_FILE,
  HISTORY_FILE,
  historyFolder,
  idOf,
  joined,
  SESSION_FOLDER,
  stateFolder,
  WORKSPACE,
} from "./paths.ts";

/** How many files are looked at together. */
const PARALLEL = 32;

interface Candidate {
  id: string;
  path: string;
  /** Newer layouts win over copies of the same session in older ones. */
  rank: number;
}

/** Every place where a session with a wanted id can be, by the names of folders and files alone. */
async function candidates(world: World, wanted: (id: string) => boolean): Promise<Candidate[]> {
  const found: Candidate[] = [];
  const state = stateFolder(world);
  for (const entry of await world.files.list(state)) {
    if (entry.kind === "directory" && SESSION_FOLDER.test(entry.name) && wanted(entry.name))
      found.push({ id: entry.name, path: joined(world, state, entry.name, EVENTS), rank: 0 });
    const flat = entry.kind === "file" ? FLAT_FILE.exec(entry.name)?.[1] : undefined;
    if (flat !== undefined && wanted(flat))
      found.push({ id: flat, path: joined(world, state, entry.name), rank: 1 });
  }
  const history = historyFolder(world);
  for (const entry of await world.files.list(history)) {
    const id = entry.kind === "file" ? HISTORY_FILE.exec(entry.name)?.[1] : undefined;
    if (id !== undefined && wanted(id)) found.push({ id, path: joined(world, history, entry.name), rank: 2 });
  }
  return found;
}

async function reference({ id, path }: Candidate, stat: FileStat, world: World): Promise<SessionRef> {
  const ref: SessionRef = { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
  if (basename(path) !== EVENTS) return ref;
  // The title is in a file of its own, which changes by itself.
  const workspace = joined(world, path.slice(0, -EVENTS.length), WORKSPACE);
  return (await world.files.stat(workspace))?.kind === "file" ? { ...ref, files: [path, workspace] } : ref;
}

async function existing(all: Candidate[], world: World): Promise<SessionRef[]> {
  const best = new Map<string, { rank: number; ref: SessionRef }>();
  for (let from = 0; from < all.length; from += PARALLEL) {
    world.signal.throwIfAborted();
    const part = all.slice(from, from + PARALLEL).map(async (candidate) => {
      try {
        const stat = await world.files.stat(candidate.path);
        return stat?.kind === "file"
          ? { rank: candidate.rank, ref: await reference(candidate, stat, world) }
          : undefined;
      } catch (error) {
        world.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        world.warn({ code: "unreadable-session", message, path: candidate.path });
        return undefined;
      }
    });
    for (const found of await Promise.all(part)) {
      if (found === undefined) continue;
      const key = found.ref.id.toLowerCase();
      const other = best.get(key);
      if (other === undefined || found.rank < other.rank) best.set(key, found);
    }
  }
  return [...best.values()].map(({ ref }) => ref).sort((a, b) => b.modifiedAt - a.modifiedAt);
}

/** Whether Copilot CLI has a store here. */
export async function detect(world: World): Promise<Detection> {
  const roots = [stateFolder(world), historyFolder(world)];
  const evidence: string[] = [];
  for (const root of roots) {
    if ((await world.files.stat(root))?.kind !== "directory") continue;
    const names = (await world.files.list(root)).filter(
      ({ name, kind }) =>
        (kind === "directory" && SESSION_FOLDER.test(name)) ||
        (kind === "file" && (FLAT_FILE.test(name) || HISTORY_FILE.test(name))),
    );
    evidence.push(`${root} exists (${names.length} ${names.length === 1 ? "session" : "sessions"})`);
  }
  return { found: evidence.length > 0, evidence, roots: [copilotFolder(world)] };
}

/** All sessions, newest first. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await existing(await candidates(world, () => true), world);
}

/** Sessions whose id is or begins with `word`, by the names of their folders. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  yield* await existing(await candidates(world, (id) => id.toLowerCase().startsWith(prefix)), world);
}

/** How much of a file is looked at. */
const HEAD_BYTES = 65_536;

/** Whether a text begins like a session's events: some line has all the keys that every event must have. */
function holdsEvents(text: string): boolean {
  return text.split("\n").some((line) => {
    if (/^\uFEFF?\{"type":"(?:session|user|assistant|tool)\.[a-z_]+","data":\{/.test(line)) return true;
    try {
      const event: unknown = JSON.parse(line.replace(/^\uFEFF/, ""));
      if (!isJsonObject(event) || objectAt(event, "data") === undefined) return false;
      return (
        /^(?:session|user|assistant|tool)\./.test(String(event["type"])) && Object.hasOwn(event, "parentId")
      );
    } catch {
      return false;
    }
  });
}

/** The session in the file at `path`, or in the folder `path`; undefined when it is not the CLI's. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  let stat = await world.files.stat(path);
  let file = path;
  if (stat?.kind === "directory") {
    file = joined(world, path, EVENTS);
    stat = await world.files.stat(file);
  }
  if (stat?.kind !== "file") return undefined;
  const name = basename(file);
  const bytes = await world.files.read(file, { start: 0, end: Math.min(stat.size, HEAD_BYTES) });
  if (bytes === undefined) return undefined;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const known = HISTORY_FILE.test(name)
    ? head.includes('"chatMessages"')
    : name.endsWith(".jsonl") && holdsEvents(head);
  if (!known) return undefined;
  const recorded = /"sessionId":\s*"([0-9A-Za-z-]{1,64})"/.exec(head)?.[1];
  const id = idOf(file) ?? recorded;
  if (id === undefined) return undefined;
  return reference({ id, path: file, rank: 0 }, stat, world);
}
