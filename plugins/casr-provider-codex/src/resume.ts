import type { ResumeStep, Writer } from "casr-cli/provider";

/** `codex resume ID` in the session's folder; Codex would ask for the folder when started elsewhere. */
export function resumeSteps(id: string, workspace: string | undefined): ResumeStep[] {
  return [{ argv: ["codex", "resume", id], ...(workspace === undefined ? {} : { cwd: workspace }) }];
}

export const resume: Writer["resume"] = async (session) => resumeSteps(session.id, session.workspace);
