import type { Detection, JsonObject, SessionRef, World } from "casr-cli/provider";
import { peekDocument } from "./document.ts";
import { stringOf } from "./json.ts";
import { compactionFile } from "./compaction.ts";
import { idsOfFile, messagesFileOf, readManifest } from "./manifest.ts";
import { COMPACTION_SUFFIX, MESSAGES_SUFFIX, TASK_FILE, TASK_UI_FILES } from "./native.ts";
import { baseName, folderOf, isUsableId, join, storesOf, tasksFolder } from "./paths.ts";
import { historyItems } from "./tasks.ts";

const PROVIDER = "cline";
/** How many folders are looked at at once. */
const PARALLEL = 32;

/** Looks for the folders of the CLI and of the extension. */
export async function detect(world: World): Promise<Detection> {
  const { sessions, tasks } = await storesOf(world);
  const roots = [sessions, ...tasks.map(tasksFolder)];
  const evidence: string[] = [];
  for (const root of roots) {
    if ((await world.files.stat(root))?.kind !== "directory") continue;
    const count = (await folders(root, world)).length;
    const what = root === sessions ? "session" : "task";
    evidence.push(`${root} exists (${count} ${what}${count === 1 ? "" : "s"})`);
  }
  return { found: evidence.length > 0, evidence, roots };
}

/** Names of the folders that may be sessions. */
async function folders(root: string, world: World): Promise<string[]> {
  const entries = await world.files.list(root);
  return entries.flatMap(({ kind, name }) => (kind === "directory" && isUsableId(name) ? [name] : []));
}

/** The session in `<sessions>/<id>`; undefined for a folder without messages. */
async function sessionIn(folder: string, id: string, world: World): Promise<SessionRef | undefined> {
  const beside = join(folder, `${id}${MESSAGES_SUFFIX}`);
  const ref = await messagesRef(beside, id, world);
  if (ref !== undefined) return ref;
  const path = join(folder, `${id}.json`);
  const manifest = await readManifest(path, world);
  if (manifest === undefined || manifest.id !== id) return undefined;
  const elsewhere = await messagesFileOf(path, manifest, world);
  return elsewhere === beside ? undefined : messagesRef(elsewhere, id, world);
}

async function messagesRef(path: string, id: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  const compaction = compactionFile(path);
  const beside = compaction === undefined ? undefined : await world.files.stat(compaction);
  const files = beside?.kind === "file" ? { files: [path, compaction!] } : {};
  const sizeBytes = stat.size + (beside?.kind === "file" ? beside.size : 0);
  return { provider: PROVIDER, id, path, ...files, sizeBytes, modifiedAt: stat.mtimeMs };
}

/** The task in a folder. `item` is what its store's list says of it: an empty object where it does not know it. */
async function taskIn(
  folder: string,
  id: string,
  item: JsonObject | undefined,
  world: World,
): Promise<SessionRef | undefined> {
  const path = join(folder, TASK_FILE);
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") return undefined;
  return {
    provider: PROVIDER,
    id,
    path,
    sizeBytes: stat.size,
    modifiedAt: stat.mtimeMs,
    listed: item ?? {},
  };
}

/** A folder that may hold a session, and what looks into it. */
type Candidate = () => Promise<SessionRef | undefined>;

async function candidates(world: World, accepts: (id: string) => boolean): Promise<Candidate[]> {
  const { sessions, tasks } = await storesOf(world);
  const found: Candidate[] = [];
  for (const id of await folders(sessions, world)) {
    if (accepts(id)) found.push(() => sessionIn(join(sessions, id), id, world));
  }
  for (const store of tasks) {
    const root = tasksFolder(store);
    const ids = (await folders(root, world)).filter(accepts);
    if (ids.length === 0) continue;
    const items = await historyItems(store, world);
    for (const id of ids) found.push(() => taskIn(join(root, id), id, items.get(id), world));
  }
  return found;
}

