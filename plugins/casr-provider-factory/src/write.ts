import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { joined, projectFolderName, sessionsFolder } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { sessionLines } from "./write-session.ts";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const root = await sessionsFolder(world);
  // Droid looks for a session in the folder of its workspace, named after the real path.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const path = joined(world, root, projectFolderName(workspace, world), `${options.sessionId}.jsonl`);
  return {
    sessionId: options.sessionId,
    path,
    roots: [root],
    steps: [
      { kind: "create-file", path, content: () => sessionLines(session, { ...options, workspace }, world) },
    ],
    resume: resumeSteps({ id: options.sessionId, workspace, path }, world),
    notes: [],
  };
}

/** Writes sessions that Factory Droid 0.225 lists and resumes as its own. */
export const writer: Writer = {
  nativeCall,
  plan,
  resume: async (session, world) => resumeSteps(session, world),
};
