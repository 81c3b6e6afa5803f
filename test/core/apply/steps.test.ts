import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan, describePlan } from "../../../src/core/apply/index.ts";
import type { PlanStep } from "../../../src/provider/writer.ts";
import {
  apply,
  failureOf,
  fullPlan,
  journals,
  makeScene,
  optionsFor,
  planOf,
  rowsOf,
  SESSION,
  snapshot,
  stepsFor,
  type Scene,
} from "./scene.ts";

let scene: Scene;
let steps: Record<string, PlanStep>;
beforeEach(() => {
  scene = makeScene();
  steps = stepsFor(scene.store);
});
afterEach(() => scene.remove());

const at = (name: string): string => join(scene.store, name);
const text = (name: string): string => readFileSync(at(name), "utf8");
const step = (name: string): PlanStep => steps[name]!;

describe("sqlite", () => {
  test("binds values exactly, in both journal modes", async () => {
    for (const journalMode of ["delete", "wal"]) {
      const database = new DatabaseSync(at("agent.db"));
      database.exec(`DELETE FROM session; PRAGMA journal_mode = ${journalMode}`);
      database.close();
      await apply(scene, [step("sqlite")]);
      expect(rowsOf(at("agent.db"))).toBe(`${SESSION}|4611686018427387904|1,0,2\n${SESSION}-b|1|null`);
      const check = new DatabaseSync(at("agent.db"));
      expect(check.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: journalMode });
      check.close();
    }
  });

  test("never makes a database", async () => {
    const missing = { ...step("sqlite"), path: at("none?x#y%.db") } as PlanStep;
    const error = await failureOf(apply(scene, [step("create"), missing]));
    expect(error).toMatchObject({ code: "write-failed" });
    expect(error.message).toContain("does not exist");
    expect(existsSync(at("new"))).toBe(false);
    writeFileSync(at("none?x#y%.db"), readFileSync(at("agent.db")));
    await apply(scene, [missing]);
    expect(rowsOf(at("none?x#y%.db"))).toContain(SESSION);
  });

  test("refuses when its undo would delete rows that are there already", async () => {
    const database = new DatabaseSync(at("agent.db"));
    database.exec(`INSERT INTO session VALUES ('${SESSION}-b', 7, NULL)`);
    database.close();
    const before = snapshot(scene.store);
    expect(await failureOf(apply(scene, [step("create"), step("sqlite")]))).toMatchObject({
      code: "target-exists",
    });
    expect(snapshot(scene.store)).toEqual(before);
  });

  test("all or nothing, whatever fails in it", async () => {
    const before = snapshot(scene.store);
    const first = { sql: "INSERT INTO session VALUES ('x', 1, NULL)", params: [] };
    const cases = [
      { sql: "INSERT INTO session VALUES ('old', 1, NULL)", code: "write-failed" },
      { sql: "INSERT INTO nowhere VALUES (1)", code: "provider-fault" },
      { sql: "INSERT INTO session VALUES ('y', 1, NULL); DELETE FROM session", code: "provider-fault" },
      { sql: "UPDATE session SET wrong = 1", code: "provider-fault" },
    ];
    for (const { sql, code } of cases) {
      const bad: PlanStep = {
        kind: "sqlite",
        path: at("agent.db"),
        statements: [first, { sql, params: [] }],
        undo: [],
      };
      expect(await failureOf(apply(scene, [bad]))).toMatchObject({ code });
      expect(snapshot(scene.store)).toEqual(before);
    }
    writeFileSync(at("junk.db"), "this is not a database, though long enough to be looked at. ".repeat(20));
    const junk = { ...step("sqlite"), path: at("junk.db") } as PlanStep;
    expect(await failureOf(apply(scene, [junk]))).toMatchObject({ code: "write-failed" });
  });

  test("an agent that holds the database is named", async () => {
    const agent = new DatabaseSync(at("agent.db"));
    agent.exec("BEGIN IMMEDIATE");
    const error = await failureOf(apply(scene, [step("sqlite")]));
    expect(error).toMatchObject({
      code: "write-failed",
      suggestions: ["Close the agent, then run the command again."],
    });
    agent.close();
  });
});

describe("a plan as a whole", () => {
  test("is described", () => {
    expect(describePlan(fullPlan("/s")).map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
      "create-file: create",
      "create-file: create unless it is there",
      "create-file: create unless it is there",
      "create-file: create",
      "append-lines: append 2 lines",
      "append-lines: append 1 line",
      "append-lines: append 1 line",
      "edit-json: edit under the agent's lock",
      "edit-json: edit",
      "sqlite: 2 statements",
    ]);
  });

  test("is verified while its journal still stands, and what verify throws is thrown", async () => {
    const before = snapshot(scene.store);
    const thrown = new Error("not equal");
    const verify = async (): Promise<void> => {
      expect(text("new/deep/session.jsonl")).toContain("line 1");
      expect(journals(scene)).toHaveLength(1);
      throw thrown;
    };
    const plan = fullPlan(scene.store);
    expect(await failureOf(applyPlan(plan, optionsFor(scene, { force: true, verify })))).toBe(thrown);
    expect(snapshot(scene.store)).toEqual(before);
  });

  test("goes through a root that is a link, and makes a root that is missing", async () => {
    symlinkSync(scene.store, join(scene.base, "link"));
    const throughLink = planOf(join(scene.base, "link"), [stepsFor(join(scene.base, "link"))["create"]!]);
    expect((await applyPlan(throughLink, optionsFor(scene))).writtenPaths).toEqual([
      join(scene.base, "link/new/deep/session.jsonl"),
    ]);
    expect(existsSync(at("new/deep/session.jsonl"))).toBe(true);
    const fresh = join(scene.base, "fresh/.agent");
    const verify = (): Promise<void> => Promise.reject(new Error("refused"));
    const plan = planOf(fresh, [stepsFor(fresh)["create"]!]);
    await failureOf(applyPlan(plan, optionsFor(scene, { verify })));
    expect(existsSync(join(scene.base, "fresh"))).toBe(false);
    await applyPlan(plan, optionsFor(scene));
    expect(existsSync(join(fresh, "new/deep/session.jsonl"))).toBe(true);
  });

  test("does nothing when it was interrupted before", async () => {
    const before = snapshot(scene.store);
    expect(await failureOf(apply(scene, [step("create")], { signal: AbortSignal.abort() }))).toMatchObject({
      code: "write-failed",
    });
    expect(snapshot(scene.store)).toEqual(before);
  });

  test("folders somebody uses by now stay when undone", async () => {
    const verify = async (): Promise<void> => {
      writeFileSync(at("new/theirs"), "x");
      chmodSync(at("new/theirs"), 0o600);
      throw new Error("refused");
    };
    await failureOf(apply(scene, [step("create")], { verify }));
    expect(existsSync(at("new/theirs"))).toBe(true);
    expect(existsSync(at("new/deep"))).toBe(false);
  });
});
