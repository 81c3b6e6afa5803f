import type { Detection, FileStat, SessionRef, World } from "casr-cli/provider";
import { firstMeta, metaId } from "./chain.ts";
import { isSubagent, SLUG } from "./header.ts";
import { archiveFolder, baseName, codexHome, parseRolloutName, sessionsFolder } from "./paths.ts";
import { rolloutFiles, statRollout, type RolloutFile } from "./store.ts";
import { listedNames, threadRows } from "./titles.ts";

/** Bytes of a file's first line that hold everything before the long instructions. */
const SOURCE_BYTES = 4096;
const SUBAGENT = /"thread_source":"subagent"|"source":\{"sub_?[aA]gent"/;

/** Proof of Codex on this machine. */
export async function detect(world: World): Promise<Detection> {
  const home = codexHome(world);
  const roots = [sessionsFolder(home), archiveFolder(home)];
  const evidence: string[] = [];
  for (const root of roots) {
    if ((await world.files.stat(root))?.kind === "directory") evidence.push(`${root} exists`);
  }
  return { found: evidence.length > 0, evidence, roots };
}

async function reference(id: string, path: string, stat: FileStat, world: World): Promise<SessionRef> {
  const listed = await listedNames(id, world);
  return { provider: SLUG, id, path, sizeBytes: stat.size, modifiedAt: stat.mtimeMs, listed };
}

async function refOf(file: RolloutFile, world: World): Promise<SessionRef | undefined> {
  const found = await statRollout(file.path, world);
  if (found === undefined) return undefined;
  const id = file.id ?? metaId((await firstMeta(found.path, world))?.payload ?? {});
  if (id === undefined) return undefined;
  return reference(id, found.path, found.stat, world);
}

/** Whether a file that the database does not know holds a subagent's session: its first bytes tell. */
async function looksLikeSubagent(file: RolloutFile, world: World): Promise<boolean> {
  if (file.compressed) return isSubagent((await firstMeta(file.path, world))?.payload ?? {});
  const bytes = await world.files.read(file.path, { start: 0, end: SOURCE_BYTES });
  if (bytes === undefined) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const end = text.indexOf("\n");
  return SUBAGENT.test(end === -1 ? text : text.slice(0, end));
}

/** All sessions a person started, newest first; the same id is given once. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const rows = await threadRows(world);
  const seen = new Set<string>();
  for await (const file of rolloutFiles(world)) {
    world.signal.throwIfAborted();
    if (file.id !== undefined && seen.has(file.id)) continue;
    const known = file.id === undefined ? undefined : rows.get(file.id);
    if (known === undefined ? await looksLikeSubagent(file, world) : known.subagent) continue;
    const ref = await refOf(file, world);
    if (ref === undefined || seen.has(ref.id)) continue;
    seen.add(ref.id);
    yield ref;
  }
}

/** Sessions whose id equals or begins with `word`, subagents too: whoever asks for an id gets it. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  const seen = new Set<string>();
  for await (const file of rolloutFiles(world)) {
    if (file.id !== undefined && (!file.id.startsWith(wanted) || seen.has(file.id))) continue;
    const ref = await refOf(file, world);
    if (ref === undefined || seen.has(ref.id) || !ref.id.startsWith(wanted)) continue;
    seen.add(ref.id);
    yield ref;
  }
}

/** The session in a file anywhere; undefined when it is not one of Codex's. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  if (!/\.jsonl(?:\.zst)?$/i.test(path)) return undefined;
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const meta = await firstMeta(path, world);
  const named = parseRolloutName(baseName(path));
  const id = metaId(meta?.payload ?? {}) ?? named?.id;
  if (id === undefined || (meta === undefined && named === undefined)) return undefined;
  return reference(id, path, stat, world);
}
