import { join } from "node:path";
import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { lineageOf, readHead, readTail, type Head } from "./head.ts";
import {
  CHATS,
  geminiFolder,
  isSessionFile,
  parentIdOf,
  projectFolderOf,
  shortIdOf,
  storeFolder,
} from "./paths.ts";
import { Workspaces } from "./workspace.ts";

/** How many files are opened at once. */
const PARALLEL = 16;

interface Candidate {
  path: string;
  size: number;
  mtimeMs: number;
  /** In a folder named by the hash of the workspace: the layout before 0.29. */
  inHashFolder: boolean;
}

interface Found extends Candidate {
  head: Head;
}

/** Looks for the folder Gemini CLI keeps its sessions in. */
export async function detect(world: World): Promise<Detection> {
  const store = storeFolder(await geminiFolder(world));
  const stat = await world.files.stat(store);
  if (stat?.kind !== "directory") return { found: false, evidence: [], roots: [store] };
  const { length } = await candidates(world);
  const evidence = [`${store} exists (${length} session ${length === 1 ? "file" : "files"})`];
  return { found: true, evidence, roots: [store] };
}

async function candidates(world: World): Promise<Candidate[]> {
  const store = storeFolder(await geminiFolder(world));
  const found: Candidate[] = [];
  for (const folder of await world.files.list(store)) {
    if (folder.kind !== "directory") continue;
    const chats = join(store, folder.name, CHATS);
    for (const file of await world.files.list(chats)) {
      if (file.kind !== "file" || !isSessionFile(file.name)) continue;
      const path = join(chats, file.name);
      const stat = await world.files.stat(path);
      if (stat === undefined) continue;
      const inHashFolder = /^[0-9a-f]{64}$/u.test(folder.name);
      found.push({ path, size: stat.size, mtimeMs: stat.mtimeMs, inHashFolder });
    }
  }
  return found.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? -1 : 1));
}

/** The heads of `files`, in their order; a file that cannot be read is told of and passed over. */
async function* heads(files: Candidate[], world: World): AsyncIterable<Found> {
  for (let from = 0; from < files.length; from += PARALLEL) {
    const read = files
      .slice(from, from + PARALLEL)
      .map(async (file) => ({ file, head: await headOrWarning(file.path, world) }));
    for (const { file, head } of await Promise.all(read)) {
      if (head !== undefined && head.hasContent && head.kind !== "subagent") yield { ...file, head };
    }
  }
}

async function headOrWarning(path: string, world: World): Promise<Head | undefined> {
  try {
    return await readHead(path, world);
  } catch (error) {
    world.signal.throwIfAborted();
    world.warn({
      code: "unreadable-session",
      message: error instanceof Error ? error.message : String(error),
      path,
    });
    return undefined;
  }
}

/** One file per session id: the last updated one; then the newer layout, then the newer form. */
async function withoutCopies(files: AsyncIterable<Found>, world: World): Promise<Found[]> {
  const byId = new Map<string, Found[]>();
  for await (const file of files) byId.set(file.head.id, [...(byId.get(file.head.id) ?? []), file]);
  const chosen: Found[] = [];
  for (const copies of byId.values()) {
    chosen.push(copies.length === 1 ? copies[0]! : await bestCopy(copies, world));
  }
  return chosen.sort((a, b) => b.mtimeMs - a.mtimeMs);
}

async function bestCopy(copies: Found[], world: World): Promise<Found> {
  const rated = await Promise.all(
    copies.map(async (file) => {
      const tail = await readTail(file.path, file.size, world);
      const updated = world.toolkit.parseTimestamp(tail.lastUpdated ?? file.head.lastUpdated) ?? 0;
      return {
        file,
        rank: [updated, file.inHashFolder ? 0 : 1, file.path.endsWith(".jsonl") ? 1 : 0, file.size],
      };
    }),
  );
  rated.sort(
    (a, b) =>
      a.rank.map((value, index) => b.rank[index]! - value).find((difference) => difference !== 0) ?? 0,
  );
  return rated[0]!.file;
}

async function refOf(
  file: Pick<Found, "head" | "path" | "size" | "mtimeMs">,
  world: World,
): Promise<SessionRef> {
  const { head, path, size, mtimeMs } = file;
  const workspace = await workspaceOf(path, head, world);
  const listed = workspace === undefined ? {} : { workspace };
  return { provider: "gemini", id: head.id, path, sizeBytes: size, modifiedAt: mtimeMs, listed };
}

/** All sessions, newest first. Ids are inside the files, so the first line of each is read. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const files = await candidates(world);
  for (const file of await withoutCopies(heads(files, world), world)) yield refOf(file, world);
}

const HEX_ID = /^[0-9a-f]{8}$/iu;

/**
 * Sessions whose id begins with `word`. The CLI puts the first 8 characters of the id into the file name,
 * casr puts others there that are never hexadecimal: only files whose name fits are opened.
 */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  if (wanted === "") return;
  const files = (await candidates(world)).filter(({ path }) => {
    const short = shortIdOf(path)?.toLowerCase();
    if (short === undefined || !HEX_ID.test(short)) return true;
    return short.startsWith(wanted) || wanted.startsWith(short);
  });
  for (const file of await withoutCopies(heads(files, world), world)) {
    if (file.head.id.toLowerCase().startsWith(wanted)) yield refOf(file, world);
  }
}

/** The session in the file at `path`, subagents' included; undefined for other files, as `logs.json` and checkpoints. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  if (!/\.jsonl?$/u.test(path)) return undefined;
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const head = await readHead(path, world);
  if (head === undefined) return undefined;
  return refOf({ head, path, size: stat.size, mtimeMs: stat.mtimeMs }, world);
}

/** What a listing shows, from the head and the tail of the file. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const head = await readHead(ref.path, world);
  if (head === undefined) return { ref };
  const { parseTimestamp, titleFrom } = world.toolkit;
  const tail = await readTail(ref.path, ref.sizeBytes, world);
  const nativeName = tail.summary ?? head.summary;
  const title = nativeName ?? titleFrom(head.prompt ?? "");
  const { workspace } = ref.listed ?? {};
  const startedAt = parseTimestamp(head.startTime);
  const lastActiveAt = parseTimestamp(tail.lastUpdated ?? head.lastUpdated);
  const lineage = lineageOf(head.mark, world);
  const isSubagent = head.kind === "subagent" || parentIdOf(ref.path) !== undefined;
  return {
    ref,
    ...(title === undefined ? {} : { title }),
    ...(nativeName === undefined ? {} : { nativeName }),
    ...(typeof workspace === "string" ? { workspace } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastActiveAt === undefined ? {} : { lastActiveAt }),
    ...(tail.model === undefined ? {} : { model: tail.model }),
    ...(lineage === undefined ? {} : { lineage }),
    ...(isSubagent ? { hidden: "subagent" as const } : {}),
  };
}

/** Folder tables by world: a store is a few folders with many sessions. */
const tables = new WeakMap<World, Promise<Workspaces>>();

/** The workspace of a session file, wherever that can be found. */
export async function workspaceOf(
  path: string,
  about: { projectHash?: string; contextWorkspace?: string },
  world: World,
): Promise<string | undefined> {
  let table = tables.get(world);
  if (table === undefined) {
    table = geminiFolder(world).then((gemini) => new Workspaces(gemini, world));
    tables.set(world, table);
  }
  return (await table).of(projectFolderOf(path), about.projectHash, about.contextWorkspace);
}
