import type { ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { STORE } from "./agent-discover.ts";
import { AGENT_SCHEMA, agentStatements } from "./agent-write.ts";
import { editorPlan } from "./editor-write.ts";
import { markOf } from "./mark.ts";
import { agentFolders, editorFolder, join, stateDatabase, workspaceKey } from "./paths.ts";
import { agentSteps, editorSteps, resume } from "./resume.ts";
import { nativeCall } from "./tools.ts";

/** The variable a person chooses the store with: `editor` or `agent`. */
const CHOICE = "CASR_CURSOR_STORE";

type Target = { kind: "editor" } | { kind: "agent"; folder: string };

/**
 * Where a session goes. `cursor-agent` resumes by id and writes over nothing of others, so its store is taken
 * where there is one or no editor; the person may choose.
 */
async function targetOf(world: World): Promise<Target> {
  const folders = agentFolders(world);
  let folder: string | undefined;
  for (const candidate of folders) {
    const stat = await world.files.stat(join(candidate, "chats"));
    if (stat?.kind === "directory") folder ??= candidate;
  }
  const choice = world.env[CHOICE];
  const database = await world.files.stat(stateDatabase(editorFolder(world)));
  const toEditor =
    choice === "editor" || (choice !== "agent" && folder === undefined && database?.kind === "file");
  return toEditor ? { kind: "editor" } : { kind: "agent", folder: folder ?? folders[0]! };
}

function titleOf({ header, firstPrompt }: ProjectedSession, world: World): string {
  const { titleFrom } = world.toolkit;
  const titles = [header.nativeName, header.title, firstPrompt].map((text) => titleFrom(text ?? ""));
  // The editor does not list sessions without a name.
  return titles.find((title) => title !== undefined) ?? "Converted session";
}

/** The start of the source, or the time of its first dated message. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  const isDate = (time: number | undefined): time is number =>
    time !== undefined && time > 0 && time < 253_402_300_800_000;
  if (isDate(session.header.startedAt)) return Math.trunc(session.header.startedAt);
  for await (const { timestamp } of session.messages()) if (isDate(timestamp)) return Math.trunc(timestamp);
  return world.now();
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const title = titleOf(session, world);
  const startedAt = await startOf(session, world);
  const target = await targetOf(world);
  const { sessionId } = options;
  if (target.kind === "editor") {
    const { path, root, steps, notes } = await editorPlan(session, options, { title, startedAt }, world);
    return { sessionId, path, roots: [root], steps, resume: editorSteps(options.workspace), notes };
  }
  // The agent takes the real path of the folder it is started in.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const folder = join(target.folder, "chats", workspaceKey(workspace), sessionId);
  const path = join(folder, STORE);
  const about = {
    sessionId,
    title,
    workspace: options.workspace,
    startedAt,
    mark: markOf(options.lineage),
    world,
  };
  const meta = {
    schemaVersion: 1,
    createdAtMs: startedAt,
    updatedAtMs: Math.max(world.now(), startedAt),
    cwd: options.workspace,
    title,
    hasConversation: true,
  };
  return {
    sessionId,
    path,
    roots: [target.folder],
    steps: [
      {
        kind: "sqlite",
        path,
        schema: [...AGENT_SCHEMA],
        statements: () => agentStatements(session, about),
        undo: [],
      },
      { kind: "create-file", path: join(folder, "meta.json"), content: () => once(JSON.stringify(meta)) },
    ],
    resume: agentSteps(sessionId, options.workspace, path, world),
    notes: [
      `The session is written for cursor-agent. For the editor's list instead, set ${CHOICE}=editor and quit Cursor first.`,
    ],
  };
}

/** Writes sessions for `cursor-agent` or the editor (3.12 to 3.16), by what public readers and writers agree on. */
export const writer: Writer = { nativeCall, plan, resume };
