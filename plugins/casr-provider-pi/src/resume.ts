import type { ResumeStep, World } from "casr-cli/provider";
import { agentFolder } from "./paths.ts";

/** Pi finds a session by its id in the folder it is about; elsewhere it offers to make a copy. */
export function resumeSteps(session: { id: string; workspace?: string }, world: World): ResumeStep[] {
  const argv = ["pi", "--session", session.id];
  const env = environment(world);
  if (session.workspace !== undefined) return [{ argv, cwd: session.workspace, ...env }];
  return [
    { argv, ...env, note: "Run it in the folder the session is about: elsewhere Pi would make a copy." },
  ];
}

/** Pi itself does not know casr's own variable. */
function environment(world: World): Pick<ResumeStep, "env"> {
  const isAlias = !world.env["PI_CODING_AGENT_DIR"] && Boolean(world.env["PI_AGENT_HOME"]);
  return isAlias ? { env: { PI_CODING_AGENT_DIR: agentFolder(world) } } : {};
}
