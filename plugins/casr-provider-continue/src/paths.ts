import { posix, win32, type PlatformPath } from "node:path";
import type { World } from "casr-cli/provider";

/** The list of sessions beside their files. */
export const INDEX = "sessions.json";

/** Path functions of the world's platform. */
export function pathsOf(world: World): PlatformPath {
  return world.platform === "win32" ? win32 : posix;
}

/** Continue's folder: `CONTINUE_GLOBAL_DIR`, which may be relative to the working directory, else `.continue` in the home. */
function continueFolder(world: World): string {
  const { join, resolve } = pathsOf(world);
  const moved = world.env["CONTINUE_GLOBAL_DIR"];
  return moved === undefined || moved === "" ? join(world.home, ".continue") : resolve(world.cwd, moved);
}

/** The folder that holds one file a session, and their list. */
export function sessionsFolder(world: World): string {
  return pathsOf(world).join(continueFolder(world), "sessions");
}

/** Id of the session in a file: its name, as cn takes it (1.5.47); undefined for the list and for other files. */
export function idOf(path: string): string | undefined {
  const name = path.split(/[\\/]/u).at(-1) ?? "";
  return name === INDEX ? undefined : /^([A-Za-z0-9][A-Za-z0-9._-]{0,127})\.json$/u.exec(name)?.[1];
}
