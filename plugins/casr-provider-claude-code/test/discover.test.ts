import { cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureHome, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { projectFolderName } from "../src/paths.ts";
import { reader } from "../src/read.ts";

const FORKS = "claude-code/forks-rewind-two-workspaces";

describe("the store", () => {
  it("is found with its sessions", async () => {
    const { world } = worldOn(fixtureHome(FORKS));
    expect(await reader.detect(world)).toMatchObject({
      found: true,
      evidence: ["~/.claude/projects exists (6 sessions)"],
    });
    expect(await reader.detect(worldOn(temporaryFolder()).world)).toMatchObject({
      found: false,
      evidence: [],
    });
  });

  it("moves with CLAUDE_CONFIG_DIR, then CLAUDE_HOME", async () => {
    const home = temporaryFolder();
    cpSync(join(fixtureHome(FORKS), ".claude"), join(home, "store"), { recursive: true });
    const { world } = worldOn(home);
    const moved = (env: Record<string, string>) => collect(reader.discover({ ...world, env }));
    expect(await moved({})).toHaveLength(0);
    expect(await moved({ CLAUDE_HOME: join(home, "store") })).toHaveLength(6);
    expect(await moved({ CLAUDE_CONFIG_DIR: join(home, "store"), CLAUDE_HOME: "/nowhere" })).toHaveLength(6);
  });

  it("lists main sessions newest first, each once", async () => {
    const home = seedHome([FORKS, "claude-code/subagents"]);
    const projects = join(home, ".claude/projects");
    symlinkSync(join(projects, "-home-dev-projects-shop-api"), join(projects, "-link"));
    writeFileSync(join(projects, "-home-dev-projects-shop-api/agent-a1b2c3d4.jsonl"), "{}\n");
    const newest = join(projects, "-home-dev-projects-blog-site-v2");
    utimesSync(newest, new Date(), new Date(Date.now() + 60_000));
    const { world } = worldOn(home);
    const refs = await collect(reader.discover(world));
    expect(refs).toHaveLength(7);
    expect(refs[0]!.path.startsWith(newest)).toBe(true);
    expect(new Set(refs.map((ref) => ref.id)).size).toBe(7);
  });

  it("finds sessions by the start of their id", async () => {
    const { world } = worldOn(fixtureHome(FORKS));
    expect((await collect(reader.locate("7", world))).map((ref) => ref.id).sort()).toEqual([
      "764d2b8d-f312-470b-bccd-ddd88590441b",
      "7e0c4b1f-95d2-4a38-b6e7-0f3d2c1b5a49",
    ]);
    expect(await collect(reader.locate("7E0C4B1F", world))).toHaveLength(1);
    expect(await collect(reader.locate("../7", world))).toEqual([]);
  });

  it("knows its files anywhere, and not those of agents with similar records", async () => {
    const folder = temporaryFolder();
    const source = (await collect(reader.discover(worldOn(fixtureHome(FORKS)).world)))[0]!;
    cpSync(source.path, join(folder, "copy.jsonl"));
    const { world } = worldOn(folder);
    expect((await reader.identify(join(folder, "copy.jsonl"), world))?.id).toBe(source.id);
    const similar = {
      uuid: "a",
      parentUuid: null,
      sessionId: "s",
      type: "user",
      message: { role: "user", parts: [{ text: "hi" }] },
    };
    writeFileSync(join(folder, "other.jsonl"), `${JSON.stringify(similar)}\n`);
    expect(await reader.identify(join(folder, "other.jsonl"), world)).toBeUndefined();
    expect(await reader.identify(join(folder, "missing.jsonl"), world)).toBeUndefined();
    mkdirSync(join(folder, "folder.jsonl"));
    expect(await reader.identify(join(folder, "folder.jsonl"), world)).toBeUndefined();
  });
});

describe("listings", () => {
  it("show title, workspace, branch, model and what the agent hides", async () => {
    const { world } = worldOn(seedHome([FORKS, "claude-code/interactive-compact"]));
    const byId = new Map<string, Awaited<ReturnType<typeof reader.summarize>>>();
    for await (const ref of reader.discover(world))
      byId.set(ref.id.slice(0, 8), await reader.summarize(ref, world));
    expect(byId.get("160d8024")).toMatchObject({
      title: "EUR price formatting",
      nativeName: "EUR price formatting",
      workspace: "/home/dev/projects/shop-api",
      gitBranch: "main",
      model: "claude-opus-5-5",
    });
    expect(byId.get("160d8024")?.hidden).toBeUndefined();
    expect(byId.get("328e553e")).toMatchObject({ title: "Tagline ideas" });
    expect(byId.get("328e553e")?.gitBranch).toBeUndefined();
    expect(byId.get("0d9c8b7a")).toMatchObject({ title: "Describe @logo.png please", hidden: "headless" });
    expect(byId.get("0d9c8b7a")?.nativeName).toBeUndefined();
  });

  it("agree with a full read", async () => {
    for (const name of ["rich-headless", "subagents", "old-1.0.128", "interactive-compact"]) {
      const { world } = worldOn(fixtureHome(`claude-code/${name}`));
      for await (const ref of reader.discover(world)) {
        const summary = await reader.summarize(ref, world);
        const { header } = await reader.read(ref, world);
        expect(summary).toMatchObject({
          title: header.title,
          workspace: header.workspace,
          startedAt: header.startedAt,
          lastActiveAt: header.endedAt,
          model: header.model,
        });
      }
    }
  });
});

describe("folder names", () => {
  it.each([
    ["/home/dev/projects/blog.site_v2", "-home-dev-projects-blog-site-v2"],
    ["/tmp/😀é", "-tmp----"],
    [`/${"a".repeat(199)}`, `-${"a".repeat(199)}`],
  ])("%s", (path, name) => {
    expect(projectFolderName(path)).toBe(name);
  });

  it("end in a hash when they are long", () => {
    const name = projectFolderName(`/${"a".repeat(200)}`);
    expect(name).toMatch(/^-a{199}-[0-9a-z]+$/);
  });
});
