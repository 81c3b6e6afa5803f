import type { JsonObject, SqliteStep, SqlValue, World } from "casr-cli/provider";

interface Column {
  name: string;
  required: boolean;
}

/** The row of a session as its manifest says it (columns of `sessions.db`, CLI 3.0.65). */
function valuesOf(manifest: JsonObject): Record<string, SqlValue> {
  const text = (key: string): SqlValue => (typeof manifest[key] === "string" ? manifest[key] : null);
  const flag = (key: string): SqlValue => (manifest[key] === true ? 1 : 0);
  const number = (key: string): SqlValue => (typeof manifest[key] === "number" ? manifest[key] : null);
  return {
    session_id: text("session_id"),
    source: text("source"),
    pid: number("pid"),
    started_at: text("started_at"),
    ended_at: text("ended_at"),
    exit_code: number("exit_code"),
    status: text("status"),
    status_lock: 0,
    interactive: flag("interactive"),
    provider: text("provider"),
    model: text("model"),
    cwd: text("cwd"),
    workspace_root: text("workspace_root"),
    enable_tools: flag("enable_tools"),
    enable_spawn: flag("enable_spawn"),
    enable_teams: flag("enable_teams"),
    is_subagent: 0,
    prompt: text("prompt"),
    metadata_json: JSON.stringify(manifest["metadata"] ?? {}),
    transcript_path: "",
    hook_path: "",
    messages_path: text("messages_path"),
    updated_at: text("ended_at"),
  };
}

/**
 * The CLI lists the newest rows of its database, and only where those are few also sessions without a row. Gives the
 * step that enters the session; a note for people where the database cannot be understood; neither where there is
 * none yet: then the CLI finds the session by its manifest.
 */
export async function rowStep(
  path: string,
  manifest: JsonObject,
  world: World,
): Promise<{ step?: SqliteStep; note?: string }> {
  const values = valuesOf(manifest);
  const id = values["session_id"]!;
  const note = `Cline may not list this session before it was resumed once: cline --id ${String(id)}`;
  let columns: Column[];
  let isPresent: boolean;
  try {
    const database = await world.openDatabase(path);
    if (database === undefined) return {};
    try {
      columns = database.all("PRAGMA table_info(sessions)").map((row) => ({
        name: String(row["name"]),
        required: Number(row["notnull"]) === 1 && row["dflt_value"] === null,
      }));
      if (columns.length === 0) return {};
      isPresent = database.all("SELECT 1 FROM sessions WHERE session_id = ?", id).length > 0;
    } finally {
      database.close();
    }
  } catch (error) {
    world.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    world.warn({
      code: "database-unreadable",
      message: `the session is not entered into Cline's list: ${reason}`,
      path,
    });
    return { note };
  }
  // A row that is there already (--force) names the same files.
  if (isPresent) return {};
  const names = columns.map((column) => column.name);
  const usable = ["session_id", "started_at", "messages_path"].every((name) => names.includes(name));
  if (!usable || columns.some((column) => column.required && !Object.hasOwn(values, column.name)))
    return { note };
  const filled = names.filter((name) => Object.hasOwn(values, name));
  return {
    step: {
      kind: "sqlite",
      path,
      statements: [
        {
          sql: `INSERT INTO sessions (${filled.join(", ")}) VALUES (${filled.map(() => "?").join(", ")})`,
          params: filled.map((name) => values[name]!),
        },
      ],
      undo: [{ sql: "DELETE FROM sessions WHERE session_id = ?", params: [id] }],
    },
  };
}
