import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan, describePlan } from "../../../src/core/apply/index.ts";
import type { SqliteStep, SqlStatement } from "../../../src/provider/writer.ts";
import { apply, failureOf, journals, makeScene, optionsFor, planOf, type Scene } from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = makeScene();
});
afterEach(() => scene.remove());

const at = (name: string): string => join(scene.store, name);
const insert = (id: string): SqlStatement => ({ sql: "INSERT INTO session (id) VALUES (?)", params: [id] });

async function* several(): AsyncIterable<SqlStatement> {
  yield insert("a");
  yield insert("b");
}

const stepOn = (name: string, more: Partial<SqliteStep> = {}): SqliteStep => ({
  kind: "sqlite",
  path: at(name),
  schema: ["CREATE TABLE session (id TEXT PRIMARY KEY)", "CREATE UNIQUE INDEX i ON session (id)"],
  statements: several,
  undo: [{ sql: "DELETE FROM session WHERE id IN ('a', 'b')", params: [] }],
  ...more,
});

function idsIn(name: string): unknown[] {
  const database = new DatabaseSync(at(name));
  const rows = database.prepare("SELECT id FROM session ORDER BY id").all();
  database.close();
  return rows.map((row) => row["id"]);
}

describe("a database that is not there", () => {
  test("is made with its tables and rows, for its owner alone, and is reported as written", async () => {
    const result = await apply(scene, [stepOn("new/agent.db")]);
    expect(idsIn("new/agent.db")).toEqual(["a", "b"]);
    expect(statSync(at("new/agent.db")).mode & 0o777).toBe(0o600);
    expect(result.writtenPaths).toEqual([at("new/agent.db")]);
    expect(readdirSync(at("new"))).toEqual(["agent.db"]);
  });

  test("is gone again when what was written is not right", async () => {
    const options = optionsFor(scene, { verify: () => Promise.reject(new Error("no")) });
    await expect(applyPlan(planOf(scene.store, [stepOn("new/agent.db")]), options)).rejects.toThrow("no");
    expect(existsSync(at("new"))).toBe(false);
    expect(journals(scene)).toEqual([]);
  });

  test("is not made by a statement that fails", async () => {
    async function* broken(): AsyncIterable<SqlStatement> {
      yield* several();
      yield insert("a");
    }
    const error = await failureOf(apply(scene, [stepOn("new/agent.db", { statements: broken })]));
    expect(error.code).toBe("write-failed");
    expect(existsSync(at("new"))).toBe(false);
  });

  test("has a schema of tables and indexes and nothing else", async () => {
    for (const sql of [
      "CREATE TRIGGER t AFTER INSERT ON session BEGIN SELECT 1; END",
      "PRAGMA x",
      "ATTACH 'y' AS z",
    ]) {
      const error = await failureOf(apply(scene, [stepOn("new/agent.db", { schema: [sql] })]));
      expect(error.code).toBe("provider-fault");
    }
    expect(existsSync(at("new"))).toBe(false);
  });
});

describe("statements that come one by one", () => {
  test("go into a database that is there; its schema is left alone", async () => {
    await apply(scene, [stepOn("agent.db")]);
    expect(idsIn("agent.db")).toEqual(["a", "b", "old"]);
    expect(describePlan(planOf(scene.store, [stepOn("agent.db")]))[0]?.detail).toBe("add rows");
  });

  test("are checked as they come, and all taken back", async () => {
    async function* evil(): AsyncIterable<SqlStatement> {
      yield* several();
      yield { sql: "DROP TABLE session", params: [] };
    }
    const before = readFileSync(at("agent.db"));
    const error = await failureOf(apply(scene, [stepOn("agent.db", { statements: evil })]));
    expect(error.code).toBe("provider-fault");
    expect(readFileSync(at("agent.db"))).toEqual(before);
  });
});
