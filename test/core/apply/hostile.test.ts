import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan, checkPlan, recover } from "../../../src/core/apply/index.ts";
import type { PlanStep, WritePlan } from "../../../src/provider/writer.ts";
import {
  apply,
  chunks,
  failureOf,
  fullPlan,
  journals,
  makeScene,
  optionsFor,
  planOf,
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
const create = (path: string): PlanStep => ({ kind: "create-file", path, content: () => chunks("x") });
/** A plan with some parts replaced by anything. */
const planWith = (parts: Record<string, unknown>): WritePlan =>
  ({ ...planOf(scene.store, [create(at("a"))]), ...parts }) as WritePlan;

describe("a plan is refused", () => {
  const refused = async (plan: WritePlan, why: RegExp): Promise<void> => {
    const before = snapshot(scene.base);
    const error = await failureOf(checkPlan(plan));
    expect({ code: error.code, message: error.message }).toEqual({
      code: "provider-fault",
      message: expect.stringMatching(why),
    });
    expect(await failureOf(applyPlan(plan, optionsFor(scene)))).toMatchObject({ code: "provider-fault" });
    expect(snapshot(scene.base)).toEqual(before);
  };

  test("with a path outside its roots", async () => {
    for (const path of ["/etc/passwd", scene.store, `${scene.store}-other/a`, scene.base]) {
      await refused(planWith({ steps: [create(path)] }), /outside its roots/u);
    }
    await refused(planWith({ path: "/elsewhere" }), /outside its roots/u);
    await refused(
      planWith({ steps: [{ kind: "edit-json", path: at("a"), lockPath: "/tmp/lock", edit: () => 1 }] }),
      /outside/u,
    );
  });

  test("with a path in a form that could mislead", async () => {
    await refused(planWith({ steps: [create("a/b")] }), /not absolute/u);
    await refused(planWith({ steps: [create(`${scene.store}/x/../../a`)] }), /"\.\."/u);
    await refused(planWith({ steps: [create(`${scene.store}/a\0b`)] }), /NUL/u);
    await refused(planWith({ steps: [create(`${scene.store}/a/`)] }), /folder/u);
    await refused(planWith({ steps: [create(`${scene.store}/${"a".repeat(5000)}`)] }), /too long/u);
    await refused(planWith({ roots: ["/"] }), /whole disk/u);
    await refused(planWith({ roots: ["relative"] }), /not absolute/u);
    await refused(planWith({ roots: [`${scene.store}/..`] }), /"\.\."/u);
  });

  test("with a link below a root", async () => {
    mkdirSync(join(scene.base, "outside"));
    symlinkSync(join(scene.base, "outside"), at("link"));
    symlinkSync(at("marker"), at("file-link"));
    await refused(planWith({ steps: [create(at("link/a"))] }), /symbolic link/u);
    await refused(
      planWith({ steps: [{ kind: "append-lines", path: at("file-link"), lines: ["x"] }] }),
      /symbolic link/u,
    );
    await refused(
      planWith({ steps: [{ ...stepsFor(scene.store)["sqlite"], path: at("link/agent.db") }] }),
      /symbolic link/u,
    );
    await refused(
      planWith({ steps: [{ kind: "edit-json", path: at("a"), lockPath: at("link/l"), edit: () => 1 }] }),
      /symbolic link/u,
    );
    await refused(planWith({ steps: [create(at("marker/a"))] }), /not a folder/u);
  });

  test("with steps that get in each other's way", async () => {
    await refused(planWith({ steps: [create(at("a")), create(at("a"))] }), /two steps/u);
    await refused(planWith({ steps: [create(at("a")), create(at("./a"))] }), /two steps/u);
    await refused(
      planWith({ steps: [{ kind: "append-lines", path: at("a"), lines: ["x"] }, create(at("a"))] }),
      /two steps/u,
    );
    await refused(planWith({ steps: [create(at("a")), create(at("a/b"))] }), /file and a folder/u);
    await refused(
      planWith({
        steps: [create(at("l")), { kind: "edit-json", path: at("a"), lockPath: at("l"), edit: () => 1 }],
      }),
      /lock/u,
    );
  });

  test("with wrong shapes", async () => {
    const sql = (statements: unknown, undo: unknown = []): unknown => [
      { kind: "sqlite", path: at("agent.db"), statements, undo },
    ];
    const shapes: Record<string, unknown>[] = [
      { steps: undefined },
      { steps: [] },
      { steps: [null] },
      { steps: ["create-file"] },
      { steps: [{ kind: "remove-file", path: at("a") }] },
      { steps: [{ kind: "create-file", path: 5, content: () => chunks("x") }] },
      { steps: [{ kind: "create-file", path: at("a"), content: "text" }] },
      { steps: [{ ...create(at("a")), modifiedAt: Number.NaN }] },
      { steps: [{ ...create(at("a")), keepExisting: "yes" }] },
      { steps: [{ kind: "append-lines", path: at("a"), lines: [] }] },
      { steps: [{ kind: "append-lines", path: at("a"), lines: ["a\nb"] }] },
      { steps: [{ kind: "append-lines", path: at("a"), lines: "abc" }] },
      { steps: [{ kind: "append-lines", path: at("a"), lines: [{}] }] },
      { steps: [{ kind: "edit-json", path: at("a"), edit: {} }] },
      { steps: [{ kind: "edit-json", path: at("a"), lockPath: at("a"), edit: () => 1 }] },
      { steps: sql("DELETE FROM session") },
      { steps: sql([{ sql: 1, params: [] }]) },
      { steps: sql([{ sql: "INSERT INTO session VALUES (?)", params: [true] }]) },
      { steps: sql([{ sql: "INSERT INTO session VALUES (?)", params: [2n ** 64n] }]) },
      { steps: sql([{ sql: "INSERT INTO session VALUES (?)" }]) },
      { steps: Array.from({ length: 10_001 }, (_, index) => create(at(`${index}`))) },
      { sessionId: 5 },
      { path: undefined },
      { roots: [] },
      { roots: scene.store },
      { roots: [{}] },
    ];
    for (const shape of shapes) await refused(planWith(shape), /./u);
    await refused(null as never, /no object/u);
    for (const word of [
      "ATTACH 'x' AS y",
      "PRAGMA journal_mode = wal",
      "COMMIT",
      "VACUUM INTO 'x'",
      "DROP TABLE session",
      "CREATE TABLE x (a)",
    ]) {
      await refused(planWith({ steps: sql([{ sql: word, params: [] }]) }), /more than change rows/u);
      await refused(planWith({ steps: sql([], [{ sql: word, params: [] }]) }), /more than change rows/u);
    }
  });

  test("even if it changes its mind after the check", async () => {
    let asked = 0;
    const step = create(at("a"));
    Object.defineProperty(step, "path", { get: () => (asked++ === 0 ? at("a") : "/etc/casr-test") });
    await apply(scene, [step]);
    expect(existsSync(at("a"))).toBe(true);
    expect(existsSync("/etc/casr-test")).toBe(false);
  });
});

describe("a folder swapped for a link", () => {
  test("between check and any point of the commit is never followed", async () => {
    const steps = (): PlanStep[] => [
      create(at("sessions/a")),
      { kind: "append-lines", path: at("sessions/log"), lines: ["x"] },
      { kind: "edit-json", path: at("sessions/e.json"), edit: () => ({}) },
    ];
    const points: string[] = [];
    await apply(scene, steps(), { faults: (point) => void points.push(point) });
    for (const index of points.keys()) {
      scene.remove();
      scene = makeScene();
      const outside = join(scene.base, "outside");
      mkdirSync(outside);
      writeFileSync(join(outside, "precious"), "x");
      let met = 0;
      const faults = (): void => {
        if (met++ !== index) return;
        renameSync(at("sessions"), at("moved"));
        symlinkSync(outside, at("sessions"));
      };
      const verify = async (): Promise<void> => {
        throw new Error("refused");
      };
      const error = await failureOf(apply(scene, steps(), { faults, verify }));
      const strays = readdirSync(outside).filter((name) => name !== "precious");
      expect({ point: points[index], strays, message: error.message }).toMatchObject({ strays: [] });
      expect(error.message).toMatch(/replaced by a link|went|not there|refused/u);
      // The way is clear again: the undo comes to its end.
      unlinkSync(at("sessions"));
      renameSync(at("moved"), at("sessions"));
      await recover(scene.state, { log: () => {}, warn: () => {} });
      expect(readdirSync(at("sessions"))).toEqual([]);
      expect(journals(scene)).toEqual([]);
    }
  });
});

describe("a store that cannot be written", () => {
  /** Runs the full plan as an ordinary user in a child, which permissions bind. */
  const CHILD = fileURLToPath(new URL("crash-child.ts", import.meta.url));
  const isRoot = process.getuid?.() === 0;
  const NOBODY = 65_534;
  const asUser = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const canRun =
    process.platform !== "win32" &&
    spawnSync(process.execPath, ["--check", CHILD], { ...asUser, cwd: tmpdir() }).status === 0;

  test.skipIf(!canRun)(
    "a read-only folder gives write-failed and leaves everything (skipped where no ordinary user can run node)",
    () => {
      const own = (path: string): void => {
        if (isRoot) chownSync(path, NOBODY, NOBODY);
      };
      own(scene.base);
      own(scene.store);
      for (const name of readdirSync(scene.store)) own(at(name));
      chmodSync(scene.store, 0o555);
      const before = snapshot(scene.store);
      const child = spawnSync(process.execPath, [CHILD, "apply", scene.store, scene.state, "-1", "0"], {
        encoding: "utf8",
        cwd: tmpdir(),
        ...asUser,
      });
      expect(child.status).not.toBe(0);
      expect(child.stderr).toMatch(/write-failed/u);
      expect(child.stderr).toMatch(/permission denied \(EACCES\)/u);
      expect(snapshot(scene.store)).toEqual(before);
      chmodSync(scene.store, 0o755);
      expect(journals(scene)).toEqual([]);
    },
  );

  test.skipIf(!canRun)(
    "a read-only database is refused before SQLite leaves read-only files beside it (skipped likewise)",
    () => {
      scene.remove();
      scene = makeScene({ name: "a database in WAL mode", wal: true });
      for (const path of [scene.base, scene.store, at("agent.db"), ...readdirSync(scene.store).map(at)])
        if (isRoot) chownSync(path, NOBODY, NOBODY);
      chmodSync(at("agent.db"), 0o444);
      const before = readdirSync(scene.store);
      const child = spawnSync(process.execPath, [CHILD, "apply", scene.store, scene.state, "-1", "0"], {
        encoding: "utf8",
        cwd: tmpdir(),
        ...asUser,
      });
      expect(child.stderr).toMatch(/agent\.db: permission denied \(EACCES\)/u);
      expect(child.stderr).not.toMatch(/put back/u);
      expect(readdirSync(scene.store)).toEqual(before);
      expect(journals(scene)).toEqual([]);
    },
  );

  test("a state folder that cannot be made gives write-failed before anything is written", async () => {
    const before = snapshot(scene.store);
    writeFileSync(scene.state, "a file");
    const error = await failureOf(applyPlan(fullPlan(scene.store), optionsFor(scene, { force: true })));
    expect(error).toMatchObject({ code: "write-failed" });
    expect(error.suggestions).not.toEqual([]);
    expect(snapshot(scene.store)).toEqual(before);
  });

  test("every system error has a next step", async () => {
    for (const code of [
      "ENOSPC",
      "EDQUOT",
      "EACCES",
      "EROFS",
      "EXDEV",
      "ENOENT",
      "EIO",
      "EMFILE",
      "ENOTHEARDOF",
    ]) {
      const faults = (point: string): void => {
        if (point === "before syncing a temporary file") throw Object.assign(new Error("no"), { code });
      };
      const error = await failureOf(apply(scene, [create(at("a"))], { faults }));
      expect(error).toMatchObject({ code: "write-failed", context: { system_code: code, path: at("a") } });
      expect(error.suggestions?.[0]).toMatch(/./u);
    }
  });

  test("a folder that vanishes while casr writes gives write-failed", async () => {
    const faults = (point: string): void => {
      if (point === "before committing a file") renameSync(at("sessions"), at("gone"));
    };
    const error = await failureOf(apply(scene, [create(at("sessions/a"))], { faults }));
    expect(error).toMatchObject({ code: "write-failed" });
    expect(readFileSync(at("marker"), "utf8")).toBe("theirs");
  });
});
