import { basename, posix, win32 } from "node:path";
import type { World } from "casr-cli/provider";

/** Path rules of the machine the world is on. */
function rules(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Joins path parts by the rules of the world's platform. */
export function joined(world: World, ...parts: string[]): string {
  return rules(world).join(...parts);
}

/**
 * Droid's own folder: below `FACTORY_HOME_OVERRIDE` (Droid's variable for the home folder), else `FACTORY_HOME`
 * (the folder itself, or the one it is in), else below the home folder.
 */
export function factoryFolder(world: World): string {
  const home = world.env["FACTORY_HOME_OVERRIDE"];
  if (home) return joined(world, rules(world).resolve(world.cwd, home), ".factory");
  const named = world.env["FACTORY_HOME"];
  if (!named) return joined(world, world.home, ".factory");
  const folder = rules(world).resolve(world.cwd, named);
  return rules(world).basename(folder) === ".factory" ? folder : joined(world, folder, ".factory");
}

/**
 * The folder that holds one folder of sessions for each workspace. To other tools `FACTORY_HOME` is that folder
 * itself: so it is where sessions lie right in it.
 */
export async function sessionsFolder(world: World): Promise<string> {
  const usual = joined(world, factoryFolder(world), "sessions");
  const named = world.env["FACTORY_HOME"];
  if (world.env["FACTORY_HOME_OVERRIDE"] || !named || (await world.files.stat(usual)) !== undefined)
    return usual;
  const folder = rules(world).resolve(world.cwd, named);
  if (rules(world).basename(folder) === "sessions") return folder;
  const entries = await world.files.list(folder);
  const hasSessions = entries.some(({ kind, name }) =>
    kind === "directory" ? /^(?:-|[A-Za-z]--)/.test(name) : kind === "file" && idOf(name) !== undefined,
  );
  return hasSessions ? folder : usual;
}

/** The name of a workspace's folder of sessions (0.225.2): "/" becomes "-", nothing else changes. Windows has more that a name may not hold. */
export function projectFolderName(workspace: string, world: World): string {
  return world.platform === "win32" ? workspace.replace(/[\\/:]/g, "-") : workspace.replaceAll("/", "-");
}

/** The id in a session file's name; undefined for other files, and for names that no program should be given. */
export function idOf(path: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- such names are refused
  const name = /^([^\u0000-\u001f\u007f-\u009f/\\]{1,200})\.jsonl$/.exec(basename(path))?.[1];
  return name === undefined || name.startsWith("-") || name.startsWith(".") ? undefined : name;
}
