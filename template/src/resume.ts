import type { ResumeStep } from "casr-cli/provider";

/** How a person goes on with the session `id`. Words, never a shell string. */
export function resumeSteps(id: string, workspace: string | undefined): ResumeStep[] {
  const argv = ["sampleagent", "--resume", id];
  return [workspace === undefined ? { argv } : { argv, cwd: workspace }];
}
