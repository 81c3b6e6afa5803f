import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { PackedPlaces } from "./places.ts";

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

/** What is known of a session without parsing much. */
export interface SessionRow {
  id: number;
  sessionId: string;
  modifiedAt: number;
  activeAt: number | null;
  hidden: string | null;
  workspace: string | null;
  /** What of the run the summary, and the counts, depend on. */
  summaryContext: string | null;
  countsContext: string | null;
  hasSummary: boolean;
  hasCounts: boolean;
  /** There is something to say when the summary is used. */
  hasWarnings: boolean;
}

/** The rest of a session, as JSON texts. */
export interface SessionTexts {
  ref: string;
  summary: string | null;
  summaryWarnings: string | null;
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

/** The bits of `holds` in a row. */
const HOLDS = { summary: 1, counts: 2, warnings: 4 } as const;

/** The columns of a session's row that are read for every session in every run: `facts` is one JSON text. */
export function packSession(row: Omit<SessionRow, "id">): { facts: string; holds: number } {
  const { sessionId, modifiedAt, activeAt, hidden, workspace, summaryContext, countsContext } = row;
  const { hasSummary, hasCounts, hasWarnings } = row;
  const facts = [sessionId, modifiedAt, activeAt, hidden, workspace, summaryContext, countsContext];
  return {
    facts: JSON.stringify(facts),
    holds:
      (hasSummary ? HOLDS.summary : 0) | (hasCounts ? HOLDS.counts : 0) | (hasWarnings ? HOLDS.warnings : 0),
  };
}

/** By position, not by destructuring, which takes longer than all the rest for thousands of rows. */
function sessionOf(row: unknown): SessionRow {
  if (!Array.isArray(row) || !Array.isArray(row[2])) throw new UnsoundRowError("a session is none");
  const facts = row[2] as unknown[];
  const bits = number(row[1]);
  return {
    id: number(row[0]),
    sessionId: text(facts[0]),
    modifiedAt: number(facts[1]),
    activeAt: numberOrNull(facts[2]),
    hidden: textOrNull(facts[3]),
    workspace: textOrNull(facts[4]),
    summaryContext: textOrNull(facts[5]),
    countsContext: textOrNull(facts[6]),
    hasSummary: (bits & HOLDS.summary) !== 0,
    hasCounts: (bits & HOLDS.counts) !== 0,
    hasWarnings: (bits & HOLDS.warnings) !== 0,
  };
}

function rowsOf(json: string): unknown[] {
  let rows: unknown;
  try {
    rows = JSON.parse(json);
  } catch {
    throw new UnsoundRowError("the sessions are no JSON");
  }
  if (!Array.isArray(rows)) throw new UnsoundRowError("the sessions are none");
  return rows;
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

  /** The places of a store; undefined where none are kept. */
  places(store: number): PackedPlaces | undefined {
    const [row] = this.#rows("SELECT paths, stamps FROM places WHERE store = ?", store);
    if (row === undefined) return undefined;
    const [paths, stamps] = row;
    if (!(stamps instanceof Uint8Array)) throw new UnsoundRowError("places have no stamps");
    return { texts: text(paths), numbers: stamps };
  }

  /** The sessions of a store. All come as one text: to take out column by column costs three times as much. */
  sessions(store: number): SessionRow[] {
    const sql = `SELECT '[' || coalesce(group_concat('[' || id || ',' || holds || ',' || facts || ']'), '') || ']'
      FROM sessions WHERE store = ?`;
    const [row] = this.#rows(sql, store);
    return rowsOf(text(row?.[0])).map(sessionOf);
  }

  /** Whether a session of any store has this id, whatever its case. */
  hasSession(sessionId: string): boolean {
    const sql = "SELECT 1 FROM sessions WHERE session_id = ? COLLATE NOCASE LIMIT 1";
    return this.#rows(sql, sessionId).length > 0;
  }

  texts(session: number): SessionTexts {
    const sql = `SELECT ref, summary, summary_warnings, counts, counts_warnings, growth
      FROM texts WHERE session = ?`;
    const [row] = this.#rows(sql, session);
    if (row === undefined) throw new UnsoundRowError("a session is missing");
    const [ref, summary, summaryWarnings, counts, warnings, growth] = row;
    return {
      ref: text(ref),
      summary: textOrNull(summary),
      summaryWarnings: textOrNull(summaryWarnings),
      counts: textOrNull(counts),
      countsWarnings: textOrNull(warnings),
      growth: textOrNull(growth),
    };
  }

  /** The refs of a store's sessions as JSON, by row. */
  refs(store: number): Map<number, string> {
    const rows = this.#rows(
      "SELECT session, ref FROM texts WHERE session IN (SELECT id FROM sessions WHERE store = ?)",
      store,
    );
    return new Map(rows.map(([id, ref]) => [number(id), text(ref)]));
  }

  /** The sessions whose summary or counts depend on a place. */
  usersOf(store: number, place: number): { session: number; purpose: Purpose }[] {
    const sql = "SELECT session, purpose FROM uses WHERE store = ? AND place = ?";
    return this.#rows(sql, store, place).map(([session, purpose]) => ({
      session: number(session),
      purpose: purpose === PURPOSE.summary ? "summary" : "counts",
    }));
  }
}
