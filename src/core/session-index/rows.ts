import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Stamp, StampKind } from "./stamps.ts";

/** What a summary and the counts of a session depend on are kept apart. */
export const PURPOSE = { summary: 1, counts: 2 } as const;
export type Purpose = keyof typeof PURPOSE;

/** Thrown when a row is not what casr would have written. */
export class UnsoundRowError extends Error {}

export interface StoreRow {
  id: number;
  env: string;
  context: string;
  warnings: string | null;
  generation: number;
  changed_at: number;
}

/** A path that was looked at, with what was seen. */
export interface Place {
  id: number | undefined;
  path: string;
  /** The answer was that of `realpath`: `real`, not the stamp, is what must be the same. */
  asked: "stamp" | "realpath";
  stamp: Stamp;
  real: string | null;
  guard: string | null;
  discovery: boolean;
}

/** What is known of a session without parsing anything. */
export interface SessionRow {
  id: number;
  sessionId: string;
  modifiedAt: number;
  activeAt: number | null;
  hidden: string | null;
  workspace: string | null;
  /** What of the run the summary and the counts depend on. */
  contexts: Record<Purpose, string | null>;
  hasSummary: boolean;
  hasCounts: boolean;
  summaryWarnings: string | null;
}

/** The rest of a session, as JSON texts. */
export interface SessionTexts {
  ref: string;
  summary: string | null;
  counts: string | null;
  countsWarnings: string | null;
  growth: string | null;
}

const text = (value: unknown): string => {
  if (typeof value === "string") return value;
  throw new UnsoundRowError("a text is missing");
};
const textOrNull = (value: unknown): string | null => (value === null ? null : text(value));
const number = (value: unknown): number => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new UnsoundRowError("a number is missing");
};
const numberOrNull = (value: unknown): number | null => (value === null ? null : number(value));

const KINDS = new Set<unknown>(["missing", "file", "directory", "other", "unknown"]);

function placeOf(row: unknown[]): Place {
  const [id, path, asked, kind, size, mtime, ctime, inode, settled, real, guard, discovery] = row;
  if (!KINDS.has(kind)) throw new UnsoundRowError("a place is of no known kind");
  return {
    id: number(id),
    path: text(path),
    asked: asked === 0 ? "stamp" : "realpath",
    stamp: {
      kind: kind as StampKind,
      size: number(size),
      mtimeMs: number(mtime),
      ctimeMs: number(ctime),
      inode: number(inode),
      settled: settled === 1,
    },
    real: textOrNull(real),
    guard: textOrNull(guard),
    discovery: discovery === 1,
  };
}

function sessionOf(row: unknown[]): SessionRow {
  const [id, sessionId, modifiedAt, activeAt, hidden, workspace, ofSummary, ofCounts, ...rest] = row;
  const [hasSummary, hasCounts, warnings] = rest;
  return {
    id: number(id),
    sessionId: text(sessionId),
    modifiedAt: number(modifiedAt),
    activeAt: numberOrNull(activeAt),
    hidden: textOrNull(hidden),
    workspace: textOrNull(workspace),
    contexts: { summary: textOrNull(ofSummary), counts: textOrNull(ofCounts) },
    hasSummary: hasSummary === 1,
    hasCounts: hasCounts === 1,
    summaryWarnings: textOrNull(warnings),
  };
}

/** Reads rows of an index. What comes out is checked for its types; what the texts hold is the caller's business. */
export class IndexReader {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Everything read between `begin` and `end` is of one moment. */
  begin(): void {
    this.#database.exec("BEGIN");
  }

  end(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  #rows(sql: string, ...values: (string | number)[]): unknown[][] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement.all(...values) as unknown as unknown[][];
  }

  /** The places one provider's code was asked about, for a home folder. */
  stores(provider: string, code: string, home: string): StoreRow[] {
    const sql = `SELECT id, env, context, warnings, generation, changed_at FROM stores
      WHERE provider = ? AND code = ? AND home = ?`;
    return this.#rows(sql, provider, code, home).map(([id, env, context, warnings, generation, changed]) => ({
      id: number(id),
      env: text(env),
      context: text(context),
      warnings: textOrNull(warnings),
      generation: number(generation),
      changed_at: number(changed),
    }));
  }

  places(store: number): Place[] {
    const sql = `SELECT id, path, asked, kind, size, mtime, ctime, inode, settled, real, guard, discovery
      FROM places WHERE store = ?`;
    return this.#rows(sql, store).map(placeOf);
  }

  sessions(store: number): SessionRow[] {
    const sql = `SELECT id, session_id, modified_at, active_at, hidden, workspace,
      summary_context, counts_context, summary IS NOT NULL, counts IS NOT NULL, summary_warnings FROM sessions WHERE store = ?`;
    return this.#rows(sql, store).map(sessionOf);
  }

  /** Whether a session of any store has this id, whatever its case. */
  hasSession(sessionId: string): boolean {
    const sql = "SELECT 1 FROM sessions WHERE session_id = ? COLLATE NOCASE LIMIT 1";
    return this.#rows(sql, sessionId).length > 0;
  }

  texts(session: number): SessionTexts {
    const sql = "SELECT ref, summary, counts, counts_warnings, growth FROM sessions WHERE id = ?";
    const [row] = this.#rows(sql, session);
    if (row === undefined) throw new UnsoundRowError("a session is missing");
    const [ref, summary, counts, warnings, growth] = row;
    return {
      ref: text(ref),
      summary: textOrNull(summary),
      counts: textOrNull(counts),
      countsWarnings: textOrNull(warnings),
      growth: textOrNull(growth),
    };
  }

  /** The refs of a store's sessions as JSON, by row. */
  refs(store: number): Map<number, string> {
    const rows = this.#rows("SELECT id, ref FROM sessions WHERE store = ?", store);
    return new Map(rows.map(([id, ref]) => [number(id), text(ref)]));
  }

  /** The sessions whose summary or counts depend on a place. */
  usersOf(place: number): { session: number; purpose: Purpose }[] {
    return this.#rows("SELECT session, purpose FROM uses WHERE place = ?", place).map(
      ([session, purpose]) => ({
        session: number(session),
        purpose: purpose === PURPOSE.summary ? "summary" : "counts",
      }),
    );
  }
}
