import type { ResumeStep, World } from "casr-cli/provider";
import { TASK_FILE } from "./native.ts";
import { baseName, storesOf } from "./paths.ts";

/** The CLI finds a session from everywhere, but works in the folder it is started in. */
export async function resumeSteps(
  session: { id: string; workspace?: string },
  world: World,
): Promise<ResumeStep[]> {
  const { env } = await storesOf(world);
  const step: ResumeStep = {
    argv: ["cline", "--id", session.id],
    ...(Object.keys(env).length === 0 ? {} : { env }),
  };
  if (session.workspace !== undefined) return [{ ...step, cwd: session.workspace }];
  return [
    { ...step, note: "Run it in the folder the session was made in: Cline works where it is started." },
  ];
}

/** How to go on with a session that is there; the CLI does not know the extension's tasks. */
export async function resume(
  session: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  if (baseName(session.path) !== TASK_FILE) return resumeSteps(session, world);
  return [
    {
      argv: ["cline"],
      ...(session.workspace === undefined ? {} : { cwd: session.workspace }),
      note:
        "This is a task of the editor extension: open it there from Cline's history. For the CLI, copy it: " +
        `casr resume ${session.id} --to cline --fork`,
    },
  ];
}
