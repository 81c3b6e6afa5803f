import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { damagedGrowth } from "../../../test/support/growing.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { Journal } from "./helpers.ts";

/** How reading on goes at every line of a journal. */
async function growthIn(journal: Journal) {
  const home = temporaryFolder("kimi-growth");
  const path = join(home, ".kimi-code/sessions/wd_app_0123456789ab/session_1/agents/main/wire.jsonl");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, journal.text);
  const ref = (await reader.identify(path, worldOn(home).world))!;
  return growthOf(reader, ref, () => worldOn(home).world);
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("kimi"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`kimi/${name}`]);
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const { faults, readOn } = await growthOf(reader, ref, () => worldOn(home).world);
      expect(faults).toEqual([]);
      // kimi-cli writes its files anew; after a step back journals are read as a whole.
      if (!name.startsWith("cli-") && name !== "undo") expect(readOn).toBeGreaterThan(0);
    }
  });

  it("gives it for damaged journals", async () => {
    expect(await damagedGrowth(reader, "kimi")).toEqual({ faults: [], unidentified: 0 });
  });

  it("is declined where something is taken back, compacted or cleared behind the mark", async () => {
    const begun = (): Journal => new Journal().user("One.").answer("A.").user("Two.").answer("B.");
    const plain = await growthIn(begun().user("Three.").answer("C."));
    expect(plain).toMatchObject({ declined: 0, faults: [] });
    expect(plain.readOn).toBeGreaterThan(5);
    for (const journal of [
      begun().add("context.undo", { count: 1 }).user("Three."),
      begun().add("context.clear", {}).user("Three."),
      begun().add("context.apply_compaction", { summary: "S", compactedCount: 4, keptUserMessageCount: 2 }),
      begun()
        .add("agent.switched", { branch: "b", base: { branch: "main", line: 5 } })
        .user("Three."),
    ]) {
      const { declined, faults } = await growthIn(journal);
      expect(faults).toEqual([]);
      expect(declined).toBeGreaterThan(3);
    }
  });
});
