import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { applyPlan, recover, type FaultHook } from "../../../src/core/apply/index.ts";
import {
  failureOf,
  fullPlan,
  journals,
  makeScene,
  optionsFor,
  refuseLinks,
  snapshot,
  VARIANTS,
  type Scene,
  type Variant,
} from "./scene.ts";

const CHILD = fileURLToPath(new URL("crash-child.ts", import.meta.url));
/** Saves the many children half of their start-up. */
const COMPILED = mkdtempSync(join(tmpdir(), "casr-apply-compiled-"));
afterAll(() => rmSync(COMPILED, { recursive: true, force: true }));
const silent = { log: () => {}, warn: () => {} };

/** Counts points, and does something at one of them. */
function counter(
  variant: Variant,
  wanted: number,
  act: (point: string) => void,
): { faults: FaultHook; met: () => string[] } {
  const met: string[] = [];
  return {
    faults: (point) => {
      met.push(point);
      if (met.length - 1 === wanted) act(point);
      else refuseLinks(variant, point);
    },
    met: () => met,
  };
}

async function inScene(variant: Variant, act: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = makeScene(variant);
  try {
    await act(scene);
  } finally {
    scene.remove();
  }
}

/** The points of a run of the full plan; with `refuse`, also those of its undo. */
async function pointsOf(variant: Variant, refuse: boolean): Promise<string[]> {
  const { faults, met } = counter(variant, -1, () => {});
  await inScene(variant, async (scene) => {
    const verify = async (): Promise<void> => {
      if (refuse) throw new Error("refused");
    };
    const run = applyPlan(
      fullPlan(scene.store, variant.steps),
      optionsFor(scene, { force: true, faults, verify }),
    );
    if (refuse) expect((await failureOf(run)).message).toBe("refused");
    else await run;
  });
  return met();
}

/** Kills a child at a point; false when it ended before it came there. */
async function killAt(scene: Scene, variant: Variant, mode: string, point: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [CHILD, mode, scene.store, scene.state, String(point), String(VARIANTS.indexOf(variant))],
    { env: { ...process.env, NODE_COMPILE_CACHE: COMPILED } },
  );
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") return true;
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return false;
}

