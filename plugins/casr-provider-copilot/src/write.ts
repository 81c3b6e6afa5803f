import { basename } from "node:path";
import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { oneLine } from "./one-line.ts";
import { EVENTS, joined, stateFolder, WORKSPACE } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { isoTime, startOf } from "./write-time.ts";
import { eventLines } from "./write-events.ts";
import { yamlLine } from "./yaml.ts";

const TITLE_LENGTH = 100;

/** What the CLI's list shows of the session. A name that is none of the person's may be replaced by the CLI. */
async function* workspaceFile(
  session: ProjectedSession,
  options: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const { header, firstPrompt } = session;
  const given = oneLine(header.nativeName ?? header.title ?? "", TITLE_LENGTH);
  const name = given === "" ? oneLine(firstPrompt ?? basename(options.workspace), TITLE_LENGTH) : given;
  const branch = header.git?.branch;
  yield yamlLine("id", options.sessionId);
  yield yamlLine("cwd", options.workspace);
  if (branch !== undefined) yield yamlLine("branch", branch);
  if (name !== "") yield yamlLine("name", name);
  yield yamlLine("user_named", given !== "");
  yield yamlLine("summary_count", 0);
  yield yamlLine("fork_count", 0);
  yield yamlLine("created_at", isoTime(await startOf(session, world)));
  yield yamlLine("updated_at", isoTime(session.header.endedAt ?? world.now()));
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const root = stateFolder(world);
  const folder = joined(world, root, options.sessionId);
  const path = joined(world, folder, EVENTS);
  return {
    sessionId: options.sessionId,
    path,
    roots: [root],
    steps: [
      {
        kind: "create-file",
        path: joined(world, folder, WORKSPACE),
        content: () => workspaceFile(session, options, world),
      },
      // The folder counts as a session once the events are there.
      { kind: "create-file", path, content: () => eventLines(session, options, world) },
    ],
    resume: resumeSteps({ id: options.sessionId, workspace: options.workspace }, world),
    notes: [],
  };
}

/** Writes sessions that Copilot CLI 1.0 lists and resumes as its own. */
export const writer: Writer = {
  nativeCall,
  plan,
  resume: async (session, world) => resumeSteps(session, world),
};
