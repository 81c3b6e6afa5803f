import { join, resolve } from "node:path";
import type { ResumeStep, World } from "casr-cli/provider";
import { configFolder } from "./paths.ts";

/**
 * How to go on with a session. Versions up to 2.1.200 find a session only when they are started
 * in its workspace, so the folder is always given.
 */
export function resumeSteps(session: { id: string; workspace?: string }, world: World): ResumeStep[] {
  const argv = ["claude", "--resume", session.id];
  const env = environment(world);
  return [
    {
      argv,
      ...(session.workspace === undefined ? {} : { cwd: session.workspace }),
      ...(env === undefined ? {} : { env }),
    },
  ];
}

/**
 * The variable Claude Code needs to look where the session is. It knows nothing of CLAUDE_HOME, and
 * takes a relative CLAUDE_CONFIG_DIR from the workspace. Naming the usual folder would make it look
 * for `.claude.json` in there.
 */
function environment(world: World): Record<string, string> | undefined {
  const folder = resolve(configFolder(world));
  const isKnown = world.env["CLAUDE_CONFIG_DIR"] === folder || folder === join(world.home, ".claude");
  return isKnown ? undefined : { CLAUDE_CONFIG_DIR: folder };
}
