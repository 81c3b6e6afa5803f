import type { Detection, FileStat, SessionRef, World } from "casr-cli/provider";
import { parseJson } from "./json.ts";
import { loadLegacy } from "./legacy.ts";
import { SLUG } from "./native.ts";
import {
  ARCHIVE,
  CHATS,
  LEGACY_FILE,
  pathsOf,
  placeOf,
  runtimeFolder,
  SESSION_FILE,
  stemOf,
  SUBAGENT_FILE,
  SUBAGENTS,
} from "./paths.ts";
import { factsOf } from "./summary.ts";

/** How many files are asked for their size at once. */
const PARALLEL = 32;

interface Candidate {
  id: string;
  path: string;
}

/** Names of the folders in `path`. */
async function folders(path: string, world: World): Promise<string[]> {
  const entries = await world.files.list(path);
  return entries.filter((entry) => entry.kind === "directory").map((entry) => entry.name);
}

/** Main sessions by file name, archived ones included; of today's layout. */
async function sessions(runtime: string, world: World): Promise<Candidate[]> {
  const { join } = pathsOf(world);
  const found: Candidate[] = [];
  for (const project of await folders(join(runtime, "projects"), world)) {
    const chats = join(runtime, "projects", project, CHATS);
    for (const folder of [chats, join(chats, ARCHIVE)]) {
      for (const { kind, name } of await world.files.list(folder)) {
        const id = kind === "file" ? SESSION_FILE.exec(name)?.[1] : undefined;
        if (id !== undefined) found.push({ id, path: join(folder, name) });
      }
    }
  }
  return found;
}

/** Files of the layout up to 0.4; their ids are inside. */
async function legacyFiles(runtime: string, world: World): Promise<string[]> {
  const { join } = pathsOf(world);
  const found: string[] = [];
  for (const project of await folders(join(runtime, "tmp"), world)) {
    if (!/^[0-9a-f]{64}$/u.test(project)) continue;
    const chats = join(runtime, "tmp", project, CHATS);
    for (const { kind, name } of await world.files.list(chats))
      if (kind === "file" && LEGACY_FILE.test(name)) found.push(join(chats, name));
  }
  return found;
}

const LEGACY_HEAD_BYTES = 4096;

/** The id near the beginning of a file of the old form. */
async function legacyId(path: string, world: World): Promise<string | undefined> {
  const bytes = await world.files.read(path, { start: 0, end: LEGACY_HEAD_BYTES });
  const field = /"sessionId"\s*:\s*("(?:[^"\\]|\\.)*")/u.exec(new TextDecoder().decode(bytes))?.[1];
  const id = field === undefined ? undefined : parseJson(field);
  return typeof id === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(id) ? id : undefined;
}

async function legacySessions(runtime: string, world: World): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const path of await legacyFiles(runtime, world)) {
    try {
      found.push({ id: (await legacyId(path, world)) ?? stemOf(path), path });
    } catch (error) {
      world.signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      world.warn({ code: "unreadable-session", message, path });
    }
  }
  return found;
}

function reference({ id, path }: Candidate, stat: FileStat): SessionRef {
  return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

/** References to the candidates that are still there, the one changed last first. An archived copy gives way. */
async function references(candidates: Candidate[], world: World): Promise<SessionRef[]> {
  const found = new Map<string, SessionRef>();
  for (let from = 0; from < candidates.length; from += PARALLEL) {
    const group = candidates.slice(from, from + PARALLEL);
    const stats = await Promise.all(group.map(({ path }) => world.files.stat(path)));
    group.forEach((candidate, index) => {
      const stat = stats[index];
      const key = candidate.id.toLowerCase();
      if (stat?.kind !== "file" || (found.has(key) && placeOf(candidate.path).archived)) return;
      found.set(key, reference(candidate, stat));
    });
  }
  return [...found.values()].sort((a, b) => b.modifiedAt - a.modifiedAt || (a.path < b.path ? -1 : 1));
}

/** Whether Qwen Code has a store here. */
export async function detect(world: World): Promise<Detection> {
  const { join } = pathsOf(world);
  const runtime = await runtimeFolder(world);
  const roots = [join(runtime, "projects")];
  const evidence: string[] = [];
  const list: [folder: string, count: () => Promise<number>][] = [
    ["projects", async () => (await sessions(runtime, world)).length],
    ["tmp", async () => (await legacyFiles(runtime, world)).length],
  ];
  for (const [name, counted] of list) {
    const folder = join(runtime, name);
    if ((await world.files.stat(folder))?.kind !== "directory") continue;
    const count = await counted();
    if (count > 0 || name === "projects")
      evidence.push(`${folder} exists (${count} ${count === 1 ? "session" : "sessions"})`);
  }
  return { found: evidence.length > 0, evidence, roots };
}

/** All main sessions, newest first. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const runtime = await runtimeFolder(world);
  const all = [...(await sessions(runtime, world)), ...(await legacySessions(runtime, world))];
  yield* await references(all, world);
}

/** Sessions, and transcripts of helpers, whose id is or starts with `word`. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  const runtime = await runtimeFolder(world);
  const fits = ({ id }: Candidate): boolean => id.toLowerCase().startsWith(prefix);
  const main = [...(await sessions(runtime, world)), ...(await legacySessions(runtime, world))].filter(fits);
  const helpers = (await helperFiles(runtime, world)).filter(fits);
  yield* await references([...main, ...helpers], world);
}

async function helperFiles(runtime: string, world: World): Promise<Candidate[]> {
  const { join } = pathsOf(world);
  const found: Candidate[] = [];
  for (const project of await folders(join(runtime, "projects"), world)) {
    const root = join(runtime, "projects", project, SUBAGENTS);
    for (const session of await folders(root, world)) {
      for (const { kind, name } of await world.files.list(join(root, session))) {
        const id = kind === "file" ? SUBAGENT_FILE.exec(name)?.[1] : undefined;
        if (id !== undefined) found.push({ id, path: join(root, session, name) });
      }
    }
  }
  return found;
}

/** The session in the file at `path`, wherever it lies; undefined for other agents' files. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  if (path.endsWith(".json")) {
    const isOwn = (await loadLegacy(path, world))?.isOwn ?? false;
    return isOwn ? reference({ id: (await legacyId(path, world)) ?? stemOf(path), path }, stat) : undefined;
  }
  if (!path.endsWith(".jsonl")) return undefined;
  const { facts, own } = await factsOf(path, stat.size, world);
  if (!own) return undefined;
  const recorded = facts.isHelper ? facts.agentId : facts.sessionId;
  const usable = recorded !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(recorded);
  return reference({ id: placeOf(path).id ?? (usable ? recorded : stemOf(path)), path }, stat);
}
