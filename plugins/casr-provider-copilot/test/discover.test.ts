import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureHome, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { createWorld } from "../../../src/core/world.ts";
import { copilotFolder, stateFolder } from "../src/paths.ts";
import { reader } from "../src/read.ts";
import { Events, outline, SESSION_ID } from "./helpers.ts";

const RICH = "bf6e688a-3167-4b91-a3de-2f0f1abfe965";

describe("finding sessions", () => {
  it("lists recorded sessions with their titles", async () => {
    const { world, warnings } = worldOn(seedHome(["copilot/rich", "copilot/subagents"]));
    expect(await reader.detect(world)).toMatchObject({
      found: true,
      evidence: [expect.stringContaining("(2 sessions)")],
    });
    const refs = await collect(reader.discover(world));
    const titles = await Promise.all(refs.map(async (ref) => (await reader.summarize(ref, world)).title));
    expect(titles.sort()).toEqual(["Greeting work", "Please count with helpers"]);
    expect(warnings).toEqual([]);
  });

  it("finds one by id, prefix, file and folder", async () => {
    const home = fixtureHome("copilot/rich");
    const { world } = worldOn(home);
    expect((await collect(reader.locate("BF6E", world))).map(({ id }) => id)).toEqual([RICH]);
    expect(await collect(reader.locate("ff", world))).toEqual([]);
    expect(await collect(reader.locate("", world))).toEqual([]);
    const folder = join(home, ".copilot/session-state", RICH);
    expect((await reader.identify(folder, world))?.id).toBe(RICH);
    expect((await reader.identify(join(folder, "events.jsonl"), world))?.id).toBe(RICH);
    expect(await reader.identify(join(folder, "workspace.yaml"), world)).toBeUndefined();
    expect(
      await reader.identify(join(fixtureHome("codex/zstd"), ".codex/session_index.jsonl"), world),
    ).toBeUndefined();
  });

  it("finds a session by the id inside, wherever its file lies", async () => {
    const home = temporaryFolder("copilot-moved");
    const path = join(home, "saved.jsonl");
    cpSync(join(fixtureHome("copilot/rich"), ".copilot/session-state", RICH, "events.jsonl"), path);
    const { world } = worldOn(home);
    expect((await reader.identify(path, world))?.id).toBe(RICH);
  });

  it("reads the older layouts, and takes the newest of several copies", async () => {
    const home = temporaryFolder("copilot-old");
    const state = join(home, ".copilot/session-state");
    mkdirSync(state, { recursive: true });
    const events = new Events().user("Flat.").answer("Yes.");
    writeFileSync(join(state, `${SESSION_ID}.jsonl`), events.text);
    const history = join(home, ".copilot/history-session-state");
    mkdirSync(history);
    const old = {
      sessionId: SESSION_ID,
      startTime: "2025-10-08T21:10:16.398Z",
      chatMessages: [
        { role: "system", content: "not this" },
        { role: "user", content: "Oldest." },
        {
          role: "assistant",
          content: "Look.",
          tool_calls: [
            { id: "a", type: "function", function: { name: "bash", arguments: '{"command":"ls"}' } },
          ],
        },
        { role: "tool", tool_call_id: "a", content: "x\n<shellId: 0 completed with exit code 1>" },
      ],
      timeline: [],
    };
    writeFileSync(join(history, `session_${SESSION_ID}_1759957816398.json`), JSON.stringify(old));
    const other = "11111111-2222-4333-8444-555566667777";
    writeFileSync(
      join(history, `session_${other}_1759957816398.json`),
      JSON.stringify({ ...old, sessionId: other }),
    );
    const { world } = worldOn(home);
    const refs = await collect(reader.discover(world));
    expect(refs.map(({ id, path }) => `${id} ${path.endsWith(".jsonl")}`).sort()).toEqual([
      `${other} false`,
      `${SESSION_ID} true`,
    ]);
    const oldest = refs.find(({ id }) => id === other)!;
    expect((await reader.summarize(oldest, world)).title).toBe("Oldest.");
    const reading = await reader.read(oldest, world);
    expect(outline(await collect(reading.messages({ history: "full" })))).toEqual([
      "user: Oldest.",
      "assistant: Look.",
      "call a bash",
      "result a: x",
    ]);
  });

  it("looks where COPILOT_HOME says, and in the profile on Windows", () => {
    const world = (env: Record<string, string>, platform: string, home: string) =>
      createWorld({ home, cwd: home, env, platform, warn: () => {} });
    expect(copilotFolder(world({ COPILOT_HOME: "/x/y" }, "linux", "/home/dev"))).toBe("/x/y");
    expect(copilotFolder(world({ COPILOT_HOME: "rel" }, "darwin", "/Users/dev"))).toBe("/Users/dev/rel");
    expect(stateFolder(world({}, "win32", "C:\\Users\\dev"))).toBe("C:\\Users\\dev\\.copilot\\session-state");
  });

  it("lists many sessions by their names alone", async () => {
    const home = temporaryFolder("copilot-many");
    for (let number = 0; number < 500; number += 1) {
      const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
      const folder = join(home, ".copilot/session-state", id);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "events.jsonl"), "not looked at");
    }
    const { world, warnings } = worldOn(home);
    expect(await collect(reader.discover(world))).toHaveLength(500);
    expect(warnings).toEqual([]);
  });
});
