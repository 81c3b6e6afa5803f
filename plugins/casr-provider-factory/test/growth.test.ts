import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { Records } from "./helpers.ts";

describe("reading on after a session has grown", () => {
  it("gives what reading all gives, at every line of recorded sessions", async () => {
    const home = seedHome(["factory/rich", "factory/subagents"]);
    let readOn = 0;
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const growth = await growthOf(reader, ref, () => worldOn(home).world);
      expect(growth.faults).toEqual([]);
      readOn += growth.readOn;
    }
    expect(readOn).toBeGreaterThan(20);
  });

  it("takes up a conversation of many turns, and declines where a compaction came behind the mark", async () => {
    const home = temporaryFolder("factory-growth");
    const folder = join(home, ".factory/sessions");
    mkdirSync(folder, { recursive: true });
    const turns = new Records().user("one").user("two").user("three").text;
    const summary = JSON.stringify({ type: "compaction_state", id: "c", summaryText: "all so far" });
    const plain = join(folder, "plain.jsonl");
    writeFileSync(plain, turns);
    const packed = join(folder, "packed.jsonl");
    writeFileSync(packed, `${turns}${summary}\n${new Records().user("four").user("five").text}`);
    const growth = async (path: string) => {
      const { world } = worldOn(home);
      return growthOf(reader, (await reader.identify(path, world))!, () => worldOn(home).world);
    };
    const found = await growth(plain);
    expect(found).toMatchObject({ declined: 0, faults: [] });
    expect(found.readOn).toBeGreaterThan(1);
    const after = await growth(packed);
    expect(after.faults).toEqual([]);
    expect(after.declined).toBeGreaterThan(1);
    expect(after.readOn).toBeGreaterThan(0);
  });
});
