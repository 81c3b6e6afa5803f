import type { Detection, SessionRef, World } from "casr-cli/provider";
import { isJsonObject } from "./json.ts";
import { SLUG } from "./native.ts";
import { factoryFolder, idOf, joined, sessionsFolder } from "./paths.ts";
import { settingsPath } from "./summary.ts";

/** How many files are looked at together. */
const PARALLEL = 32;
/** How much of a file is read for its first record. */
const HEAD_BYTES = 8192;

interface Candidate {
  id: string;
  path: string;
}

/** Session files of all workspaces, and those of no workspace in the store itself, by their names alone. */
async function candidates(world: World, wanted: (id: string) => boolean): Promise<Candidate[]> {
  const root = await sessionsFolder(world);
  const found: Candidate[] = [];
  const add = (folder: string, name: string): void => {
    const id = idOf(name);
    if (id !== undefined && wanted(id)) found.push({ id, path: joined(world, folder, name) });
  };
  for (const entry of await world.files.list(root)) {
    if (entry.kind === "file") add(root, entry.name);
    if (entry.kind !== "directory") continue;
    const folder = joined(world, root, entry.name);
    for (const file of await listed(folder, world)) if (file.kind === "file") add(folder, file.name);
  }
  return found;
}

async function listed(folder: string, world: World): Promise<Awaited<ReturnType<World["files"]["list"]>>> {
  try {
    return await world.files.list(folder);
  } catch (error) {
    warnOf(error, folder, world);
    return [];
  }
}

function warnOf(error: unknown, path: string, world: World): void {
  world.signal.throwIfAborted();
  const message = error instanceof Error ? error.message : String(error);
  world.warn({ code: "unreadable-session", message, path });
}

async function head(path: string, world: World): Promise<string> {
  const bytes = await world.files.read(path, { start: 0, end: HEAD_BYTES });
  if (bytes === undefined) return "";
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

async function reference({ id, path }: Candidate, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const settings = settingsPath(path);
  const files = (await world.files.stat(settings))?.kind === "file" ? { files: [path, settings] } : {};
  return { provider: SLUG, id, path, ...files, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

async function existing(all: Candidate[], world: World): Promise<SessionRef[]> {
  const found: SessionRef[] = [];
  for (let from = 0; from < all.length; from += PARALLEL) {
    const part = all.slice(from, from + PARALLEL).map(async (candidate) => {
      try {
        return await reference(candidate, world);
      } catch (error) {
        warnOf(error, candidate.path, world);
        return undefined;
      }
    });
    for (const ref of await Promise.all(part)) if (ref !== undefined) found.push(ref);
  }
  return withoutCopies(found.sort((a, b) => b.modifiedAt - a.modifiedAt));
}

/** One file for each id: the one changed last. */
function withoutCopies(refs: SessionRef[]): SessionRef[] {
  const seen = new Set<string>();
  return refs.filter(({ id }) => !seen.has(id) && seen.add(id) !== undefined);
}

/** Whether Droid has a store here. */
export async function detect(world: World): Promise<Detection> {
  const root = await sessionsFolder(world);
  const roots = [root.startsWith(factoryFolder(world)) ? factoryFolder(world) : root];
  if ((await world.files.stat(root))?.kind !== "directory") return { found: false, evidence: [], roots };
  const { length } = await candidates(world, () => true);
  return {
    found: true,
    evidence: [`${root} exists (${length} ${length === 1 ? "session" : "sessions"})`],
    roots,
  };
}

/** All sessions, newest first. No file is opened: that one is a subagent's, which its name does not say, tells `summarize`. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await existing(await candidates(world, () => true), world);
}

/** Sessions whose id is or begins with `word`, those of subagents included, by the names of their files. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  yield* await existing(await candidates(world, (id) => id.toLowerCase().startsWith(prefix)), world);
}

/** The session in the file at `path`; undefined when no record of its beginning is a session's first. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const id = idOf(path);
  if (id === undefined || (await world.files.stat(path))?.kind !== "file") return undefined;
  const text = await head(path, world);
  const known = text.split("\n", 20).some((line) => {
    if (/^\uFEFF?\{"type":"session_start",/.test(line)) return true;
    try {
      const record: unknown = JSON.parse(line.replace(/^\uFEFF/, ""));
      return isJsonObject(record) && record["type"] === "session_start";
    } catch {
      return false;
    }
  });
  return known ? reference({ id, path }, world) : undefined;
}
