import { posix, win32 } from "node:path";
import type { ResumeStep, World } from "casr-cli/provider";
import { factoryFolder } from "./paths.ts";

/** Droid finds a session by its id from any folder, but works where it is started. */
export function resumeSteps(
  session: { id: string; workspace?: string; path: string },
  world: World,
): ResumeStep[] {
  const argv = ["droid", "--resume", session.id];
  const folder = factoryFolder(world);
  const { join, sep } = rulesOf(world);
  // A copy that lies anywhere else, named by its path, is none of the store's.
  const isElsewhere = isAliased(world) && !session.path.startsWith(join(folder, "sessions") + sep);
  const env = isElsewhere ? {} : environment(world);
  const notes = [
    ...(isElsewhere ? [`Droid itself looks only in folders called .factory${sep}sessions, not here.`] : []),
    ...(session.workspace === undefined
      ? ["Run it in the folder the session is about: Droid works where it is started."]
      : []),
  ];
  const cwd = session.workspace === undefined ? {} : { cwd: session.workspace };
  return [{ argv, ...cwd, ...env, ...(notes.length === 0 ? {} : { note: notes.join(" ") }) }];
}

function rulesOf(world: World): typeof posix {
  return world.platform === "win32" ? win32 : posix;
}

/** Whether `FACTORY_HOME`, which Droid does not know, says where the store is. */
function isAliased(world: World): boolean {
  return !world.env["FACTORY_HOME_OVERRIDE"] && Boolean(world.env["FACTORY_HOME"]);
}

/** Droid itself knows only FACTORY_HOME_OVERRIDE, which it would take from the workspace when relative. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const { isAbsolute, resolve, dirname, basename } = rulesOf(world);
  const own = world.env["FACTORY_HOME_OVERRIDE"];
  if (own) return isAbsolute(own) ? {} : { env: { FACTORY_HOME_OVERRIDE: resolve(world.cwd, own) } };
  const alias = world.env["FACTORY_HOME"];
  if (!alias) return {};
  const folder = resolve(world.cwd, alias);
  return { env: { FACTORY_HOME_OVERRIDE: basename(folder) === ".factory" ? dirname(folder) : folder } };
}
