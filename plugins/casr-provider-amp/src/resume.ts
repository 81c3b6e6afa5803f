import type { ResumeStep, World } from "casr-cli/provider";

/** `amp threads continue` works from any folder; the thread's own is the natural one. */
export async function resumeSteps(
  session: { id: string; workspace?: string },
  _world: World,
): Promise<ResumeStep[]> {
  const argv = ["amp", "threads", "continue", session.id];
  return [{ argv, ...(session.workspace === undefined ? {} : { cwd: session.workspace }) }];
}
