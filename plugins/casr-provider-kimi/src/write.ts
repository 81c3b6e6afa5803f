import type { JsonObject, ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { LAST_TIME } from "./json.ts";
import { lineageMark } from "./mark.ts";
import { JOURNAL, MAIN_AGENT, STATE } from "./native.ts";
import { oneLine } from "./one-line.ts";
import { codeFolder, joined, sessionsFolder, workspaceKey } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { startOf } from "./write-time.ts";
import { journalLines } from "./write-session.ts";

const TITLE_LENGTH = 100;
/** How much of the last prompt the agent's list shows. */
const PROMPT_LENGTH = 200;

/** `session_` and a UUID. */
function sessionIdFor(sessionId: string): string {
  return `session_${sessionId}`;
}

/**
 * Two files make a session. The shared ones (`workspaces.json`, `session_index.jsonl`) are left alone: Kimi Code 2.1.0
 * lists and resumes what lies in the folders, and adds a workspace by itself.
 */
async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const root = codeFolder(world);
  // Kimi Code names the folder after the real path it is started in.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const id = options.sessionId.startsWith("session_") ? options.sessionId : sessionIdFor(options.sessionId);
  const folder = joined(world, sessionsFolder(root, world), workspaceKey(workspace), id);
  const agent = joined(world, folder, "agents", MAIN_AGENT);
  const path = joined(world, agent, JOURNAL);
  const start = await startOf(session, world);
  const state = await stateFor(session, options, { id, workspace, agent, start }, world);
  return {
    sessionId: id,
    path,
    roots: [root],
    steps: [
      { kind: "create-file", path, content: () => journalLines(session, options, start, world) },
      {
        kind: "create-file",
        path: joined(world, folder, STATE),
        content: async function* () {
          yield `${JSON.stringify(state)}\n`;
        },
      },
    ],
    resume: resumeSteps({ id, workspace }, world),
    notes: ["Without its terminal (kimi -p), Kimi Code wants the model for it named: add -m MODEL."],
  };
}

interface Place {
  id: string;
  workspace: string;
  agent: string;
  start: number;
}

/** The session's `state.json`. Its list shows title and last prompt; casr's mark is kept in `custom`. */
async function stateFor(
  session: ProjectedSession,
  { lineage }: WriteOptions,
  { id, workspace, agent, start }: Place,
  world: World,
): Promise<JsonObject> {
  const { header, firstPrompt } = session;
  const title = oneLine(header.nativeName ?? header.title ?? firstPrompt ?? "", TITLE_LENGTH);
  let last: string | undefined;
  let end = start;
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    if (message.timestamp !== undefined) end = Math.max(end, Math.floor(message.timestamp));
    if (message.role !== "user" || (message.origin ?? "person") !== "person") continue;
    const text = message.content.find((block) => block.type === "text");
    if (text?.type === "text") last = text.text;
  }
  const prompt = oneLine(last ?? "", PROMPT_LENGTH);
  return {
    id,
    version: 2,
    cwd: workspace,
    createdAt: start,
    updatedAt: Math.min(end, LAST_TIME),
    archived: false,
    ...(title === "" ? {} : { title, titleKind: header.nativeName === undefined ? "replaceable" : "custom" }),
    isCustomTitle: title !== "" && header.nativeName !== undefined,
    ...(prompt === "" ? {} : { lastPrompt: prompt }),
    agents: { [MAIN_AGENT]: { homedir: agent, type: "main" } },
    custom: { casr: lineageMark(lineage) },
    lastTurnReason: "completed",
  };
}

/** Writes sessions that Kimi Code 2.1 lists and resumes as its own. */
export const writer: Writer = {
  nativeCall,
  sessionIdFor,
  plan,
  resume: async (session, world) => resumeSteps(session, world),
};
