import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan, recover } from "../../../src/core/apply/index.ts";
import type { Journal } from "../../../src/core/apply/journal.ts";
import type { Host } from "../../../src/core/api.ts";
import { recoverStore } from "../../../src/core/recovery.ts";
import { isRunning, thisProcess } from "../../../src/core/apply/owner.ts";
import { lockRoots, tryLockRoots } from "../../../src/core/apply/store-lock.ts";
import {
  apply,
  chunks,
  failureOf,
  fullPlan,
  journals,
  journalWith,
  makeScene,
  optionsFor,
  snapshot,
  stepsFor,
  type Scene,
} from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = makeScene();
});
afterEach(() => scene.remove());

const at = (name: string): string => join(scene.store, name);

function listening(): {
  log: (message: string) => void;
  warn: (message: string) => void;
  logs: string[];
  warnings: string[];
} {
  const logs: string[] = [];
  const warnings: string[] = [];
  return {
    log: (message) => void logs.push(message),
    warn: (message) => void warnings.push(message),
    logs,
    warnings,
  };
}

describe("recover", () => {
  test("has nothing to do, and makes nothing, where casr never wrote", async () => {
    const ears = listening();
    expect(await recover(scene.state, ears)).toEqual([]);
    expect(readdirSync(scene.base)).toEqual(["store"]);
    expect([...ears.logs, ...ears.warnings]).toEqual([]);
  });

  test("leaves a transaction of this process alone while it works", async () => {
    const verify = async (): Promise<void> => {
      const ears = listening();
      expect(await recover(scene.state, ears)).toEqual([]);
      expect(ears.logs).toHaveLength(1);
      expect(ears.warnings).toEqual([]);
    };
    await applyPlan(fullPlan(scene.store), optionsFor(scene, { force: true, verify }));
    expect(readFileSync(at("taken.jsonl"), "utf8")).toBe("the new session\n");
  });

  test("leaves a transaction of another process alone while it works, and undoes it when that is killed", async () => {
    const before = snapshot(scene.store);
    const child = spawn(process.execPath, [
      fileURLToPath(new URL("waiting-child.ts", import.meta.url)),
      scene.store,
      scene.state,
    ]);
    const [ready] = (await once(child.stdout, "data")) as [Buffer];
    expect(ready.toString()).toBe("verifying\n");
    const ears = listening();
    expect(await recover(scene.state, ears)).toEqual([]);
    expect(ears.logs.join()).toContain(`process ${child.pid}`);
    const whileHeld = await tryLockRoots([scene.store], scene.state);
    expect(whileHeld).toBeUndefined();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await recover(scene.state, ears)).toMatchObject([{ undone: true, left: [] }]);
    expect(snapshot(scene.store)).toEqual(before);
    expect(ears.warnings).toEqual([]);
  });

  test("moves a damaged journal away with a warning, and undoes the others", async () => {
    const folder = join(scene.state, "journal");
    mkdirSync(folder, { recursive: true });
    const foreign: Partial<Journal> = { casrJournal: 1, id: "abcdef0123", steps: [] };
    const bad: Record<string, string> = {
      "a.json": "",
      "b.json": '{"casrJournal":1,"id":"abcdef01',
      "c.json": "null",
      "d.json": JSON.stringify(foreign),
      "e.json": JSON.stringify(
        journalWith([
          { kind: "create", path: "/etc/passwd", root: "/etc", temporary: "/etc/.casr-abcdef0123-0.tmp" },
        ]),
      ),
      "f.json": JSON.stringify(
        journalWith([{ kind: "create", path: "/r/a", root: "/r", temporary: "/r/precious" }]),
      ),
      "g.json": JSON.stringify(
        journalWith([{ kind: "append", path: "/r/../etc/x", root: "/r", state: "written", data: "x" }]),
      ),
    };
    for (const [name, text] of Object.entries(bad)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "newer.json"), '{"casrJournal":2}');
    writeFileSync(join(folder, "old.json.tmp"), "{");
    utimesSync(join(folder, "old.json.tmp"), 1, 1);
    const ears = listening();
    expect(await recover(scene.state, ears)).toEqual([]);
    expect(ears.warnings).toHaveLength(Object.keys(bad).length + 1);
    expect(readdirSync(join(folder, "quarantine"))).toHaveLength(Object.keys(bad).length);
    expect(readdirSync(folder).sort()).toEqual(["newer.json", "quarantine"]);
  });

  test("an undo that could not be finished takes back nothing a later run wrote", async () => {
    const steps = stepsFor(scene.store);
    const before = snapshot(scene.store);
    const broken = (point: string): void => {
      if (point === "undo: before undoing in a database") throw new Error("the database is damaged");
    };
    const verify = (): Promise<void> => Promise.reject(new Error("refused"));
    const error = await failureOf(
      apply(scene, [steps["append"]!, steps["sqlite"]!], { verify, faults: broken }),
    );
    expect(error.message).toContain(
      `Could not undo what was written to ${at("agent.db")}: the database is damaged. What`,
    );
    expect(journals(scene)).toHaveLength(1);
    const rows = readFileSync(at("agent.db"));
    writeFileSync(at("agent.db"), "no database");
    const host = { folders: { state: scene.state }, log: () => {} } as unknown as Host;
    expect(await recoverStore(host)).toEqual([
      expect.stringMatching(/could not be undone: .*\. It is kept in/),
    ]);
    writeFileSync(at("agent.db"), rows);
    // The same session again: the very same line, and this time it stays.
    await apply(scene, [steps["append"]!]);
    expect(await recover(scene.state, listening())).toMatchObject([{ undone: true, left: [] }]);
    expect(readFileSync(at("whole.jsonl"), "utf8").split("\n")).toHaveLength(3);
    expect(snapshot(scene.store)["agent.db"]).toBe(before["agent.db"]);
  });

  test("tells what others changed since, keeps it, and is done with it", async () => {
    const verify = (): Promise<void> => Promise.reject(new Error("refused"));
    const broken = (point: string): void => {
      if (point.startsWith("undo:")) throw new Error("the power is gone");
    };
    await failureOf(
      apply(scene, [stepsFor(scene.store)["create"]!, stepsFor(scene.store)["edit"]!], {
        verify,
        faults: broken,
      }),
    );
    expect(journals(scene)).toHaveLength(1);
    writeFileSync(at("new/deep/session.jsonl"), "gone on with\n");
    writeFileSync(at("projects.json"), '{"by":"the agent"}');
    const ears = listening();
    const [one] = await recover(scene.state, ears);
    expect(one).toMatchObject({ undone: true, problems: [] });
    expect(one?.left).toHaveLength(2);
    expect(ears.warnings).toHaveLength(2);
    expect(readFileSync(at("new/deep/session.jsonl"), "utf8")).toBe("gone on with\n");
    expect(readFileSync(at("projects.json"), "utf8")).toBe('{"by":"the agent"}');
    expect(journals(scene)).toEqual([]);
  });
});

