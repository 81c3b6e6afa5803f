import type { ResumeStep } from "casr-cli/provider";

/**
 * How to go on with a session. Versions up to 2.1.200 find a session only when they are started
 * in its workspace, so the folder is always given.
 */
export function resumeSteps(session: { id: string; workspace?: string }): ResumeStep[] {
  const argv = ["claude", "--resume", session.id];
  return [session.workspace === undefined ? { argv } : { argv, cwd: session.workspace }];
}
