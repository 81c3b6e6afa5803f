import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../../src/core/world.ts";
import { fixtureHome, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { factoryFolder, projectFolderName } from "../src/paths.ts";
import { reader } from "../src/read.ts";
import { resumeSteps } from "../src/resume.ts";
import { Records } from "./helpers.ts";

const worldOf = (env: Record<string, string>, platform = "linux", home = "/home/dev") =>
  createWorld({ home, cwd: home, env, platform, warn: () => {} });

describe("finding sessions", () => {
  it("lists recorded sessions, and says of those of subagents that they are", async () => {
    const { world, warnings } = worldOn(seedHome(["factory/rich", "factory/subagents"]));
    expect(await reader.detect(world)).toMatchObject({
      found: true,
      evidence: [expect.stringContaining("(5 sessions)")],
    });
    const refs = await collect(reader.discover(world));
    const summaries = await Promise.all(refs.map((ref) => reader.summarize(ref, world)));
    const shown = summaries.filter(({ hidden }) => hidden !== "subagent");
    expect(summaries).toHaveLength(5);
    expect(shown.map(({ title }) => title).sort()).toEqual([
      "Greeting work",
      "Please count with helpers",
      "Summary: the user asked to change the greeting; done — naïve ✓",
    ]);
    expect(warnings).toEqual([]);
  });

  it("finds subagents by id, and says who called them", async () => {
    const { world } = worldOn(fixtureHome("factory/subagents"));
    const [ref] = await collect(reader.locate("15DB2F0B", world));
    expect((await reader.summarize(ref!, world)).hidden).toBe("subagent");
    expect((await reader.read(ref!, world)).header.parent).toEqual({
      id: "9b075346-c5db-47eb-af30-22596f4d562b",
      provider: "factory",
      relation: "subagent",
    });
    expect((await reader.identify(ref!.path, world))?.id).toBe(ref!.id);
    expect(await collect(reader.locate("", world))).toEqual([]);
    expect(
      await reader.identify(join(fixtureHome("codex/zstd"), ".codex/session_index.jsonl"), world),
    ).toBeUndefined();
  });

  it("lists sessions of no workspace, whatever their names, and many of them", async () => {
    const home = temporaryFolder("factory-many");
    const root = join(home, ".factory/sessions");
    mkdirSync(root, { recursive: true });
    const records = new Records().user("Hi").text;
    for (let number = 0; number < 300; number += 1)
      writeFileSync(join(root, `my-id-${number}.jsonl`), records);
    const { world } = worldOn(home);
    expect(await collect(reader.discover(world))).toHaveLength(300);
    expect((await collect(reader.locate("my-id-29", world))).length).toBe(11);
  });

  it("looks where the variables say, and resumes there", () => {
    expect(factoryFolder(worldOf({}))).toBe("/home/dev/.factory");
    expect(factoryFolder(worldOf({ FACTORY_HOME_OVERRIDE: "/x" }))).toBe("/x/.factory");
    expect(factoryFolder(worldOf({ FACTORY_HOME: "/x/.factory" }))).toBe("/x/.factory");
    expect(factoryFolder(worldOf({ FACTORY_HOME: "/x" }))).toBe("/x/.factory");
    expect(factoryFolder(worldOf({}, "win32", "C:\\Users\\dev"))).toBe("C:\\Users\\dev\\.factory");
    expect(
      resumeSteps(
        { id: "i", workspace: "/w", path: "/x/.factory/sessions/-w/i.jsonl" },
        worldOf({ FACTORY_HOME: "/x/.factory" }),
      ),
    ).toEqual([{ argv: ["droid", "--resume", "i"], cwd: "/w", env: { FACTORY_HOME_OVERRIDE: "/x" } }]);
    const elsewhere = { id: "i", workspace: "/w", path: "/x/store/-w/i.jsonl" };
    expect(resumeSteps(elsewhere, worldOf({ FACTORY_HOME: "/x/store" }))).toEqual([
      { argv: ["droid", "--resume", "i"], cwd: "/w", note: expect.stringContaining(".factory/sessions") },
    ]);
    expect(resumeSteps({ id: "i", path: "/none" }, worldOf({}))[0]?.note).toContain("folder");
  });

  it("names a workspace's folder as Droid does", () => {
    const name = projectFolderName("/home/dev/projects/my app_ü.v2", worldOf({}));
    expect(name).toBe("-home-dev-projects-my app_ü.v2");
    expect(projectFolderName("C:\\work\\a", worldOf({}, "win32"))).toBe("C--work-a");
  });
});
