import { posix, win32 } from "node:path";
import type { ResumeStep, World } from "casr-cli/provider";
import { copilotFolder, joined } from "./paths.ts";

/** Copilot CLI finds a session by its id from any folder, but works where it is started. */
export function resumeSteps(session: { id: string; workspace?: string }, world: World): ResumeStep[] {
  const argv = ["copilot", "--resume", session.id];
  return [
    {
      argv,
      ...(session.workspace === undefined ? {} : { cwd: session.workspace }),
      ...environment(world),
      ...(session.workspace === undefined
        ? { note: "Run it in the folder the session is about: Copilot CLI works where it is started." }
        : {}),
    },
  ];
}

/** A relative COPILOT_HOME would be looked for from the workspace. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const named = world.env["COPILOT_HOME"];
  const { isAbsolute } = world.platform === "win32" ? win32 : posix;
  if (!named || isAbsolute(named) || copilotFolder(world) === joined(world, world.home, ".copilot"))
    return {};
  return { env: { COPILOT_HOME: copilotFolder(world) } };
}
