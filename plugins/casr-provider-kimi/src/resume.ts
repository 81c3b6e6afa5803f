import type { ResumeStep, World } from "casr-cli/provider";
import { codeFolder } from "./paths.ts";

/** Kimi Code finds a session by its id, and wants to be in the folder it is about. */
export function resumeSteps(session: { id: string; workspace?: string }, world: World): ResumeStep[] {
  const argv = ["kimi", "--session", session.id];
  const env = environment(world);
  if (session.workspace !== undefined) return [{ argv, cwd: session.workspace, ...env }];
  return [{ argv, ...env, note: "Run it in the folder the session is about." }];
}

/** Kimi Code itself does not know casr's own variable. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const isAlias = !world.env["KIMI_CODE_HOME"] && Boolean(world.env["KIMI_HOME"]);
  return isAlias ? { env: { KIMI_CODE_HOME: codeFolder(world) } } : {};
}
