import { join } from "node:path";
import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { configFolder, projectFolderName, projectsFolder } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { foreignName, nativeCall } from "./tools.ts";
import { sessionLines } from "./write-session.ts";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  // The agent names the folder after the real path of the folder it is started in.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const path = join(projectsFolder(world), projectFolderName(workspace), `${options.sessionId}.jsonl`);
  return {
    sessionId: options.sessionId,
    path,
    // Either may be a link to elsewhere.
    roots: [configFolder(world), projectsFolder(world)],
    steps: [
      { kind: "create-file", path, content: () => sessionLines(session, { ...options, workspace }, world) },
    ],
    resume: resumeSteps({ id: options.sessionId, workspace }, world),
    notes: [],
  };
}

/** Writes sessions that Claude Code lists and resumes as its own. */
export const writer: Writer = {
  nativeCall,
  foreignName,
  plan,
  resume: async (session, world) => resumeSteps(session, world),
};
