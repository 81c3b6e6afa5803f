import type { ResumeStep, World, Writer } from "casr-cli/provider";
import type { Fork } from "./native.ts";
import { chosenDatabase, folderOf, pathIn } from "./paths.ts";

/**
 * `opencode -s ID` in the session's folder: from elsewhere OpenCode 1.18.33 does not end, and neither its list nor
 * Kilo Code's (7.7.9) shows the session. `database` is where the session is.
 */
export function resumeSteps(
  id: string,
  workspace: string | undefined,
  database: string | undefined,
  fork: Fork,
  world: World,
): ResumeStep[] {
  const env = environment(database, fork, world);
  return [
    {
      argv: [fork.binary, "-s", id],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      ...(Object.keys(env).length === 0 ? {} : { env }),
    },
  ];
}

/** The agent inherits its variables; a relative path would mean another place in the workspace. */
function environment(database: string | undefined, fork: Fork, world: World): Record<string, string> {
  const { home, database: variable } = fork.variables;
  // The folder named for casr alone means nothing to the agent.
  if (pathIn(home, world) !== undefined && database !== undefined) return { [variable]: database };
  const chosen = chosenDatabase(fork, world);
  const data = pathIn("XDG_DATA_HOME", world);
  return {
    ...(chosen === undefined || chosen === world.env[variable] ? {} : { [variable]: chosen }),
    ...(data === undefined || data === world.env["XDG_DATA_HOME"] ? {} : { XDG_DATA_HOME: data }),
  };
}

/** How to go on with a session where it is. Of those in JSON files only OpenCode up to 1.1 knows. */
export async function resume(
  session: Parameters<Writer["resume"]>[0],
  fork: Fork,
  world: World,
): Promise<ResumeStep[]> {
  const older = session.path.endsWith(".json");
  const database = older ? undefined : folderOf(session.path);
  const steps = resumeSteps(session.id, session.workspace, database, fork, world);
  return older ? steps.map((step) => ({ ...step, note: fork.olderStoreNote })) : steps;
}
