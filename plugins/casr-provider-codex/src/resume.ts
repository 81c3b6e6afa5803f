import type { ResumeStep, World, Writer } from "casr-cli/provider";
import { movedFolder } from "./paths.ts";

/** `codex resume ID` in the session's folder; Codex would ask for the folder when started elsewhere. */
export function resumeSteps(id: string, workspace: string | undefined, world: World): ResumeStep[] {
  const env = environment(world);
  return [
    {
      argv: ["codex", "resume", id],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      ...(Object.keys(env).length === 0 ? {} : { env }),
    },
  ];
}

/** Codex inherits its variables; a relative folder would mean another one in the workspace. */
function environment(world: World): Record<string, string> {
  const names = ["CODEX_HOME", "CODEX_SQLITE_HOME"];
  const moved = names.map((name) => [name, movedFolder(name, world)] as const);
  const changed = moved.flatMap(([name, folder]) =>
    folder === undefined || folder === world.env[name] ? [] : [[name, folder] as const],
  );
  return Object.fromEntries(changed);
}

export const resume: Writer["resume"] = async (session, world) =>
  resumeSteps(session.id, session.workspace, world);
