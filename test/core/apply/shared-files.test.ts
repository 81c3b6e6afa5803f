import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PlanStep } from "../../../src/provider/writer.ts";
import { apply, failureOf, makeScene, OLD_TIME, SESSION, snapshot, stepsFor, type Scene } from "./scene.ts";

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
const json = (name: string): unknown => JSON.parse(text(name));

describe("append-lines", () => {
  test("appends, completing an unfinished last line", async () => {
    await apply(scene, [step("append"), step("appendUnfinished"), step("appendNew")]);
    expect(text("whole.jsonl")).toBe(`{"id":"one"}\n{"id":"${SESSION}"}\n`);
    expect(text("index.jsonl")).toBe(`{"id":"one"}\n{"id":"two"}\n{"id":"${SESSION}"}\n{}\n`);
    expect(text("other/new.jsonl")).toBe(`{"id":"${SESSION}"}\n`);
    expect([mode("whole.jsonl"), mode("other/new.jsonl")]).toEqual([0o644, 0o600]);
  });

  const refusingAfter = (act: () => void) => ({
    verify: async (): Promise<void> => {
      act();
      throw new Error("refused");
    },
  });

  test("the undo leaves what others appended behind it", async () => {
    const theirs = (): void => {
      for (const name of ["index.jsonl", "whole.jsonl", "other/new.jsonl"])
        appendFileSync(at(name), "theirs\n");
    };
    const all = [step("append"), step("appendUnfinished"), step("appendNew")];
    expect((await failureOf(apply(scene, all, refusingAfter(theirs)))).message).toBe("refused");
    expect(text("whole.jsonl")).toBe('{"id":"one"}\ntheirs\n');
    expect(text("index.jsonl")).toBe('{"id":"one"}\n{"id":"two"}\ntheirs\n');
    expect(text("other/new.jsonl")).toBe("theirs\n");
    expect(mode("whole.jsonl")).toBe(0o644);
  });

  test("the undo finds its lines in a file that was rewritten, and takes no others for them", async () => {
    const rewrite = (): void =>
      writeFileSync(at("whole.jsonl"), `{"id":"zero"}\n{"id":"${SESSION}"}\nx{"id":"${SESSION}"}\nlast\n`);
    await failureOf(apply(scene, [step("append")], refusingAfter(rewrite)));
    expect(text("whole.jsonl")).toBe(`{"id":"zero"}\nx{"id":"${SESSION}"}\nlast\n`);
  });

  test("an undo that does not find its lines any more says so", async () => {
    const rewrite = (): void =>
      writeFileSync(at("whole.jsonl"), "all is different now, and longer than before\n");
    const error = await failureOf(apply(scene, [step("append")], refusingAfter(rewrite)));
    expect(error.message).toContain("are not in");
    expect(text("whole.jsonl")).toBe("all is different now, and longer than before\n");
  });

  test("others may append while casr does", async () => {
    let once = false;
    const faults = (point: string): void => {
      if (point !== "after saving the journal" || once || !existsSync(at("whole.jsonl"))) return;
      once = text("whole.jsonl").length > 0;
      appendFileSync(at("whole.jsonl"), "unfinished");
    };
    await apply(scene, [step("append")], { faults });
    expect(text("whole.jsonl")).toBe(`{"id":"one"}\nunfinished\n{"id":"${SESSION}"}\n`);
  });
});

