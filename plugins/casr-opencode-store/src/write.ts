import type {
  Database,
  JsonObject,
  ProjectedSession,
  SqlStatement,
  SqlValue,
  World,
  WriteOptions,
  WritePlan,
  Writer,
} from "casr-cli/provider";
import { columnsOf, isStore } from "./database.ts";
import { Entries, type Target } from "./entries.ts";
import { unreadable, unwritable } from "./faults.ts";
import { Ids, sessionIdFor } from "./ids.ts";
import { sessionFiles } from "./legacy.ts";
import { userModel, vendorOf } from "./model.ts";
import type { Fork, ModelName } from "./native.ts";
import { folderOf, sessionPath, targetDatabase } from "./paths.ts";
import { projectOf, type Project } from "./project.ts";
import { resume, resumeSteps } from "./resume.ts";
import { FIRST_COLUMNS, MIGRATION, SCHEMA, WRITTEN_COLUMNS } from "./schema.ts";
import { nativeCall } from "./tools.ts";

/** What the store of the target says about itself. */
interface Survey {
  columns: Map<string, { needed: boolean }>;
  version: string;
  project: Project;
  /** The project has a row already. */
  known: boolean;
  model: ModelName | undefined;
}

function versionIn(database: Database, fork: Fork): string {
  const [row] = database.all("SELECT version FROM session ORDER BY time_updated DESC LIMIT 1");
  return typeof row?.["version"] === "string" && row["version"] !== "" ? row["version"] : fork.version;
}

async function survey(
  path: string,
  exists: boolean,
  workspace: string,
  fork: Fork,
  world: World,
): Promise<Survey> {
  const database = exists ? await world.openDatabase(path) : undefined;
  if (database === undefined) {
    await refuseOlderStore(path, fork, world);
    const columns = new Map(FIRST_COLUMNS.map((name) => [name, { needed: false }]));
    const project = await projectOf(workspace, undefined, world);
    const model = await userModel(undefined, new Set(), workspace, fork, world);
    return { columns, version: fork.version, project, known: false, model };
  }
  try {
    if (!isStore(database)) throw unreadable(`${path} is no database with ${fork.name} sessions`, path);
    const columns = columnsOf(database, "session");
    refuseOtherLayout(database, path);
    const project = await projectOf(workspace, database, world);
    const known = database.all("SELECT 1 FROM project WHERE id = ?", project.id).length > 0;
    const model = await userModel(database, new Set(columns.keys()), workspace, fork, world);
    return { columns, version: versionIn(database, fork), project, known, model };
  } finally {
    database.close();
  }
}

/** Sessions of the older store are taken over only where there is no database: making one would hide them. */
async function refuseOlderStore(path: string, fork: Fork, world: World): Promise<void> {
  for await (const file of sessionFiles(fork, world)) {
    throw unwritable(
      `${fork.name} keeps its sessions in files of an older version here (${folderOf(file.path)}), and a new database would hide them.`,
      path,
      `Start a current ${fork.name} once, so that it makes its database, then run the command again.`,
    );
  }
}

function otherLayout(path: string, what: string): Error {
  return unwritable(
    `${path} has a layout this version of casr does not know: ${what}.`,
    path,
    "Update casr, then run the command again.",
  );
}

/** Throws `write-failed` where a table lacks a column that casr fills, or wants one that it does not know. */
function refuseOtherLayout(database: Database, path: string): void {
  for (const [table, written] of Object.entries(WRITTEN_COLUMNS)) {
    const there = columnsOf(database, table);
    const lacks = written.filter((name) => !there.has(name));
    // Of sessions later layouts hold more that casr fills: `sessionStatement` knows what is wanted of it.
    const isWanted = (name: string, needed: boolean): boolean => needed && !written.includes(name);
    const wants =
      table === "session"
        ? []
        : [...there].flatMap(([name, { needed }]) => (isWanted(name, needed) ? name : []));
    if (lacks.length > 0) throw otherLayout(path, `${table} has no ${lacks.join(", ")}`);
    if (wants.length > 0) throw otherLayout(path, `${table} wants ${wants.join(", ")}`);
  }
}

/** The title the agent's lists show. */
function titleOf(session: ProjectedSession, world: World): string {
  const { titleFrom } = world.toolkit;
  const { nativeName, title } = session.header;
  return (
    titleFrom(nativeName ?? "") ??
    titleFrom(title ?? "") ??
    titleFrom(session.firstPrompt ?? "") ??
    "Converted session"
  );
}

function markOf({ lineage }: WriteOptions): JsonObject {
  return {
    source: { provider: lineage.sourceProvider, id: lineage.sourceId },
    digest: lineage.digest,
    version: lineage.casrVersion,
    converted_at: new Date(lineage.convertedAt).toISOString(),
  };
}

