import type { ResumeStep, World } from "casr-cli/provider";
import { discover } from "./discover.ts";
import { pathsOf } from "./paths.ts";

/** cn would take a relative folder from where it is started. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const { isAbsolute, resolve } = pathsOf(world);
  const moved = world.env["CONTINUE_GLOBAL_DIR"];
  if (moved === undefined || moved === "" || isAbsolute(moved)) return {};
  return { env: { CONTINUE_GLOBAL_DIR: resolve(world.cwd, moved) } };
}

function where(workspace: string | undefined, world: World): Pick<ResumeStep, "cwd" | "env"> {
  return { ...(workspace === undefined ? {} : { cwd: workspace }), ...environment(world) };
}

/** For the session whose file changed last: cn 1.5.47 takes no id and goes on with that one. */
export function resumeNewest(id: string, workspace: string | undefined, world: World): ResumeStep {
  return {
    argv: ["cn", "--resume"],
    ...where(workspace, world),
    note: `Run it before another session of Continue's is used: cn goes on with the one that changed last. Later, cn --fork ${id} opens a copy.`,
  };
}

/** How to go on with a session that is there: by id there is only the way into a copy. */
export async function resumeSteps(
  { id, workspace, path }: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  for await (const newest of discover(world)) {
    if (newest.path === path) return [resumeNewest(id, workspace, world)];
    break;
  }
  return [
    {
      argv: ["cn", "--fork", id],
      ...where(workspace, world),
      note: "cn opens a session by its id only as a copy with an id of its own.",
    },
  ];
}
