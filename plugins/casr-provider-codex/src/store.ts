import type { FileStat, World } from "casr-cli/provider";
import { archiveFolder, codexHome, join, parseRolloutName, sessionsFolder } from "./paths.ts";

/** A session file in Codex's store, known by its name alone. */
export interface RolloutFile {
  path: string;
  /** From the name; undefined when the name holds none. */
  id?: string;
  /** Id of the file alone, from the name. */
  rollout?: string;
  archived: boolean;
  compressed: boolean;
}

async function foldersNewestFirst(path: string, world: World): Promise<string[]> {
  const entries = await world.files.list(path);
  return entries
    .filter((entry) => entry.kind === "directory")
    .map((entry) => entry.name)
    .toReversed();
}

async function* filesIn(folder: string, archived: boolean, world: World): AsyncIterable<RolloutFile> {
  const entries = await world.files.list(folder);
  const names = new Set(entries.map((entry) => entry.name));
  for (const entry of entries.toReversed()) {
    const parsed = entry.kind === "file" ? parseRolloutName(entry.name) : undefined;
    if (parsed === undefined) continue;
    // While Codex compresses a file, both forms are there for a moment.
    if (parsed.compressed && names.has(entry.name.slice(0, -".zst".length))) continue;
    const path = join(folder, entry.name);
    yield {
      path,
      archived,
      compressed: parsed.compressed,
      ...(parsed.id === undefined ? {} : { id: parsed.id }),
      ...(parsed.rollout === undefined ? {} : { rollout: parsed.rollout }),
    };
  }
}

/** All session files: by day, newest first, then those without a day, then the archived ones. */
export async function* rolloutFiles(world: World): AsyncIterable<RolloutFile> {
  const home = codexHome(world);
  const sessions = sessionsFolder(home);
  for (const year of await foldersNewestFirst(sessions, world)) {
    for (const month of await foldersNewestFirst(join(sessions, year), world)) {
      for (const day of await foldersNewestFirst(join(sessions, year, month), world)) {
        yield* filesIn(join(sessions, year, month, day), false, world);
      }
    }
  }
  yield* filesIn(sessions, false, world);
  yield* filesIn(archiveFolder(home), true, world);
}

/** The file that has the id `rollout` itself; a file in `sessions` goes before an archived one. */
export async function findRollout(rollout: string, world: World): Promise<RolloutFile | undefined> {
  const wanted = rollout.toLowerCase();
  for await (const file of rolloutFiles(world)) if (file.rollout === wanted) return file;
  return undefined;
}

/** The stat of a session file that may have been (de)compressed since its name was read. */
export async function statRollout(
  path: string,
  world: World,
): Promise<{ path: string; stat: FileStat } | undefined> {
  const other = path.endsWith(".zst") ? path.slice(0, -".zst".length) : `${path}.zst`;
  for (const candidate of [path, other]) {
    const stat = await world.files.stat(candidate);
    if (stat?.kind === "file") return { path: candidate, stat };
  }
  return undefined;
}
