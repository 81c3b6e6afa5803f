import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { threadId } from "./native.ts";
import { dataFolder, pathsOf, THREADS } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { threadFile } from "./thread-file.ts";
import { nativeCall } from "./tools.ts";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { join } = pathsOf(world);
  const data = await dataFolder(world);
  const id = threadId(options.sessionId);
  const path = join(data, THREADS, `${id}.json`);
  const workspaceIsHere = (await world.files.stat(options.workspace))?.kind === "directory";
  const facts = { id, workspace: options.workspace, workspaceIsHere, lineage: options.lineage };
  return {
    sessionId: id,
    path,
    roots: [data],
    steps: [{ kind: "create-file", path, content: () => threadFile(session, facts, world) }],
    resume: await resumeSteps({ id, workspace: options.workspace }, world),
    notes: [],
  };
}

/** Writes threads for the Amp versions that kept them on disk. */
export const writer: Writer = {
  nativeCall,
  sessionIdFor: threadId,
  plan,
  resume: (session, world) => resumeSteps(session, world),
};
