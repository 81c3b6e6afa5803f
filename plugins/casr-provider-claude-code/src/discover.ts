import { basename, join } from "node:path";
import type { Detection, FileStat, SessionRef, World } from "casr-cli/provider";
import { isJsonObject, objectAt } from "./json.ts";
import { SLUG } from "./native.ts";
import { SESSION_FILE, SUBAGENT_FILE, configFolder, projectsFolder } from "./paths.ts";
import { summaryFacts } from "./summary.ts";

interface Placed {
  path: string;
  stat: FileStat;
}

async function stats(paths: string[], kind: FileStat["kind"], world: World): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (const path of paths) {
    const stat = await world.files.stat(path);
    if (stat?.kind === kind) placed.push({ path, stat });
  }
  return placed.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
}

/** The folders of sessions, one a workspace, the one changed last first. Links to a folder that is there too count once. */
async function sessionFolders(world: World): Promise<string[]> {
  const root = projectsFolder(world);
  const names = (await world.files.list(root)).filter((entry) => entry.kind === "directory");
  const folders = await stats(
    names.map((entry) => join(root, entry.name)),
    "directory",
    world,
  );
  const seen = new Set<string>();
  const distinct: string[] = [];
  for (const { path } of folders) {
    const real = (await world.files.realpath(path)) ?? path;
    if (seen.has(real)) continue;
    seen.add(real);
    distinct.push(path);
  }
  return distinct;
}

function reference(id: string, { path, stat }: Placed): SessionRef {
  return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs };
}

async function sessionsIn(
  folder: string,
  wanted: (id: string) => boolean,
  world: World,
): Promise<SessionRef[]> {
  const paths = (await world.files.list(folder)).flatMap((entry) => {
    const id = SESSION_FILE.exec(entry.name)?.[1];
    return id !== undefined && entry.kind === "file" && wanted(id) ? [join(folder, entry.name)] : [];
  });
  const files = await stats(paths, "file", world);
  return files.map((file) => reference(basename(file.path, ".jsonl"), file));
}

/** Whether Claude Code has a store here. */
export async function detect(world: World): Promise<Detection> {
  const root = configFolder(world);
  const projects = projectsFolder(world);
  const shown = projects.startsWith(`${world.home}/`) ? `~${projects.slice(world.home.length)}` : projects;
  const there = (await world.files.stat(projects))?.kind === "directory";
  if (!there) return { found: false, evidence: [], roots: [root] };
  let count = 0;
  for (const folder of await sessionFolders(world)) {
    count += (await world.files.list(folder)).filter((entry) => SESSION_FILE.test(entry.name)).length;
  }
  const evidence = [`${shown} exists (${count} ${count === 1 ? "session" : "sessions"})`];
  return { found: true, evidence, roots: [root] };
}

/** All main sessions, the folder changed last first. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  for (const folder of await sessionFolders(world)) yield* await sessionsIn(folder, () => true, world);
}

/** Sessions whose id is or starts with `word`, by file name alone. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  for (const folder of await sessionFolders(world)) {
    yield* await sessionsIn(folder, (id) => id.toLowerCase().startsWith(prefix), world);
  }
}

/**
 * Whether a piece of a file holds messages of this agent. Other agents use the same record types
 * and uuids, but keep the text elsewhere than in `message.content`.
 */
function holdsMessages(text: string): boolean {
  return text.split("\n").some((line) => {
    if (!line.includes('"message"')) return false;
    try {
      const record: unknown = JSON.parse(line.replace(/^\uFEFF/, ""));
      if (!isJsonObject(record) || (record["type"] !== "user" && record["type"] !== "assistant"))
        return false;
      const content = objectAt(record, "message")?.["content"];
      return typeof record["uuid"] === "string" && (typeof content === "string" || Array.isArray(content));
    } catch {
      return false;
    }
  });
}

/** How much of a file is looked at for its first message; prompts with pictures are long lines. */
const PROBE_BYTES = 4 * 1024 * 1024;

/** The session in a file anywhere; its id is the file's name where that is one, else what the records say. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || !path.endsWith(".jsonl")) return undefined;
  const name = basename(path);
  const named = SESSION_FILE.exec(name)?.[1] ?? SUBAGENT_FILE.exec(name)?.[1];
  const bytes = await world.files.read(path, { start: 0, end: Math.min(stat.size, PROBE_BYTES) });
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (!holdsMessages(text)) return undefined;
  const id = named ?? (await summaryFacts(path, stat.size, world)).recordedId ?? basename(path, ".jsonl");
  return reference(id, { path, stat });
}
