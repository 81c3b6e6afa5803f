import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyHome, TestStore, worldOn } from "../../casr-opencode-store/test/helpers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

test("the store lies where OpenCode keeps it, or where OpenCode or casr are told", async () => {
  const home = emptyHome();
  new TestStore(join(home, ".local/share/opencode/opencode.db")).session("ses_main");
  new TestStore(join(home, ".local/share/opencode/opencode-dev.db")).session("ses_dev");
  new TestStore(join(home, "else/mine.db")).session("ses_mine");
  new TestStore(join(home, "moved/opencode.db")).session("ses_moved");
  const idsOf = async (env: Record<string, string> = {}): Promise<string[]> =>
    (await Array.fromAsync(reader.discover(worldOn(home, env).world))).map(({ id }) => id);
  expect(await idsOf()).toEqual(["ses_main", "ses_dev"]);
  expect(await idsOf({ OPENCODE_HOME: "moved" })).toEqual(["ses_moved"]);
  const mine = join(home, "else/mine.db");
  expect(await idsOf({ OPENCODE_DB_PATH: mine })).toEqual(["ses_mine"]);
  expect(await idsOf({ OPENCODE_DB: " ", OPENCODE_DB_PATH: mine })).toEqual(["ses_mine"]);
  expect(await idsOf({ OPENCODE_DB: "opencode-dev.db", OPENCODE_DB_PATH: mine })).toEqual(["ses_dev"]);
});

test("a database of any name but a fork's is OpenCode's, and is resumed where it is", async () => {
  const home = emptyHome();
  const { path } = new TestStore(join(home, "backup/mine.db")).session("ses_a");
  const { world } = worldOn(home);
  const ref = await reader.identify(path, world);
  expect(ref).toMatchObject({ provider: "opencode", id: "ses_a" });
  const elsewhere = worldOn(home, { OPENCODE_HOME: "backup" }).world;
  expect(await writer.resume({ ...ref!, workspace: "/w" }, elsewhere)).toEqual([
    { argv: ["opencode", "-s", "ses_a"], cwd: "/w", env: { OPENCODE_DB: path } },
  ]);
});