/** What is found, newest first; of sessions with the same id (a task the CLI went on with) the newest. */
async function foundIn(looks: readonly Candidate[], world: World): Promise<SessionRef[]> {
  const byId = new Map<string, SessionRef>();
  for (let from = 0; from < looks.length; from += PARALLEL) {
    world.signal.throwIfAborted();
    const refs = await Promise.all(looks.slice(from, from + PARALLEL).map((look) => orWarning(look, world)));
    for (const ref of refs) {
      if (ref === undefined) continue;
      const other = byId.get(ref.id);
      if (other === undefined || other.modifiedAt < ref.modifiedAt) byId.set(ref.id, ref);
    }
  }
  return [...byId.values()].sort((a, b) => b.modifiedAt - a.modifiedAt || (a.id < b.id ? -1 : 1));
}

/** One session nobody may read does not hide the others. */
async function orWarning(look: Candidate, world: World): Promise<SessionRef | undefined> {
  try {
    return await look();
  } catch (error) {
    world.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    world.warn({ code: "unreadable-session", message });
    return undefined;
  }
}

/** All sessions and tasks, newest first. Subagents' are left out: they lie in the folder of their session. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await foundIn(await candidates(world, () => true), world);
}

/** Sessions whose id begins with `word`; with `__` in it also subagents, which are called `<session>__<agent>`. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const wanted = word.toLowerCase();
  if (wanted === "") return;
  yield* await foundIn(await candidates(world, (id) => id.toLowerCase().startsWith(wanted)), world);
  const [root] = wanted.split("__");
  if (root === wanted || root === undefined || root === "") return;
  const { sessions } = await storesOf(world);
  for (const name of await folders(sessions, world)) {
    if (name.toLowerCase() !== root) continue;
    for await (const ref of subagentsIn(join(sessions, name), world))
      if (ref.id.toLowerCase().startsWith(wanted)) yield ref;
  }
}

/** The sessions of a session's subagents and teammates. */
export async function* subagentsIn(folder: string, world: World): AsyncIterable<SessionRef> {
  for (const { kind, name } of await world.files.list(folder)) {
    const path = join(folder, name);
    const ids = kind === "file" ? idsOfFile(path) : undefined;
    if (ids?.parent === undefined) continue;
    const ref = await messagesRef(path, ids.id, world);
    if (ref !== undefined) yield ref;
  }
}

/** The session in the file or folder at `path`, wherever it lies; undefined when it is none of Cline's. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  const name = baseName(path);
  if (stat?.kind === "directory")
    return (await sessionIn(path, name, world)) ?? (await identifyTask(join(path, TASK_FILE), world));
  if (stat?.kind !== "file") return undefined;
  if (name === TASK_FILE || TASK_UI_FILES.includes(name))
    return identifyTask(join(folderOf(path), TASK_FILE), world);
  if (name.endsWith(MESSAGES_SUFFIX)) return identifyMessages(path, world);
  if (name.endsWith(COMPACTION_SUFFIX)) {
    const main = `${path.slice(0, -COMPACTION_SUFFIX.length)}${MESSAGES_SUFFIX}`;
    return identify(main, world);
  }
  if (!name.endsWith(".json")) return undefined;
  const manifest = await readManifest(path, world);
  if (manifest === undefined || `${manifest.id}.json` !== name || !isUsableId(manifest.id)) return undefined;
  return messagesRef(await messagesFileOf(path, manifest, world), manifest.id, world);
}

async function identifyMessages(path: string, world: World): Promise<SessionRef | undefined> {
  const ids = idsOfFile(path);
  const head = await peekDocument(path, world);
  if (ids === undefined || head === undefined) return undefined;
  const stored = stringOf({ id: (await head.field("sessionId")) ?? null }, "id");
  const id = stored !== undefined && isUsableId(stored) ? stored : ids.id;
  return messagesRef(path, id, world);
}

/** Extensions that grew out of Cline have files of the same name, and ones of their own beside them. */
async function identifyTask(path: string, world: World): Promise<SessionRef | undefined> {
  const folder = folderOf(path);
  if (/(?:roo-cline|roo-code|kilo-?code|zoo-code)/iu.test(folder)) return undefined;
  if ((await world.files.stat(join(folder, "history_item.json"))) !== undefined) return undefined;
  const id = baseName(folder);
  if (!isUsableId(id) || (await world.files.stat(path))?.kind !== "file") return undefined;
  const items = await historyItems(folderOf(folderOf(folder)), world);
  return taskIn(folder, id, items.get(id), world);
}
