import { mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reader } from "../src/read.ts";
import { projectName, runtimeFolder } from "../src/paths.ts";
import { writer } from "../src/write.ts";
import { chained, CHATS, ID, model, put, testWorld, user } from "./helpers.ts";

const OTHER = "22222222-2222-4333-8444-555555555555";
const SESSION = chained([user("hello"), model({ text: "hi" })]);

describe("the store", () => {
  test("newest first; names the CLI would not find are passed over; archived sessions are marked", async () => {
    const { home, world } = await testWorld();
    const old = await put(home, `${CHATS}/${ID}.jsonl`, SESSION);
    await utimes(old, 1, 1);
    const archived = await put(home, `${CHATS}/archive/${OTHER}.jsonl`, SESSION);
    await put(home, `${CHATS}/archive/${ID}.jsonl`, SESSION);
    await put(home, `${CHATS}/notes.jsonl`, SESSION);
    await put(home, `${CHATS}/${ID}.runtime.json`, "{}");
    const refs = await Array.fromAsync(reader.discover(world));
    expect(refs.map(({ path }) => path)).toEqual([archived, old]);
    expect(await reader.summarize(refs[0]!, world)).toMatchObject({ hidden: "archived" });
    expect(await Array.fromAsync(reader.locate("1111", world))).toMatchObject([{ path: old }]);
    const { found, evidence } = await reader.detect(world);
    expect([found, evidence]).toEqual([true, [`${home}/.qwen/projects exists (3 sessions)`]]);
  });

  test.each([
    [{ QWEN_HOME: "/q" }, "/q"],
    [{ QWEN_HOME: "~/q" }, "HOME/q"],
    [{ QWEN_HOME: "/q", QWEN_RUNTIME_DIR: "run" }, "HOME/run"],
    [{}, "HOME/.qwen"],
  ])("is moved by %j", async (env, wanted) => {
    const { home, world } = await testWorld({ env: env as Record<string, string> });
    expect(await runtimeFolder(world)).toBe(wanted.replace("HOME", home));
  });

  test("is moved by a setting", async () => {
    const { home, world } = await testWorld();
    await put(home, ".qwen/settings.json", JSON.stringify({ advanced: { runtimeOutputDir: "~/elsewhere" } }));
    expect(await runtimeFolder(world)).toBe(join(home, "elsewhere"));
  });

  test("on Windows has folders in lower case", async () => {
    const { world } = await testWorld({ platform: "win32", env: { QWEN_HOME: "C:\\Users\\dev\\.qwen" } });
    expect(projectName("C:\\Users\\Dev\\My App", world)).toBe("c--users-dev-my-app");
    expect(await runtimeFolder(world)).toBe("C:\\Users\\dev\\.qwen");
  });

  test("a list of 5,000 sessions opens no file", async () => {
    const { home, world } = await testWorld();
    await mkdir(join(home, CHATS), { recursive: true });
    const names = Array.from(
      { length: 5000 },
      (_, index) => `${String(index).padStart(8, "0")}${ID.slice(8)}`,
    );
    await Promise.all(names.map((name) => put(home, `${CHATS}/${name}.jsonl`, "")));
    expect(await Array.fromAsync(reader.discover(world))).toHaveLength(5000);
  });
});

describe("resuming", () => {
  test("takes place in the workspace, with relative folders made absolute", async () => {
    const { home, world } = await testWorld({ env: { QWEN_HOME: "q", QWEN_RUNTIME_DIR: "/abs" } });
    expect(await writer.resume({ id: ID, workspace: "/w", path: "/x" }, world)).toEqual([
      { argv: ["qwen", "--resume", ID], cwd: "/w", env: { QWEN_HOME: join(home, "q") } },
    ]);
  });

  test("without a workspace says where", async () => {
    const { world } = await testWorld();
    const [step] = await writer.resume({ id: ID, path: "/x" }, world);
    expect(step?.note).toContain("folder");
    expect(step?.cwd).toBeUndefined();
  });
});
