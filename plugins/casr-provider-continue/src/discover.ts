import type { Detection, FileStat, JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { parseJson, stringOf } from "./json.ts";
import { load } from "./load.ts";
import { lineageOf } from "./mark.ts";
import { messageOf, nameOf, SLUG, textsOf, workspaceOf } from "./native.ts";
import { idOf, pathsOf, sessionsFolder } from "./paths.ts";
import { indexRows, rowOf } from "./rows.ts";

/** How many files are asked for their size at once. */
const PARALLEL = 32;
/** Enough of a file for its title and the first prompt. */
const HEAD_BYTES = 64 * 1024;

/** `listed` is the session's row in the list: an empty object where it has none. */
function reference(id: string, path: string, stat: FileStat, row: JsonObject | undefined): SessionRef {
  return {
    provider: SLUG,
    id,
    path,
    sizeBytes: stat.size,
    modifiedAt: stat.mtimeMs,
    listed: row ?? {},
  };
}

/** Session files by name. */
async function names(world: World): Promise<{ id: string; path: string }[]> {
  const folder = sessionsFolder(world);
  const entries = await world.files.list(folder);
  return entries.flatMap(({ kind, name }) => {
    const id = kind === "file" ? idOf(name) : undefined;
    return id === undefined ? [] : [{ id, path: pathsOf(world).join(folder, name) }];
  });
}

async function references(files: { id: string; path: string }[], world: World): Promise<SessionRef[]> {
  const found: SessionRef[] = [];
  if (files.length === 0) return found;
  const rows = await indexRows(world);
  for (let from = 0; from < files.length; from += PARALLEL) {
    const group = files.slice(from, from + PARALLEL);
    const stats = await Promise.all(group.map(({ path }) => world.files.stat(path)));
    group.forEach(({ id, path }, index) => {
      const stat = stats[index];
      if (stat?.kind === "file") found.push(reference(id, path, stat, rows.get(id)));
    });
  }
  return found.sort((a, b) => b.modifiedAt - a.modifiedAt || (a.path < b.path ? -1 : 1));
}

/** Whether Continue has sessions here. */
export async function detect(world: World): Promise<Detection> {
  const folder = sessionsFolder(world);
  const there = (await world.files.stat(folder))?.kind === "directory";
  if (!there) return { found: false, evidence: [], roots: [folder] };
  const { length } = await names(world);
  const evidence = [`${folder} exists (${length} ${length === 1 ? "session" : "sessions"})`];
  return { found: true, evidence, roots: [folder] };
}

/** All sessions, newest first, those missing in the list included: cn resumes them too. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await references(await names(world), world);
}

/** Sessions whose id is or starts with `word`, by file name alone. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  const fitting = (await names(world)).filter(({ id }) => id.toLowerCase().startsWith(prefix));
  yield* await references(fitting, world);
}

/** The session in the file at `path`, wherever it lies; undefined for other files. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(path);
  const id = idOf(path);
  if (stat?.kind !== "file" || id === undefined) return undefined;
  const bytes = await world.files.read(path, { start: 0, end: HEAD_BYTES });
  // Cheap for files of other kinds: the keys are Continue's, in whatever order.
  if (!/"(?:sessionId|history)"\s*:/u.test(new TextDecoder().decode(bytes))) return undefined;
  const loaded = await load(path, world);
  if (loaded === undefined || typeof (await loaded.member("sessionId")) !== "string") return undefined;
  let seen = false;
  for await (const item of loaded.items()) {
    seen = true;
    if (typeof messageOf(item)["role"] !== "string") continue;
    seen = false;
    break;
  }
  if (seen) return undefined;
  return reference(id, path, stat, (await indexRows(world)).get(id));
}

const FIELD = /^ {2}"(title|workspaceDirectory)": ("(?:[^"\\]|\\.)*")/gmu;
const FIRST_PROMPT =
  /"role":\s*"user",\s*"content":\s*(?:\[\s*\{\s*"type":\s*"text",\s*"text":\s*)?("(?:[^"\\]|\\.)*")/u;

/** What a listing shows: from the list, and from the head of the file where that is not enough. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const { parseTimestamp, titleFrom } = world.toolkit;
  const row = await rowOf(ref, world);
  let name = nameOf(row?.["title"]);
  let workspace = workspaceOf(row?.["workspaceDirectory"]);
  let prompt: string | undefined;
  if (name === undefined || workspace === undefined) {
    const bytes = await world.files.read(ref.path, { start: 0, end: HEAD_BYTES });
    const text = new TextDecoder().decode(bytes);
    const fields = Object.fromEntries(
      [...text.matchAll(FIELD)].map(([, key, value]) => [key!, parseJson(value!)]),
    );
    name ??= nameOf(fields["title"]);
    workspace ??= workspaceOf(fields["workspaceDirectory"]);
    const said = parseJson(FIRST_PROMPT.exec(text)?.[1] ?? "");
    prompt = typeof said === "string" ? said : undefined;
  }
  const title = titleFrom(name ?? prompt ?? "");
  const startedAt = parseTimestamp(stringOf(row, "dateCreated"));
  const lineage = lineageOf(row?.["casr"], world.toolkit);
  return {
    ref,
    lastActiveAt: Math.trunc(ref.modifiedAt),
    ...(title === undefined ? {} : { title }),
    ...(name === undefined ? {} : { nativeName: name }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lineage === undefined ? {} : { lineage }),
  };
}

/** Beginning of what a person said in an item. */
export function promptOf(item: JsonObject): string | undefined {
  const message = messageOf(item);
  if (message["role"] !== "user") return undefined;
  return textsOf(message["content"])
    .find((said) => said.trim() !== "")
    ?.slice(0, 300);
}