/** The row of the session, with the columns this version has. */
function sessionStatement(found: Survey, values: Record<string, SqlValue>, path: string): SqlStatement {
  const columns = Object.keys(values).filter((column) => found.columns.has(column));
  const missing = [...found.columns].filter(([name, { needed }]) => needed && !columns.includes(name));
  if (missing.length > 0)
    throw otherLayout(path, `session wants ${missing.map(([name]) => name).join(", ")}`);
  const marks = columns.map(() => "?").join(", ");
  return {
    sql: `INSERT INTO session (${columns.join(", ")}) VALUES (${marks})`,
    params: columns.map((name) => values[name]!),
  };
}

/** First time in the session, epoch ms. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  const now = world.now();
  const isPast = (time: number | undefined): time is number => time !== undefined && time > 0 && time < now;
  if (isPast(session.header.startedAt)) return session.header.startedAt;
  for await (const { timestamp } of session.messages()) if (isPast(timestamp)) return timestamp;
  return now - session.counts.messages - 2000;
}

async function plan(
  session: ProjectedSession,
  options: WriteOptions,
  fork: Fork,
  world: World,
): Promise<WritePlan> {
  const { path, exists } = await targetDatabase(fork, world);
  const { workspace } = options;
  const found = await survey(path, exists, workspace, fork, world);
  const sessionId = sessionIdFor(options.sessionId);
  const now = world.now();
  const startedAt = await startOf(session, world);
  const { project } = found;
  const { header } = session;
  const guess = {
    providerID: vendorOf(header.model ?? "") ?? header.provider,
    modelID: header.model ?? "unknown",
  };
  const model = found.model ?? guess;
  const mark = markOf(options);
  const hasPlace = found.columns.has("metadata");
  const target: Target = {
    fork,
    sessionId,
    ids: new Ids(sessionId, now),
    workspace,
    worktree: project.worktree,
    model,
    startedAt,
    mark: hasPlace ? undefined : mark,
    own: header.provider === fork.slug,
    world,
  };
  const row = sessionStatement(
    found,
    {
      id: sessionId,
      project_id: project.id,
      slug: `casr-${sessionId.slice(4, 12)}`,
      directory: workspace,
      path: project.path ?? null,
      title: titleOf(session, world),
      version: found.version,
      metadata: JSON.stringify({ casr: mark }),
      agent: fork.mode,
      model: JSON.stringify({ id: model.modelID, providerID: model.providerID }),
      time_created: startedAt,
      time_updated: now,
    },
    path,
  );
  const before = [
    ...(exists ? [] : [migrationStatement()]),
    ...(found.known ? [] : [projectStatement(project, now)]),
    row,
  ];
  async function* statements(): AsyncIterable<SqlStatement> {
    yield* before;
    yield* new Entries(session, { ...target, ids: new Ids(sessionId, now) }).statements();
  }
  return {
    sessionId,
    path: sessionPath(path, sessionId),
    roots: [folderOf(path)],
    steps: [
      {
        kind: "sqlite",
        path,
        ...(exists ? {} : { schema: [...SCHEMA] }),
        statements,
        undo: [
          { sql: "DELETE FROM part WHERE session_id = ?", params: [sessionId] },
          { sql: "DELETE FROM message WHERE session_id = ?", params: [sessionId] },
          { sql: "DELETE FROM session WHERE id = ?", params: [sessionId] },
          ...(found.known ? [] : [removeProject(project, now)]),
        ],
      },
    ],
    resume: resumeSteps(sessionId, workspace, path, fork, world),
    notes: notesOf(found, project, workspace, model, fork),
  };
}

function notesOf(found: Survey, project: Project, workspace: string, model: ModelName, fork: Fork): string[] {
  const notes: string[] = [];
  if (found.model === undefined) {
    notes.push(
      `No model of yours is known here: the session names ${model.providerID}/${model.modelID}. Should ${fork.name} not have it, choose one (/models, or -m provider/model).`,
    );
  }
  if (project.path !== undefined && project.path !== "")
    notes.push(`${fork.name} lists the session in ${workspace} and below.`);
  return notes;
}

function migrationStatement(): SqlStatement {
  return {
    sql: "INSERT INTO __drizzle_migrations (hash, created_at, name) VALUES ('', ?, ?)",
    params: [MIGRATION.createdAt, MIGRATION.name],
  };
}

function projectStatement({ id, worktree, vcs }: Project, now: number): SqlStatement {
  return {
    sql: "INSERT INTO project (id, worktree, vcs, time_created, time_updated, sandboxes) VALUES (?, ?, ?, ?, ?, '[]')",
    params: [id, worktree, vcs ?? null, now, now],
  };
}

/** Takes the project back if it is the one casr made and nothing else belongs to it by now. */
function removeProject({ id }: Project, now: number): SqlStatement {
  return {
    sql: `DELETE FROM project WHERE id = ? AND time_created = ? AND time_updated = ?
      AND NOT EXISTS (SELECT 1 FROM session WHERE project_id = project.id)`,
    params: [id, now, now],
  };
}

/** Writes sessions for one of the agents that share this store. */
export function createWriter(fork: Fork): Writer {
  return {
    nativeCall,
    sessionIdFor,
    plan: (session, options, world) => plan(session, options, fork, world),
    resume: (session, world) => resume(session, fork, world),
  };
}
