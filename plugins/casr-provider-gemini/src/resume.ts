import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { ResumeStep, World } from "casr-cli/provider";
import { geminiFolder } from "./paths.ts";

/** Gemini CLI finds a session only from its workspace. */
export async function resumeSteps(
  id: string,
  workspace: string | undefined,
  world: World,
): Promise<ResumeStep[]> {
  const argv = ["gemini", "--resume", id];
  const where = await environment(world);
  if (workspace !== undefined) return [{ argv, cwd: workspace, ...where }];
  return [
    {
      argv,
      ...where,
      note: "Run it in the folder the session was made in: Gemini CLI finds sessions by their folder.",
    },
  ];
}

/**
 * The variable Gemini CLI needs to look where the session is. It knows nothing of GEMINI_HOME, always
 * adds `.gemini` to GEMINI_CLI_HOME, and takes a relative one from the workspace.
 */
async function environment(world: World): Promise<Pick<ResumeStep, "env" | "note">> {
  const own = world.env["GEMINI_CLI_HOME"];
  if (own !== undefined && own !== "")
    return isAbsolute(own) ? {} : { env: { GEMINI_CLI_HOME: resolve(world.cwd, own) } };
  const folder = await geminiFolder(world);
  if (folder === join(world.home, ".gemini")) return {};
  if (basename(folder) === ".gemini") return { env: { GEMINI_CLI_HOME: dirname(folder) } };
  return { note: `Gemini CLI itself looks only in folders called .gemini, not in ${folder}.` };
}
