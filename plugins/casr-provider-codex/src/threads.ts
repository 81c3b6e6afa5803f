import type { SqliteStep, SqlValue, World } from "casr-cli/provider";
import { stateDatabase } from "./paths.ts";
import { CODEX_VERSION } from "./lines.ts";

/** What the row of a new session says. Times are epoch ms. */
export interface ThreadFacts {
  id: string;
  path: string;
  createdAt: number;
  updatedAt: number;
  modelProvider: string;
  workspace: string;
  firstPrompt: string;
  git?: { branch?: string; commit?: string; remote?: string };
}

interface Column {
  name: string;
  required: boolean;
}

/** What Codex 0.169.0 enters for a session that recorded no sandbox settings: its defaults. */
const SANDBOX = JSON.stringify({
  type: "managed",
  file_system: {
    type: "restricted",
    entries: [{ path: { type: "special", value: { kind: "root" } }, access: "read" }],
  },
  network: "restricted",
});

function valuesOf(facts: ThreadFacts): Record<string, SqlValue> {
  const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
  return {
    id: facts.id,
    rollout_path: facts.path,
    created_at: seconds(facts.createdAt),
    updated_at: seconds(facts.updatedAt),
    source: "cli",
    model_provider: facts.modelProvider,
    cwd: facts.workspace,
    title: facts.firstPrompt,
    sandbox_policy: SANDBOX,
    approval_mode: "on-request",
    tokens_used: 0,
    has_user_event: 0,
    archived: 0,
    git_sha: facts.git?.commit ?? null,
    git_branch: facts.git?.branch ?? null,
    git_origin_url: facts.git?.remote ?? null,
    cli_version: CODEX_VERSION,
    first_user_message: facts.firstPrompt,
    created_at_ms: facts.createdAt,
    updated_at_ms: facts.updatedAt,
    thread_source: "user",
    preview: facts.firstPrompt,
    recency_at: seconds(facts.updatedAt),
    recency_at_ms: facts.updatedAt,
    history_mode: "legacy",
    originator: "casr",
  };
}

/** A row that names another file makes Codex refuse the session; it gets the new path. */
function movedStep(path: string, facts: ThreadFacts, before: SqlValue): SqliteStep {
  const sql = "UPDATE threads SET rollout_path = ? WHERE id = ?";
  return {
    kind: "sqlite",
    path,
    statements: [{ sql, params: [facts.path, facts.id] }],
    undo: [{ sql, params: [before, facts.id] }],
  };
}

/**
 * Codex lists sessions from its state database; a file that appears later stays out of the picker until
 * it is resumed once by id. Gives the step that enters the session, or a note for people when the
 * database cannot be understood; neither when Codex will find the file by itself (no database yet, or
 * its first scan is not over). Schema of codex-cli 0.169.0 (`state_5.sqlite`).
 */
export async function threadStep(
  facts: ThreadFacts,
  world: World,
): Promise<{ step?: SqliteStep; note?: string }> {
  const note = `Codex shows this session in its picker after \`codex resume ${facts.id}\` was used once`;
  const path = await stateDatabase(world);
  if (path === undefined) return {};
  let columns: Column[];
  let present: SqlValue | undefined;
  try {
    const database = await world.openDatabase(path);
    if (database === undefined) return {};
    try {
      const states = database.all("SELECT status FROM backfill_state");
      if (!states.some((row) => row["status"] === "complete")) return {};
      columns = database.all("PRAGMA table_info(threads)").map((row) => ({
        name: String(row["name"]),
        required: Number(row["notnull"]) === 1 && row["dflt_value"] === null,
      }));
      present = database.all("SELECT rollout_path FROM threads WHERE id = ?", facts.id)[0]?.["rollout_path"];
    } finally {
      database.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    world.warn({
      code: "database-unreadable",
      message: `the session is not entered into Codex's list: ${reason}`,
      path,
    });
    return { note };
  }
  if (present === facts.path) return {};
  if (present !== undefined) return { step: movedStep(path, facts, present) };
  const values = valuesOf(facts);
  const names = columns.map((column) => column.name);
  const usable = ["id", "rollout_path"].every((name) => names.includes(name));
  if (!usable || columns.some((column) => column.required && !Object.hasOwn(values, column.name)))
    return { note };
  const filled = names.filter((name) => Object.hasOwn(values, name));
  const marks = filled.map(() => "?").join(", ");
  return {
    step: {
      kind: "sqlite",
      path,
      statements: [
        {
          sql: `INSERT INTO threads (${filled.join(", ")}) VALUES (${marks})`,
          params: filled.map((name) => values[name]!),
        },
      ],
      undo: [
        { sql: "DELETE FROM threads WHERE id = ? AND rollout_path = ?", params: [facts.id, facts.path] },
      ],
    },
  };
}
