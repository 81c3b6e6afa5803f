/**
 * The first layout of the SQLite store (2026-01-27), which every version since then, and every relative, brings up
 * to date by itself: OpenCode 1.2.1, 1.14.48, 1.18.33 and Kilo Code 7.7.9 do.
 */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, vcs text, name text, icon_url text, icon_color text,
    time_created integer NOT NULL, time_updated integer NOT NULL, time_initialized integer, sandboxes text NOT NULL)`,
  `CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
    time_updated integer NOT NULL, data text NOT NULL,
    CONSTRAINT fk_message_session_id_session_id_fk FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE)`,
  `CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL,
    CONSTRAINT fk_part_message_id_message_id_fk FOREIGN KEY (message_id) REFERENCES message(id) ON DELETE CASCADE)`,
  `CREATE TABLE permission (project_id text PRIMARY KEY, time_created integer NOT NULL, time_updated integer NOT NULL,
    data text NOT NULL,
    CONSTRAINT fk_permission_project_id_project_id_fk FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE)`,
  `CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL,
    directory text NOT NULL, title text NOT NULL, version text NOT NULL, share_url text, summary_additions integer,
    summary_deletions integer, summary_files integer, summary_diffs text, revert text, permission text,
    time_created integer NOT NULL, time_updated integer NOT NULL, time_compacting integer, time_archived integer,
    CONSTRAINT fk_session_project_id_project_id_fk FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE)`,
  `CREATE TABLE todo (session_id text NOT NULL, content text NOT NULL, status text NOT NULL, priority text NOT NULL,
    position integer NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
    CONSTRAINT todo_pk PRIMARY KEY(session_id, position),
    CONSTRAINT fk_todo_session_id_session_id_fk FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE)`,
  `CREATE TABLE session_share (session_id text PRIMARY KEY, id text NOT NULL, secret text NOT NULL, url text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL,
    CONSTRAINT fk_session_share_session_id_session_id_fk FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE)`,
  "CREATE INDEX message_session_idx ON message (session_id)",
  "CREATE INDEX part_message_idx ON part (message_id)",
  "CREATE INDEX part_session_idx ON part (session_id)",
  "CREATE INDEX session_project_idx ON session (project_id)",
  "CREATE INDEX session_parent_idx ON session (parent_id)",
  "CREATE INDEX todo_session_idx ON todo (session_id)",
  "CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT)",
];

/** The note that this layout is in place; without it the agent would try to make it once more, and not start. */
export const MIGRATION = {
  createdAt: 1_769_552_633_000,
  name: "20260127222353_familiar_lady_ursula",
} as const;

/** The columns of that layout which casr fills. */
export const FIRST_COLUMNS: readonly string[] = [
  "id",
  "project_id",
  "slug",
  "directory",
  "title",
  "version",
  "time_created",
  "time_updated",
];

/** What casr fills of each table, in every layout so far. */
export const WRITTEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  session: FIRST_COLUMNS,
  project: ["id", "worktree", "vcs", "time_created", "time_updated", "sandboxes"],
  message: ["id", "session_id", "time_created", "time_updated", "data"],
  part: ["id", "message_id", "session_id", "time_created", "time_updated", "data"],
};
