import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { copyFile } from "./copy-file.ts";
import { installed } from "./installed.ts";
import { threadId } from "./native.ts";
import { copyPath, dataFolder, pathsOf, THREADS } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { threadFile } from "./thread-file.ts";
import { nativeCall } from "./tools.ts";

/**
 * A thread file for an Amp that reads files, a copy to import for one that does not, and both where casr finds
 * no trace of the version: neither does harm to the other, and each says what it is for.
 */
async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { join } = pathsOf(world);
  const { sessionId, workspace, lineage } = options;
  const data = await dataFolder(world);
  const amp = await installed(world);
  const id = threadId(sessionId);
  const workspaceIsHere = (await world.files.stat(workspace))?.kind === "directory";
  const facts = { id, workspace, workspaceIsHere, lineage };
  const thread = {
    kind: "create-file" as const,
    path: join(data, THREADS, `${id}.json`),
    content: () => threadFile(session, facts, world),
  };
  const copy = {
    kind: "create-file" as const,
    path: copyPath(data, id, world),
    content: () => copyFile(session, sessionId, facts, world),
  };
  const steps = amp.keeps === "files" ? [thread] : amp.keeps === "server" ? [copy] : [copy, thread];
  const resume = await resumeSteps({ id, workspace }, world, amp);
  return { sessionId: id, path: steps.at(-1)!.path, roots: [data], steps, resume, notes: notesFor() };

  function notesFor(): string[] {
    const notes: string[] = [];
    if (amp.keeps === "server")
      notes.push(
        `This is no thread of Amp's: Amp ${amp.version ?? "of April 2026 or later"} keeps threads on its server. casr wrote a copy in Claude Code's form, which Amp imports.`,
      );
    if (amp.keeps !== "files")
      notes.push("Amp's import leaves out pictures in results of tools, and reasoning that is encrypted.");
    if (amp.keeps !== "server" && !workspaceIsHere)
      notes.push(
        `${workspace} is not here: the thread names no folder, and Amp works in the one it is started in.`,
      );
    return notes;
  }
}

/** Writes threads for the Amp versions that kept them on disk, and copies for those that import. */
export const writer: Writer = {
  nativeCall,
  sessionIdFor: threadId,
  plan,
  resume: (session, world) => resumeSteps(session, world),
};
