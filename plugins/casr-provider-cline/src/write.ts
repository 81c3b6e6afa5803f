import type { JsonObject, ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { rowStep } from "./database.ts";
import { MESSAGES_SUFFIX } from "./native.ts";
import { unwritable } from "./faults.ts";
import { editorOf, folderOf, join, storesOf, taskHistoryFile, type Stores } from "./paths.ts";
import { Records } from "./records.ts";
import { resumeSteps, resume } from "./resume.ts";
import { taskPlan } from "./task-write.ts";
import { nativeCall } from "./tools.ts";

const TITLE_CHARACTERS = 120;
/** What the CLI shows as service and model until it is resumed: then it takes the user's. */
const PROVIDER = "anthropic";
const MODEL = "unknown";
/** A pid of no session's: a session whose process is gone is taken for one that failed. */
const PID = 1;

/** The variable a person chooses the store with: `editor` or `cli`. */
const CHOICE = "CASR_CLINE_STORE";

async function isThere(path: string, world: World): Promise<boolean> {
  return (await world.files.stat(path)) !== undefined;
}

/**
 * The store of tasks a session goes to; undefined where it goes to the CLI. The CLI resumes by id and writes over
 * nothing of others, so it is taken where it has been used, and where no editor has the extension; the person may
 * choose. Of several editors it is the one whose list of tasks changed last. Throws `write-failed` where the
 * person chose an editor and none is there.
 */
async function editorStore({ sessions, database, tasks }: Stores, world: World): Promise<string | undefined> {
  const choice = world.env[CHOICE];
  const hasCli = (await isThere(sessions, world)) || (await isThere(database, world));
  if (choice === "cli" || (choice !== "editor" && hasCli)) return undefined;
  const found: { store: string; changed: number }[] = [];
  for (const store of tasks) {
    if (editorOf(store) === undefined || !(await isThere(store, world))) continue;
    const list = await world.files.stat(taskHistoryFile(store));
    found.push({ store, changed: list?.mtimeMs ?? 0 });
  }
  const [newest] = found.sort((a, b) => b.changed - a.changed);
  if (newest === undefined && choice === "editor") {
    const first = tasks.find((store) => editorOf(store) !== undefined) ?? sessions;
    throw unwritable(
      "No editor with Cline's extension was found here.",
      first,
      `Open Cline once in the editor and quit it, or leave ${CHOICE} out to write for Cline's CLI.`,
    );
  }
  return newest?.store;
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const stores = await storesOf(world);
  const store = await editorStore(stores, world);
  if (store === undefined) return cliPlan(session, options, stores, world);
  const { header, firstPrompt } = session;
  const title = titleOf(session, world) ?? firstPrompt ?? "Converted session";
  const startedAt = header.startedAt ?? world.now();
  const mark = markOf(session, options);
  return taskPlan(session, options, { title, mark, startedAt }, store, world);
}

async function cliPlan(
  session: ProjectedSession,
  options: WriteOptions,
  { sessions, database }: Stores,
  world: World,
): Promise<WritePlan> {
  const { sessionId } = options;
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
  options: WriteOptions,
  messagesPath: string,
  world: World,
): JsonObject {
  const { sessionId, workspace } = options;
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
      casr: markOf(session, options),
    },
    messages_path: messagesPath,
  };
}

/** casr's mark: where the session comes from, and when the conversation began. */
function markOf({ header }: ProjectedSession, { lineage }: WriteOptions): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: isoTime(lineage.convertedAt),
    ...(header.startedAt === undefined ? {} : { started_at: isoTime(header.startedAt) }),
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

/** Writes sessions for the Cline CLI 3.0 and later, or tasks for the extension. */
export const writer: Writer = { nativeCall, plan, resume };