/** Runs `act` for each index, a few at a time. */
async function forEach(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

/** Lets ten seconds pass for an agent's lock that a killed child has left behind. */
function ageLock(scene: Scene): void {
  const lock = join(scene.store, "projects.json.lock");
  const past = new Date(Date.now() - 60_000);
  if (existsSync(lock)) utimesSync(lock, past, past);
}

test("a run that was not disturbed leaves nothing but its result", async () => {
  await inScene(VARIANTS[0]!, async (scene) => {
    const copy = join(scene.base, "copy");
    cpSync(scene.store, copy, { recursive: true, preserveTimestamps: true });
    expect(await killAt(scene, VARIANTS[0]!, "apply", -1)).toBe(false);
    const added = Object.keys(snapshot(scene.store)).filter((name) => !(name in snapshot(copy)));
    expect(added).toEqual([
      "new",
      "new/deep",
      "new/deep/session.jsonl",
      "new/marker",
      "other",
      "other/new.jsonl",
      "settings",
      "settings/new.json",
      "taken.jsonl.casr-20260506T070809-1.bak",
    ]);
  });
});

describe.each(VARIANTS)("a failure at any point puts everything back: $name", (variant) => {
  test("an error thrown", async () => {
    const points = await pointsOf(variant, false);
    expect(points.length).toBeGreaterThan(variant.steps === undefined ? 60 : 15);
    for (const index of points.keys()) {
      await inScene(variant, async (scene) => {
        const before = snapshot(scene.store);
        const { faults } = counter(variant, index, (point) => {
          throw Object.assign(new Error(`broken at ${point}`), { code: "ENOSPC" });
        });
        const error = await failureOf(
          applyPlan(fullPlan(scene.store, variant.steps), optionsFor(scene, { force: true, faults })),
        );
        expect({ index, code: error.code, undone: error.context?.["undone"] }).toEqual({
          index,
          code: "write-failed",
          undone: true,
        });
        expect({ index, tree: snapshot(scene.store) }).toEqual({ index, tree: before });
        expect(journals(scene)).toEqual([]);
      });
    }
  });

  test("an interruption", async () => {
    const points = await pointsOf(variant, false);
    for (const index of points.keys()) {
      await inScene(variant, async (scene) => {
        const before = snapshot(scene.store);
        const controller = new AbortController();
        const { faults } = counter(variant, index, () => controller.abort());
        const error = await failureOf(
          applyPlan(
            fullPlan(scene.store, variant.steps),
            optionsFor(scene, { force: true, faults, signal: controller.signal }),
          ),
        ).catch(() => undefined);
        // After the last point the transaction is final.
        if (error === undefined) expect(index).toBe(points.length - 1);
        else {
          expect(error).toMatchObject({ code: "write-failed", context: { interrupted: true, undone: true } });
          expect({ index, tree: snapshot(scene.store) }).toEqual({ index, tree: before });
        }
        expect(journals(scene)).toEqual([]);
      });
    }
  });

  test("an undo that fails at any point says what is left, and recover finishes it", async () => {
    const points = await pointsOf(variant, true);
    const first = points.findIndex((point) => point.startsWith("undo:"));
    expect(points.length - first).toBeGreaterThan(variant.steps === undefined ? 15 : 3);
    for (let index = first; index < points.length; index += 1) {
      await inScene(variant, async (scene) => {
        const before = snapshot(scene.store);
        const { faults } = counter(variant, index, (point) => {
          throw new Error(`broken at ${point}`);
        });
        const verify = (): Promise<void> => Promise.reject(new Error("refused"));
        const error = await failureOf(
          applyPlan(fullPlan(scene.store, variant.steps), optionsFor(scene, { force: true, faults, verify })),
        );
        expect({ index, code: error.code }).toEqual({ index, code: "write-failed" });
        expect(error.message).toContain(String(error.context?.["journal"]));
        expect(error.message).toContain("broken at undo:");
        expect(journals(scene)).toHaveLength(1);
        expect(await recover(scene.state, silent)).toMatchObject([{ undone: true, left: [], problems: [] }]);
        expect({ index, tree: snapshot(scene.store) }).toEqual({ index, tree: before });
        expect(journals(scene)).toEqual([]);
      });
    }
  });
});

describe.each(VARIANTS)("a kill at any point is undone by recover: $name", (variant) => {
  test("while applying or undoing", { timeout: 300_000 }, async () => {
    const points = await pointsOf(variant, true);
    await forEach(points.length, (index) =>
      inScene(variant, async (scene) => {
        const before = snapshot(scene.store);
        expect(await killAt(scene, variant, "refuse", index)).toBe(true);
        ageLock(scene);
        const warnings: string[] = [];
        await recover(scene.state, { log: () => {}, warn: (message) => warnings.push(message) });
        expect({ index, point: points[index], warnings }).toEqual({
          index,
          point: points[index],
          warnings: [],
        });
        expect({ index, tree: snapshot(scene.store) }).toEqual({ index, tree: before });
        expect(journals(scene).filter((name) => !name.endsWith(".tmp"))).toEqual([]);
      }),
    );
  });

  test("while recovering", { timeout: 300_000 }, async () => {
    const lastApply = (await pointsOf(variant, false)).length - 1;
    const killed = makeScene(variant);
    try {
      const before = snapshot(killed.store);
      expect(await killAt(killed, variant, "apply", lastApply)).toBe(true);
      expect(snapshot(killed.store)).not.toEqual(before);
      for (let index = 0; ; index += 1) {
        expect(index).toBeLessThan(200);
        if (!(await killAt(killed, variant, "recover", index))) break;
        ageLock(killed);
      }
      expect(snapshot(killed.store)).toEqual(before);
      expect(journals(killed)).toEqual([]);
    } finally {
      killed.remove();
    }
  });
});
