import { posix, win32 } from "node:path";
import type { ResumeStep, World } from "casr-cli/provider";

/** Droid finds a session by its id from any folder, but works where it is started. */
export function resumeSteps(session: { id: string; workspace?: string }, world: World): ResumeStep[] {
  const argv = ["droid", "--resume", session.id];
  const env = environment(world);
  if (session.workspace !== undefined) return [{ argv, cwd: session.workspace, ...env }];
  return [
    { argv, ...env, note: "Run it in the folder the session is about: Droid works where it is started." },
  ];
}

/** Droid itself knows only FACTORY_HOME_OVERRIDE, which it would take from the workspace when relative. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const { isAbsolute, resolve, dirname, basename } = world.platform === "win32" ? win32 : posix;
  const own = world.env["FACTORY_HOME_OVERRIDE"];
  if (own) return isAbsolute(own) ? {} : { env: { FACTORY_HOME_OVERRIDE: resolve(world.cwd, own) } };
  const alias = world.env["FACTORY_HOME"];
  if (!alias) return {};
  const folder = resolve(world.cwd, alias);
  return { env: { FACTORY_HOME_OVERRIDE: basename(folder) === ".factory" ? dirname(folder) : folder } };
}