describe("two runs at once", () => {
  test("take turns on a store, and both are done", async () => {
    let inside = 0;
    const verify = async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 60));
      inside -= 1;
    };
    const run = (name: string): Promise<unknown> =>
      apply(
        scene,
        [
          { kind: "create-file", path: at(`sessions/${name}`), content: () => chunks(name) },
          { kind: "append-lines", path: at("whole.jsonl"), lines: [name] },
          {
            kind: "edit-json",
            path: at("projects.json"),
            edit: (current) => ({ ...(current as object), [name]: 1 }),
          },
        ],
        { verify },
      );
    await Promise.all(["one", "two", "three", "four"].map(run));
    expect(readdirSync(at("sessions")).sort()).toEqual(["four", "one", "three", "two"]);
    expect(readFileSync(at("whole.jsonl"), "utf8").trim().split("\n").sort().slice(0, 4)).toEqual([
      "four",
      "one",
      "three",
      "two",
    ]);
    expect(Object.keys(JSON.parse(readFileSync(at("projects.json"), "utf8")) as object)).toHaveLength(5);
  });

  test("one of two that fails takes back only its own", async () => {
    const run = (name: string, fails: boolean): Promise<unknown> =>
      apply(scene, [{ kind: "append-lines", path: at("whole.jsonl"), lines: [name] }], {
        verify: () => (fails ? Promise.reject(new Error("refused")) : Promise.resolve()),
      });
    await Promise.allSettled(Array.from({ length: 6 }, (_, index) => run(`run ${index}`, index % 2 === 0)));
    expect(readFileSync(at("whole.jsonl"), "utf8").trim().split("\n").sort()).toEqual([
      "run 1",
      "run 3",
      "run 5",
      '{"id":"one"}',
    ]);
  });

  test(
    "an impatient one is told who holds the store, and an interrupted one stops waiting",
    { timeout: 30_000 },
    async () => {
      const held = await lockRoots([scene.store], scene.state, new AbortController().signal);
      try {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 100);
        const step = [{ kind: "append-lines" as const, path: at("whole.jsonl"), lines: ["x"] }];
        expect(await failureOf(apply(scene, step, { signal: controller.signal }))).toMatchObject({
          context: { interrupted: true },
        });
        const error = await failureOf(apply(scene, step));
        expect(error).toMatchObject({ code: "write-failed" });
        expect(error.message).toContain(`process ${process.pid}`);
        expect(error.message).toContain(scene.store);
      } finally {
        held.release();
      }
      await apply(scene, [{ kind: "append-lines", path: at("whole.jsonl"), lines: ["x"] }]);
    },
  );
});

describe("owners", () => {
  test("this process runs; one with its id but another start does not", () => {
    const here = thisProcess();
    expect(isRunning(here)).toBe(here.started === undefined ? undefined : true);
    if (here.started === undefined) return;
    expect(isRunning({ pid: here.pid, started: `1${here.started}` })).toBe(false);
    expect(isRunning({ pid: 2 ** 30, started: here.started })).toBe(false);
    expect(isRunning({ pid: here.pid, started: "5@another boot" })).toBeUndefined();
    expect(isRunning({ pid: here.pid })).toBeUndefined();
  });
});