describe("edit-json", () => {
  test("edits in the file's own style, atomically, keeping its mode", async () => {
    await apply(scene, [step("edit"), step("editNew")]);
    expect(text("projects.json")).toBe(
      '{\n    "projects": {\n        "/a": "a",\n        "/b": "b"\n    }\n}\n',
    );
    expect(text("settings/new.json")).toBe('{\n  "projects": {\n    "/b": "b"\n  }\n}\n');
    expect([mode("projects.json"), mode("settings/new.json")]).toEqual([0o640, 0o600]);
    expect(existsSync(at("projects.json.lock"))).toBe(false);
  });

  test("numbers no double can hold stay as they are", async () => {
    writeFileSync(at("n.json"), '{"big":123456789012345678901,"max":9007199254740991}');
    await apply(scene, [
      { kind: "edit-json", path: at("n.json"), edit: (current) => ({ ...(current as object), x: 1 }) },
    ]);
    expect(text("n.json")).toBe('{"big":123456789012345678901,"max":9007199254740991,"x":1}');
  });

  test("an edit that changes nothing writes nothing", async () => {
    const before = snapshot(scene.store);
    const same: PlanStep = {
      kind: "edit-json",
      path: at("projects.json"),
      edit: (current) => current ?? null,
    };
    expect((await apply(scene, [same])).writtenPaths).toEqual([]);
    expect(snapshot(scene.store)).toEqual(before);
  });

  test("a file that is no JSON is not touched", async () => {
    writeFileSync(at("projects.json"), '{"half');
    const error = await failureOf(apply(scene, [step("create"), step("edit")]));
    expect(error).toMatchObject({ code: "write-failed" });
    expect(error.message).toContain("not valid JSON");
    expect(text("projects.json")).toBe('{"half');
    expect(existsSync(at("new"))).toBe(false);
    expect(existsSync(at("projects.json.lock"))).toBe(false);
  });

  test("an edit that throws or gives nothing names the plugin", async () => {
    for (const edit of [
      () => {
        throw new Error("oops");
      },
      () => undefined as never,
    ]) {
      const error = await failureOf(apply(scene, [{ kind: "edit-json", path: at("projects.json"), edit }]));
      expect(error).toMatchObject({ code: "provider-fault" });
    }
  });

  test("waits for the agent's lock", async () => {
    mkdirSync(at("projects.json.lock"));
    setTimeout(() => {
      writeFileSync(at("projects.json"), '{"projects":{"/agent":"x"}}');
      rmdirSync(at("projects.json.lock"));
    }, 300);
    await apply(scene, [step("edit")]);
    expect(json("projects.json")).toEqual({ projects: { "/agent": "x", "/b": "b" } });
  });

  test("breaks a lock that was left behind", async () => {
    mkdirSync(at("projects.json.lock"));
    utimesSync(at("projects.json.lock"), OLD_TIME, OLD_TIME);
    await apply(scene, [step("edit")]);
    expect(json("projects.json")).toMatchObject({ projects: { "/b": "b" } });
    expect(existsSync(at("projects.json.lock"))).toBe(false);
  });

  test("gives up a lock that is held on, and can be interrupted while waiting", async () => {
    mkdirSync(at("projects.json.lock"));
    const renew = setInterval(() => utimesSync(at("projects.json.lock"), new Date(), new Date()), 1000);
    try {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 200);
      const error = await failureOf(
        apply(scene, [step("edit")], { signal: controller.signal }).finally(() =>
          rmdirSync(at("projects.json.lock")),
        ),
      );
      expect(error.context).toMatchObject({ interrupted: true });
    } finally {
      clearInterval(renew);
    }
  }, 60_000);

  test("reads again when the file changes in between", async () => {
    let once = false;
    const faults = (point: string): void => {
      if (point !== "before staging an edit" || once) return;
      once = true;
      writeFileSync(at("projects.json"), '{"projects":{"/agent":"x"}}');
    };
    await apply(scene, [step("edit")], { faults });
    expect(json("projects.json")).toEqual({ projects: { "/agent": "x", "/b": "b" } });
  });

  test("the undo leaves a file that others changed since", async () => {
    const verify = async (): Promise<void> => {
      writeFileSync(at("projects.json"), '{"projects":{"/agent":"x","/b":"b"}}');
      throw new Error("refused");
    };
    const error = await failureOf(apply(scene, [step("edit")], { verify }));
    expect(error.message).toContain("changed by another program");
    expect(json("projects.json")).toEqual({ projects: { "/agent": "x", "/b": "b" } });
  });
});
