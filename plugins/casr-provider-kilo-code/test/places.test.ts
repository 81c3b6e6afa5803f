import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyHome, TestStore, worldOn } from "../../casr-opencode-store/test/helpers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

test("the store lies where Kilo Code keeps it, or where Kilo Code or casr are told", async () => {
  const home = emptyHome();
  new TestStore(join(home, ".local/share/kilo/kilo.db")).session("ses_main");
  new TestStore(join(home, ".local/share/kilo/kilo-dev.db")).session("ses_dev");
  new TestStore(join(home, "moved/kilo.db")).session("ses_moved");
  const idsOf = async (env: Record<string, string> = {}): Promise<string[]> =>
    (await Array.fromAsync(reader.discover(worldOn(home, env).world))).map(({ id }) => id);
  expect(await idsOf()).toEqual(["ses_main", "ses_dev"]);
  expect(await idsOf({ KILO_HOME: "moved" })).toEqual(["ses_moved"]);
  expect(await idsOf({ KILO_DB: "kilo-dev.db" })).toEqual(["ses_dev"]);
  expect(await idsOf({ KILO_DB: " " })).toEqual(["ses_main", "ses_dev"]);
});

test("only a database of its own name is Kilo Code's, and is resumed where it is", async () => {
  const home = emptyHome();
  const { path } = new TestStore(join(home, "backup/kilo.db")).session("ses_a");
  const { world } = worldOn(home);
  const ref = await reader.identify(path, world);
  expect(ref).toMatchObject({ provider: "kilo-code", id: "ses_a" });
  const elsewhere = worldOn(home, { KILO_HOME: "backup" }).world;
  expect(await writer.resume({ ...ref!, workspace: "/w" }, elsewhere)).toEqual([
    { argv: ["kilo", "-s", "ses_a"], cwd: "/w", env: { KILO_DB: path } },
  ]);
  const strange = new TestStore(join(home, "backup/mine.db")).session("ses_a");
  expect(await reader.identify(strange.path, world)).toBeUndefined();
});
