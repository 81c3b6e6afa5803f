import { appendFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backedUpPath, restoreBackup } from "../../../src/core/apply/index.ts";
import type { PlanStep } from "../../../src/provider/writer.ts";
import { apply, chunks, failureOf, journals, makeScene, snapshot, stepsFor, type Scene } from "./scene.ts";

let scene: Scene;
let steps: Record<string, PlanStep>;
beforeEach(() => {
  scene = makeScene();
  steps = stepsFor(scene.store);
});
afterEach(() => scene.remove());

const at = (name: string): string => join(scene.store, name);
const text = (name: string): string => readFileSync(at(name), "utf8");
const mode = (name: string): number => statSync(at(name)).mode & 0o777;
const step = (name: string): PlanStep => steps[name]!;

describe("create-file", () => {
  test("makes the file and its folders, private, with its time", async () => {
    const progress: number[] = [];
    const result = await apply(scene, [step("create")], { onProgress: (done) => progress.push(done) });
    expect(result).toEqual({ writtenPaths: [at("new/deep/session.jsonl")], backups: [] });
    expect(readFileSync(at("new/deep/session.jsonl"))).toEqual(
      Buffer.from("line 1\n\xff\nline 3\n", "latin1"),
    );
    expect([mode("new"), mode("new/deep"), mode("new/deep/session.jsonl")]).toEqual([0o700, 0o700, 0o600]);
    expect(statSync(at("new/deep/session.jsonl")).mtimeMs).toBe(1_700_000_000_000);
    expect(progress.at(-1)).toBe(16);
    expect(journals(scene)).toEqual([]);
  });

  test("keeps a character whole whose halves come in two chunks", async () => {
    const [high, low] = ["\u{1F600}".slice(0, 1), "\u{1F600}".slice(1)];
    await apply(scene, [
      { kind: "create-file", path: at("a"), content: () => chunks("x", high!, low!, "y", high!) },
    ]);
    expect(text("a")).toBe("x\u{1F600}y\uFFFD");
  });

  test("leaves a file of the same purpose alone", async () => {
    const before = snapshot(scene.store);
    expect(await apply(scene, [step("keepOld")])).toEqual({ writtenPaths: [], backups: [] });
    expect(snapshot(scene.store)).toEqual(before);
    expect((await apply(scene, [step("keepNew")])).writtenPaths).toEqual([at("new/marker")]);
    expect(text("new/marker")).toBe("ours");
  });

  test("leaves it alone also when it comes while casr writes", async () => {
    const faults = (point: string): void => {
      if (point === "before committing a file") writeFileSync(at("new/marker"), "theirs");
    };
    expect((await apply(scene, [step("keepNew")], { faults })).writtenPaths).toEqual([]);
    expect(text("new/marker")).toBe("theirs");
  });

  test("refuses an existing file, also one that comes while casr writes", async () => {
    const before = snapshot(scene.store);
    expect(await failureOf(apply(scene, [step("create"), step("replace")]))).toMatchObject({
      code: "target-exists",
    });
    expect(snapshot(scene.store)).toEqual(before);
    const faults = (point: string): void => {
      if (point === "before committing a file") writeFileSync(at("new/deep/session.jsonl"), "theirs");
    };
    expect(await failureOf(apply(scene, [step("create")], { faults }))).toMatchObject({
      code: "target-exists",
    });
    expect(text("new/deep/session.jsonl")).toBe("theirs");
  });

  test("where links do not work the name is claimed with an empty file", async () => {
    const faults = (point: string): void => {
      if (point.startsWith("linking")) throw Object.assign(new Error("no links"), { code: "EPERM" });
    };
    const result = await apply(scene, [step("create"), step("replace")], { faults, force: true });
    expect(text("new/deep/session.jsonl")).toContain("line 3");
    expect(text("taken.jsonl")).toBe("the new session\n");
    expect(readFileSync(result.backups[0]!.backup, "utf8")).toBe("the old session\n");
  });

  test("a target others have written to is never taken back", async () => {
    const verify = async (): Promise<void> => {
      appendFileSync(at("new/deep/session.jsonl"), "a new turn\n");
      throw new Error("refused");
    };
    const error = await failureOf(apply(scene, [step("create")], { verify }));
    expect(error.message).toMatch(/refused.*session\.jsonl was changed since casr wrote it and is kept/u);
    expect(text("new/deep/session.jsonl")).toContain("a new turn");
    expect(journals(scene)).toEqual([]);
  });

  test("content that fails names the plugin", async () => {
    const content = async function* (): AsyncGenerator<string> {
      yield "half";
      throw new TypeError("oops");
    };
    const before = snapshot(scene.store);
    const error = await failureOf(apply(scene, [{ kind: "create-file", path: at("a"), content }]));
    expect(error).toMatchObject({ code: "provider-fault" });
    const wrong = async function* () {
      yield 5;
    } as unknown as typeof content;
    expect(
      await failureOf(apply(scene, [{ kind: "create-file", path: at("a"), content: wrong }])),
    ).toMatchObject({ code: "provider-fault" });
    expect(snapshot(scene.store)).toEqual(before);
  });
});

describe("--force", () => {
  test("keeps the old file as a backup and its mode, restorable by name", async () => {
    const before = snapshot(scene.store);
    const { backups } = await apply(scene, [step("replace")], { force: true });
    expect(backups).toEqual([
      { path: at("taken.jsonl"), backup: at("taken.jsonl.casr-20260506T070809-1.bak") },
    ]);
    expect(text("taken.jsonl")).toBe("the new session\n");
    expect(mode("taken.jsonl")).toBe(0o640);
    const second = await apply(scene, [step("replace")], { force: true });
    expect(basename(second.backups[0]!.backup)).toBe("taken.jsonl.casr-20260506T070809-2.bak");
    const restored = await restoreBackup(backups[0]!.backup, 0);
    expect(restored).toEqual({
      path: at("taken.jsonl"),
      replaced: at("taken.jsonl.casr-19700101T000000-1.bak"),
    });
    expect(snapshot(scene.store)["taken.jsonl"]).toBe(before["taken.jsonl"]);
    expect(readFileSync(restored.replaced!, "utf8")).toBe("the new session\n");
  });

  test("restoring takes only names of backups", async () => {
    expect(backedUpPath("/x/y.jsonl")).toBeUndefined();
    expect(await failureOf(restoreBackup(at("marker")))).toMatchObject({ code: "usage" });
    expect(await failureOf(restoreBackup(at("marker.casr-20260506T070809-1.bak")))).toMatchObject({
      code: "usage",
    });
  });

  test("does not replace a folder or a link", async () => {
    mkdirSync(at("folder"));
    symlinkSync(at("marker"), at("link"));
    const create = (name: string): PlanStep => ({
      kind: "create-file",
      path: at(name),
      content: () => chunks("x"),
    });
    expect(await failureOf(apply(scene, [create("folder")], { force: true }))).toMatchObject({
      code: "write-failed",
    });
    expect(await failureOf(apply(scene, [create("link")], { force: true }))).toMatchObject({
      code: "provider-fault",
    });
    expect(text("marker")).toBe("theirs");
  });
});
