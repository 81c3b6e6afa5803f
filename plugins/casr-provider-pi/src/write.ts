import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { joined, projectFolderName, sessionFileName, storeOf } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { sessionLines } from "./write-session.ts";
import { startOf } from "./write-time.ts";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { root, isFlat } = await storeOf(world);
  // Pi looks for a session in the folder of the real path it is started in.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const folder = isFlat ? root : joined(world, root, projectFolderName(workspace));
  const start = await startOf(session, world);
  const path = joined(world, folder, sessionFileName(start, options.sessionId));
  const content = (): AsyncIterable<string> => sessionLines(session, { ...options, workspace }, start, world);
  return {
    sessionId: options.sessionId,
    path,
    roots: [root],
    steps: [{ kind: "create-file", path, content }],
    resume: resumeSteps({ id: options.sessionId, workspace }, world),
    notes: [],
  };
}

/** Writes sessions that Pi 0.73 lists and resumes as its own. */
export const writer: Writer = {
  nativeCall,
  plan,
  resume: async (session, world) => resumeSteps(session, world),
};
