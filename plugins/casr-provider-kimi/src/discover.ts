import type { Detection, DirectoryEntry, FileStat, SessionRef, World } from "casr-cli/provider";
import { MAIN_AGENT, SLUG } from "./native.ts";
import { cliFolder, codeFolder, isId, joined, sessionsFolder } from "./paths.ts";
import { cliFileSession, cliSession, codeSession, placeOf, splitId, type SessionPlace } from "./places.ts";
import { readWorkspaces, type Workspaces } from "./workspaces.ts";

/** How many sessions are looked at together. */
const PARALLEL = 32;
/** How much of a file is read to see whether it is one. */
const HEAD_BYTES = 4096;

async function listed(folder: string, world: World): Promise<DirectoryEntry[]> {
  try {
    return await world.files.list(folder);
  } catch (error) {
    world.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    world.warn({ code: "unreadable-session", message, path: folder });
    return [];
  }
}

async function* buckets(root: string, world: World): AsyncIterable<string> {
  for (const { kind, name } of await listed(root, world))
    if (kind === "directory" && !name.startsWith(".")) yield joined(world, root, name);
}

/** Sessions of both agents by the names of their folders. One that Kimi Code took over counts once. */
async function candidates(world: World, wanted: (id: string) => boolean): Promise<SessionPlace[]> {
  const found: SessionPlace[] = [];
  const taken = new Set<string>();
  for await (const bucket of buckets(sessionsFolder(codeFolder(world), world), world))
    for (const { kind, name } of await listed(bucket, world)) {
      if (kind !== "directory" || !isId(name)) continue;
      taken.add(name);
      if (wanted(name)) found.push(codeSession(joined(world, bucket, name), MAIN_AGENT, world));
    }
  for await (const bucket of buckets(sessionsFolder(cliFolder(world), world), world))
    for (const { kind, name } of await listed(bucket, world)) {
      const id = kind === "file" ? name.replace(/\.jsonl$/, "") : name;
      const isSession = isId(id) && (kind === "directory" || (kind === "file" && id !== name));
      // `kimi migrate` names its copy after the session.
      if (!isSession || taken.has(`ses_${id}`) || !wanted(id)) continue;
      const path = joined(world, bucket, name);
      found.push(kind === "file" ? cliFileSession(path, world) : cliSession(path, world));
    }
  return found;
}

async function reference(
  place: SessionPlace,
  workspaces: Workspaces,
  world: World,
): Promise<SessionRef | undefined> {
  const stat = await world.files.stat(place.path);
  if (stat?.kind !== "file" || stat.size === 0) return undefined;
  const state: FileStat | undefined =
    place.state === undefined ? undefined : await world.files.stat(place.state);
  const workspace = workspaces.get(place.bucket);
  return {
    provider: SLUG,
    id: place.id,
    path: place.path,
    ...(state?.kind === "file" ? { files: [place.path, place.state!] } : {}),
    sizeBytes: stat.size + (state?.kind === "file" ? state.size : 0),
    modifiedAt: stat.mtimeMs,
    ...(workspace === undefined ? {} : { listed: { workspace } }),
  };
}

async function existing(places: SessionPlace[], world: World): Promise<SessionRef[]> {
  if (places.length === 0) return [];
  const workspaces = await readWorkspaces(world);
  const found: SessionRef[] = [];
  for (let from = 0; from < places.length; from += PARALLEL) {
    const part = places.slice(from, from + PARALLEL).map(async (place) => {
      try {
        return await reference(place, workspaces, world);
      } catch (error) {
        world.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        world.warn({ code: "unreadable-session", message, path: place.path });
        return undefined;
      }
    });
    for (const ref of await Promise.all(part)) if (ref !== undefined) found.push(ref);
  }
  const seen = new Set<string>();
  return found
    .sort((a, b) => b.modifiedAt - a.modifiedAt)
    .filter(({ id }) => !seen.has(id) && seen.add(id) !== undefined);
}

/** Whether Kimi Code or kimi-cli have a store here. */
export async function detect(world: World): Promise<Detection> {
  const roots = [codeFolder(world), cliFolder(world)];
  const evidence: string[] = [];
  for (const root of roots) {
    const folder = sessionsFolder(root, world);
    if ((await world.files.stat(folder))?.kind !== "directory") continue;
    let count = 0;
    for await (const bucket of buckets(folder, world)) count += (await listed(bucket, world)).length;
    evidence.push(`${folder} exists (${count} ${count === 1 ? "session" : "sessions"})`);
  }
  return { found: evidence.length > 0, evidence, roots };
}

/** All main sessions, newest first. Of each its files are looked at, and not opened. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  yield* await existing(await candidates(world, () => true), world);
}

/** Sessions whose id is or begins with `word`; a subagent by its whole id. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  const prefix = word.toLowerCase();
  if (prefix === "") return;
  yield* await existing(await candidates(world, (id) => id.toLowerCase().startsWith(prefix)), world);
  const parts = splitId(word);
  if (parts === undefined || !isId(parts.agent)) return;
  const owners = await candidates(world, (id) => id.toLowerCase() === parts.session.toLowerCase());
  const agents = owners.flatMap(({ layout, state }) => {
    if (state === undefined || layout === "cli-file") return [];
    const folder = state.slice(0, -"/state.json".length);
    if (layout === "code") return [codeSession(folder, parts.agent, world)];
    return placeOf(joined(world, folder, "subagents", parts.agent, "context.jsonl"), world) ?? [];
  });
  yield* await existing(agents, world);
}

/** The session in the file at `path`; undefined when it is not one of these agents'. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  const place = placeOf(path, world);
  if (place === undefined || (await world.files.stat(path))?.kind !== "file") return undefined;
  const bytes = await world.files.read(path, { start: 0, end: HEAD_BYTES });
  const head = Buffer.from(bytes ?? []).toString("utf8");
  // The first line may be damaged.
  if (!(place.layout === "code" ? /"(?:type|message)":/ : /"role":/).test(head)) return undefined;
  return reference(place, await readWorkspaces(world), world);
}
