import type { ResumeStep, World, Writer } from "casr-cli/provider";
import { AGENT } from "./native.ts";
import { chosenDatabase, folderOf, pathIn } from "./paths.ts";

/**
 * `kilo -s ID` in the session's folder, the only one whose list shows it. `database` is where the session is.
 */
export function resumeSteps(
  id: string,
  workspace: string | undefined,
  database: string | undefined,
  world: World,
): ResumeStep[] {
  const env = environment(database, world);
  return [
    {
      argv: [AGENT.binary, "-s", id],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      ...(Object.keys(env).length === 0 ? {} : { env }),
    },
  ];
}

/** The agent inherits its variables; a relative path would mean another place in the workspace. */
function environment(database: string | undefined, world: World): Record<string, string> {
  const { home, database: variable } = AGENT.variables;
  // The folder named for casr alone means nothing to the agent.
  if (pathIn(home, world) !== undefined && database !== undefined) return { [variable]: database };
  const chosen = chosenDatabase(world);
  const data = pathIn("XDG_DATA_HOME", world);
  return {
    ...(chosen === undefined || chosen === world.env[variable] ? {} : { [variable]: chosen }),
    ...(data === undefined || data === world.env["XDG_DATA_HOME"] ? {} : { XDG_DATA_HOME: data }),
  };
}

/** Of sessions in JSON files only versions up to 1.1 know. */
const OLDER_STORE =
  "The session is in files of an older version, which the command line does not read. Add --fork to copy it into its store.";

export const resume: Writer["resume"] = async (session, world) => {
  const older = session.path.endsWith(".json");
  const database = older ? undefined : folderOf(session.path);
  const steps = resumeSteps(session.id, session.workspace, database, world);
  return older ? steps.map((step) => ({ ...step, note: OLDER_STORE })) : steps;
};
