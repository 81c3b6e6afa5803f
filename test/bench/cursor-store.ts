import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How large the rows are that no session names: snapshots of files and the state of the agent, as in real databases. */
const BULK_BYTES = 256 * 1024;
const STEPS = 6;

const idOf = (number: number): string =>
  `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;

/**
 * A database of Cursor 3.12 and later with `sessions` sessions of six steps, and so many rows of other things that it
 * has about `bytes` bytes. Most of a real one is such rows. The rows lie between those of the sessions.
 */
export function cursorStore(home: string, sessions: number, bytes: number, signal: AbortSignal): string {
  const path = join(home, ".config/Cursor/User/globalStorage/state.vscdb");
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
      CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
      CREATE TABLE composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT, createdAt INTEGER,
        lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER, checkpointAt INTEGER, value TEXT);`);
    const row = database.prepare("INSERT INTO cursorDiskKV VALUES (?, ?)");
    const head = database.prepare("INSERT INTO composerHeaders VALUES (?, 'ws', ?, ?, 0, 0, ?, NULL, ?)");
    const bulk = Math.ceil(bytes / BULK_BYTES / sessions);
    database.exec("BEGIN");
    for (let number = 1; number <= sessions; number += 1) {
      signal.throwIfAborted();
      const id = idOf(number);
      const time = Date.parse("2026-11-21T00:00:00Z") - number * 60_000;
      const uri = { fsPath: `/home/dev/projects/p${number % 125}`, scheme: "file" };
      const value = {
        type: "head",
        composerId: id,
        name: `Session ${number}`,
        workspaceIdentifier: { id: "ws", uri },
      };
      head.run(id, time, time + 9000, time + 9000, JSON.stringify(value));
      const bubbles = Array.from({ length: STEPS }, (_one, step) => ({
        _v: 3,
        bubbleId: `b${step}`,
        type: step === 0 ? 1 : 2,
        createdAt: new Date(time + step * 1000).toISOString(),
        text: `${step === 0 ? "Question" : "Answer"} ${number}: ${"some words of it ".repeat(60)}`,
      }));
      const fullConversationHeadersOnly = bubbles.map(({ bubbleId, type }) => ({ bubbleId, type }));
      const record = {
        _v: 17,
        composerId: id,
        name: `Session ${number}`,
        createdAt: time,
        lastUpdatedAt: time + 9000,
      };
      row.run(`composerData:${id}`, JSON.stringify({ ...record, fullConversationHeadersOnly }));
      for (const bubble of bubbles) row.run(`bubbleId:${id}:${bubble.bubbleId}`, JSON.stringify(bubble));
      for (let at = 0; at < bulk; at += 1) row.run(`checkpointId:${id}:${at}`, randomBytes(BULK_BYTES));
      if (number % 200 === 0) database.exec("COMMIT; BEGIN");
    }
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  return path;
}
