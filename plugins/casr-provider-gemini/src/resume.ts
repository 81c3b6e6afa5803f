import type { ResumeStep } from "casr-cli/provider";

/** Gemini CLI finds a session only from its workspace. */
export function resumeSteps(id: string, workspace: string | undefined): ResumeStep[] {
  const argv = ["gemini", "--resume", id];
  if (workspace !== undefined) return [{ argv, cwd: workspace }];
  return [
    {
      argv,
      note: "Run it in the folder the session was made in: Gemini CLI finds sessions by their folder.",
    },
  ];
}
