import type { JsonObject, ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { rowStep } from "./database.ts";
import { MESSAGES_SUFFIX } from "./native.ts";
import { folderOf, join, storesOf } from "./paths.ts";
import { Records } from "./records.ts";
import { resumeSteps, resume } from "./resume.ts";
import { nativeCall } from "./tools.ts";

const TITLE_CHARACTERS = 120;
/** What the CLI shows as service and model until it is resumed: then it takes the user's. */
const PROVIDER = "anthropic";
const MODEL = "unknown";
/** A pid of no session's: a session whose process is gone is taken for one that failed. */
const PID = 1;

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { sessionId } = options;
  const { sessions, database } = await storesOf(world);
  const folder = join(sessions, sessionId);
  const path = join(folder, `${sessionId}${MESSAGES_SUFFIX}`);
  const manifest = manifestOf(session, options, path, world);
  const { step, note } = await rowStep(database, manifest, world);
  return {
    sessionId,
    path,
    roots: [sessions, folderOf(database)],
    steps: [
      { kind: "create-file", path, content: () => messagesFile(session, options, world) },
      // With the manifest the session is there for the CLI.
      {
        kind: "create-file",
        path: join(folder, `${sessionId}.json`),
        content: () => once(`${JSON.stringify(manifest, null, 2)}\n`),
      },
      ...(step === undefined ? [] : [step]),
    ],
    resume: await resumeSteps({ id: sessionId, workspace: options.workspace }, world),
    notes: note === undefined ? [] : [note],
  };
}

function titleOf({ header, firstPrompt }: ProjectedSession, world: World): string | undefined {
  const { titleFrom } = world.toolkit;
  const candidates = [header.nativeName, header.title, firstPrompt];
  for (const text of candidates) {
    const title = text === undefined ? undefined : titleFrom(text, TITLE_CHARACTERS);
    if (title !== undefined) return title;
  }
  return undefined;
}

/**
 * The manifest (CLI 3.0.65, all of its required members). It begins now: the CLI lists by that time and shows the
 * newest alone. When the conversation began is in casr's mark.
 */
function manifestOf(
  session: ProjectedSession,
  { sessionId, workspace, lineage }: WriteOptions,
  messagesPath: string,
  world: World,
): JsonObject {
  const { header, firstPrompt } = session;
  const now = isoTime(world.now());
  const title = titleOf(session, world);
  const branch = header.git?.branch;
  return {
    version: 1,
    session_id: sessionId,
    source: "cli",
    pid: PID,
    started_at: now,
    ended_at: now,
    exit_code: 0,
    status: "completed",
    interactive: true,
    provider: PROVIDER,
    model: header.model !== undefined && header.model !== "" ? header.model : MODEL,
    cwd: workspace,
    workspace_root: workspace,
    enable_tools: true,
    enable_spawn: true,
    enable_teams: true,
    ...(firstPrompt === undefined ? {} : { prompt: firstPrompt }),
    metadata: {
      ...(title === undefined ? {} : { title }),
      sessionHistoryOrigin: { mode: "user" },
      ...(branch === undefined ? {} : { git: { branch } }),
      casr: {
        source: { provider: lineage.sourceProvider, id: lineage.sourceId },
        digest: lineage.digest,
        version: lineage.casrVersion,
        converted_at: isoTime(lineage.convertedAt),
        ...(header.startedAt === undefined ? {} : { started_at: isoTime(header.startedAt) }),
      },
    },
    messages_path: messagesPath,
  };
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

/** One JSON object; a line for each message keeps the pieces small. */
async function* messagesFile(
  session: ProjectedSession,
  { sessionId }: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const head = {
    version: 1,
    updated_at: isoTime(world.now()),
    agent: "lead",
    sessionId,
    origin: { source: "cli", mode: "user", sessionId },
  };
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`;
  const records = new Records(sessionId, session.header.startedAt ?? world.now(), world);
  let separator = "\n";
  for await (const message of session.messages()) {
    for (const record of await records.of(message)) {
      yield separator + JSON.stringify(record);
      separator = ",\n";
    }
  }
  yield "\n]}\n";
}

function isoTime(epochMs: number): string {
  const isDate = epochMs >= 0 && epochMs < 253_402_300_800_000;
  return new Date(isDate ? epochMs : 0).toISOString();
}

/** Writes sessions for the Cline CLI 3.0 and later. */
export const writer: Writer = { nativeCall, plan, resume };
