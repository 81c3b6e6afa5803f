import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Place } from "./files.ts";
import { OutputSizes, withRealSizes, type JsonObject } from "./sizes.ts";
import { Template, type Copy } from "./template.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const VERSIONS = 4;
const ROUND_MS = 7 * 60_000;

/** An agent that keeps all its sessions in one SQLite database (OpenCode's form). */
export interface DatabaseAgent {
  slug: string;
  fixture: string;
  /** Path of the database below the home folder. */
  path: string;
  session: string;
  workspace: string;
}

/** The agents that keep all sessions in a database. */
export const DATABASE_AGENTS: readonly DatabaseAgent[] = [
  {
    slug: "opencode",
    fixture: "opencode/rich-git",
    path: ".local/share/opencode/opencode.db",
    session: "ses_e03841679ffewI0P4BGKOX0Z2h",
    workspace: "/home/dev/projects/inventory-api",
  },
  {
    slug: "kilo-code",
    fixture: "kilo-code/rich-git",
    path: ".local/share/kilo/kilo.db",
    session: "ses_e035d3fe3ffeciaCmySDGKGc12",
    workspace: "/home/dev/projects/inventory-api",
  },
];

type Row = { [column: string]: null | number | string };

/** A session to be put into a database. */
export interface DatabasePlace extends Place {
  bytes: number;
  number: number;
}

function rowsOf(database: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row[] {
  return database.prepare(sql).all(...values) as Row[];
}

function insertInto(database: DatabaseSync, table: string, row: Row): StatementSync {
  const columns = Object.keys(row);
  const places = columns.map(() => "?").join(",");
  return database.prepare(
    `INSERT INTO "${table}" (${columns.map((name) => `"${name}"`).join(",")}) VALUES (${places})`,
  );
}

/** The rows of the genuine session, as text that can be copied under other ids; outputs as long as in real life. */
function turnsOf(agent: DatabaseAgent, messages: Row[], parts: Row[]): Template[] {
  const sizes = new OutputSizes();
  return Array.from({ length: VERSIONS }, () => {
    const grown = parts.map((row) => {
      const data = JSON.parse(String(row["data"])) as JsonObject;
      return { ...row, data: JSON.stringify(withRealSizes(data, data["type"] === "tool", sizes)) };
    });
    return new Template(JSON.stringify([messages, grown]), agent);
  });
}

/** Puts sessions into a copy of the genuine database below `home`, a few at a time so that signals are heard. */
export async function fillDatabase(
  home: string,
  agent: DatabaseAgent,
  places: Iterable<DatabasePlace>,
  signal: AbortSignal,
): Promise<string> {
  const path = join(home, agent.path);
  await mkdir(dirname(path), { recursive: true });
  await copyFile(join(FIXTURES, agent.fixture, "home", agent.path), path);
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
    const [session] = rowsOf(database, "SELECT * FROM session WHERE id = ?", agent.session);
    const messages = rowsOf(database, "SELECT * FROM message WHERE session_id = ?", agent.session);
    const parts = rowsOf(database, "SELECT * FROM part WHERE session_id = ?", agent.session);
    const head = new Template(JSON.stringify(session), agent);
    const turns = turnsOf(agent, messages, parts);
    const inserts = [
      insertInto(database, "session", session!),
      insertInto(database, "message", messages[0]!),
      insertInto(database, "part", parts[0]!),
    ] as const;
    const insert = (statement: StatementSync, rows: Row[]): void => {
      for (const row of rows) statement.run(...Object.values(row));
    };
    for (const place of places) {
      signal.throwIfAborted();
      await nextTurn();
      database.exec("BEGIN");
      const copyOf = (round: number): Copy => ({
        session: place.session,
        workspace: place.workspace,
        salt: place.number * 64 + round,
        before: 0,
        shift: place.shift + round * ROUND_MS,
      });
      insert(inserts[0], [JSON.parse(head.copy(copyOf(0)).toString()) as Row]);
      let written = 0;
      for (let round = 0; round === 0 || written < place.bytes; round += 1) {
        const turn = turns[round % turns.length]!;
        written += turn.size;
        const [messageRows, partRows] = JSON.parse(turn.copy(copyOf(round)).toString()) as [Row[], Row[]];
        insert(inserts[1], messageRows);
        insert(inserts[2], partRows);
        if (round % 32 === 31) {
          database.exec("COMMIT; BEGIN");
          await nextTurn();
          signal.throwIfAborted();
        }
      }
      database.exec("COMMIT");
    }
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  return path;
}
