import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { codeFolder } from "../src/paths.ts";
import { reader } from "../src/read.ts";
import { Journal } from "./helpers.ts";

const SESSION = "session_bad0e363-6a18-499a-a688-6ab9d713ccc7";

describe("finding sessions", () => {
  it("finds by id and prefix, and a helper by its whole id", async () => {
    const { world } = worldOn(fixtureHome("kimi/subagent"));
    const found = async (word: string) => (await collect(reader.locate(word, world))).map(({ id }) => id);
    expect(await found(SESSION)).toEqual([SESSION]);
    expect(await found("SESSION_bad0")).toEqual([SESSION]);
    expect(await found(`${SESSION}.agent-0`)).toEqual([`${SESSION}.agent-0`]);
    expect(await found("other")).toEqual([]);
    expect(await found(`${SESSION}.../x`)).toEqual([]);
    const [main] = await collect(reader.discover(world));
    expect((await reader.read(main!, world)).header.children).toMatchObject([{ id: `${SESSION}.agent-0` }]);
    const [helper] = await collect(reader.locate(`${SESSION}.agent-0`, world));
    expect(await reader.summarize(helper!, world)).toMatchObject({ hidden: "subagent" });
    expect((await reader.read(helper!, world)).header.parent).toMatchObject({
      id: SESSION,
      relation: "subagent",
    });
  });

  it("tells both stores, and takes a session that Kimi Code took over once", async () => {
    const home = temporaryFolder("kimi-both");
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    };
    const line = '{"role":"user","content":"Hi"}\n';
    const bucket = ".kimi/sessions/a4d2cd2663893c14bb5cfde43ebe3eb3";
    put(".kimi/kimi.json", '{"work_dirs":[{"path":"/home/dev/projects/app","kaos":"local"}]}');
    put(`${bucket}/0148f8cd-e23e-4893-90a7-c8015ce072ca/context.jsonl`, line);
    put(`${bucket}/11111111-e23e-4893-90a7-c8015ce072ca.jsonl`, line);
    put(`${bucket}/22222222-e23e-4893-90a7-c8015ce072ca/context.jsonl`, line);
    const taken = ".kimi-code/sessions/wd_app_b6c1126a8611/ses_22222222-e23e-4893-90a7-c8015ce072ca";
    put(`${taken}/agents/main/wire.jsonl`, new Journal().user("Hi").text);
    put(`${taken}/state.json`, "{broken");
    const { world, warnings } = worldOn(home);
    const refs = await collect(reader.discover(world));
    expect(refs.map(({ id }) => id.slice(0, 8)).sort()).toEqual(["0148f8cd", "11111111", "ses_2222"]);
    for (const ref of refs.filter(({ id }) => !id.startsWith("ses_"))) {
      const summary = await reader.summarize(ref, world);
      expect(summary).toMatchObject({ title: "Hi", workspace: "/home/dev/projects/app" });
    }
    expect(warnings).toEqual([]);
    expect(
      await reader.summarize(
        refs.find(({ id }) => id.startsWith("ses_"))!,
        world,
      ),
    ).toMatchObject({ title: "Hi" });
    expect(warnings.map(({ code }) => code)).toEqual(["bad-file"]);
    const { found, evidence } = await reader.detect(world);
    expect([found, evidence.length]).toEqual([true, 2]);
  });

  it("goes where the variables say, on every system", () => {
    const { world } = worldOn("/");
    const folder = (env: Record<string, string>, platform: string, home: string) =>
      codeFolder({ ...world, env, platform, home, cwd: "/w" });
    expect(folder({}, "darwin", "/Users/d")).toBe("/Users/d/.kimi-code");
    expect(folder({}, "win32", "C:\\Users\\d")).toBe("C:\\Users\\d\\.kimi-code");
    expect(folder({ KIMI_HOME: "~/k" }, "linux", "/home/d")).toBe("/home/d/k");
    expect(folder({ KIMI_CODE_HOME: "/k", KIMI_HOME: "/x" }, "linux", "/home/d")).toBe("/k");
  });
});
