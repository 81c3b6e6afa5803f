import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../../src/core/world.ts";
import { seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { agentFolder, projectFolderName, storeOf } from "../src/paths.ts";
import { writer } from "../src/write.ts";
import { Entries } from "./helpers.ts";

function worldWith(env: Record<string, string>, platform = "linux", home = "/home/dev") {
  return createWorld({ home, cwd: home, env, platform, warn: () => undefined });
}

describe("the store", () => {
  it("lies where Pi's variables and settings say", async () => {
    expect(agentFolder(worldWith({}))).toBe("/home/dev/.pi/agent");
    expect(agentFolder(worldWith({ PI_CODING_AGENT_DIR: "~/x", PI_AGENT_HOME: "/y" }))).toBe("/home/dev/x");
    expect(agentFolder(worldWith({ PI_AGENT_HOME: "/y/.pi" }))).toBe("/y/.pi/agent");
    expect(await storeOf(worldWith({ PI_CODING_AGENT_SESSION_DIR: "/s" }))).toEqual({
      root: "/s",
      isFlat: true,
    });
    expect(agentFolder(worldWith({}, "win32", "C:\\Users\\dev"))).toBe("C:\\Users\\dev\\.pi\\agent");
    expect(projectFolderName("C:\\work\\app")).toBe("--C--work-app--");
    const home = temporaryFolder("pi-settings");
    mkdirSync(join(home, ".pi/agent"), { recursive: true });
    writeFileSync(join(home, ".pi/agent/settings.json"), '{"sessionDir":"~/all"}');
    writeFileSync(join(home, "x.jsonl"), "");
    mkdirSync(join(home, "all"));
    writeFileSync(join(home, "all/2026-11-20T10-00-00-000Z_abc.jsonl"), new Entries().user("Hi").text);
    const { world } = worldOn(home);
    expect((await collect(reader.discover(world))).map(({ id }) => id)).toEqual(["abc"]);
    expect((await reader.detect(world)).evidence).toEqual([`${join(home, "all")} exists (1 session)`]);
  });

  it("is listed without opening files, and resumed by id in the session's folder", async () => {
    const { world } = worldOn(seedHome(["pi/tools"]));
    const [ref] = await collect(reader.discover(world));
    expect(await collect(reader.locate(ref!.id.slice(0, 13).toUpperCase(), world))).toEqual([ref]);
    const { workspace } = await reader.summarize(ref!, world);
    expect(workspace).toBe("/home/dev/projects/app");
    const [step] = await writer.resume({ id: ref!.id, workspace: workspace!, path: ref!.path }, world);
    expect(step).toEqual({ argv: ["pi", "--session", ref!.id], cwd: workspace });
  });
});
