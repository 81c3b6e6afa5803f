import { appendFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { JsonObject, SessionRef, World } from "casr-cli/provider";
import { describe, expect, it } from "vitest";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { damagedGrowth } from "../../../test/support/growing.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { answer, attachment, lastPrompt, result, SESSION_ID, system, use, user } from "./helpers.ts";

const lines = (records: JsonObject[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

/** A session of these records on a home of its own. */
async function seeded(records: JsonObject[]): Promise<{ ref: SessionRef; path: string; home: string }> {
  const home = temporaryFolder("cc-growth");
  const path = join(home, ".claude/projects/-home-dev-projects-demo", `${SESSION_ID}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines(records));
  return { ref: (await reader.identify(path, worldOn(home).world))!, path, home };
}

/** How reading on goes at every line. */
async function growthIn(records: JsonObject[]) {
  const { ref, home } = await seeded(records);
  return growthOf(reader, ref, () => worldOn(home).world);
}

/** Reads `records`, appends `more` and reads on: what came of it, and how many bytes were gone through. */
async function readOn(records: JsonObject[], more: JsonObject[]) {
  const { ref, path, home } = await seeded(records);
  const { mark } = await reader.read(ref, worldOn(home).world);
  appendFileSync(path, lines(more));
  const { world } = worldOn(home);
  const starts: number[] = [];
  const files: World["files"] = Object.create(world.files, {
    lines: {
      value: (of: string, options: { start?: number } = {}) => {
        if (of === path) starts.push(options.start ?? 0);
        return world.files.lines(of, options);
      },
    },
  });
  const watched = { ...world, files };
  const reading = await reader.readOn!(ref, mark!, watched);
  const messages = reading && (await collect(reading.messages({ history: "full" })));
  return { mark: mark!, reading, messages, starts, path, ref, home };
}

/** A conversation of so many turns, each with a call. */
function turns(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, order) => {
    const parent = order === 0 ? null : `d${order - 1}`;
    return [
      user(`p${order}`, parent, `Prompt ${order}`),
      answer(`a${order}`, `p${order}`, `m${order}`, use(`c${order}`)),
      user(`r${order}`, `a${order}`, [result(`c${order}`)]),
      answer(`z${order}`, `r${order}`, `n${order}`, `Answer ${order}`),
      system(`d${order}`, `z${order}`, "turn_duration"),
    ];
  }).flat();
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("claude-code"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`claude-code/${name}`]);
    let readOns = 0;
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const growth = await growthOf(reader, ref, () => worldOn(home).world);
      expect(growth.faults).toEqual([]);
      readOns += growth.readOn;
    }
    // That session ends in the turn it was compacted in.
    if (name === "interactive-compact") expect(readOns).toBe(0);
    else expect(readOns).toBeGreaterThan(5);
  });

  it("takes up a session again from the turn behind a compaction", async () => {
    const metadata = {
      preservedMessages: { anchorUuid: "s", uuids: ["p2", "a2", "r2", "z2", "d2"] },
    };
    const growth = await growthIn([
      ...turns(3),
      system("b", null, "compact_boundary", { logicalParentUuid: "d2", compactMetadata: metadata }),
      user("s", "b", "Summary", { isCompactSummary: true }),
      user("q", "s", "On"),
      answer("y", "q", "o", "Going on"),
      ...["e", "f"].flatMap((id, order) => [
        user(`${id}1`, order === 0 ? "y" : "e2", "More"),
        answer(`${id}2`, `${id}1`, id, "Yes"),
      ]),
    ]);
    expect(growth.faults).toEqual([]);
    expect(growth.readOn).toBeGreaterThan(2);
    expect(growth.declined).toBeGreaterThan(5);
  });

  it("gives it for damaged sessions", async () => {
    expect(await damagedGrowth(reader, "claude-code")).toEqual({ faults: [], unidentified: 0 });
  });

  it("goes through the last turn alone, and on from there again", async () => {
    const { mark, messages, starts, path, ref, home } = await readOn(turns(40), turns(41).slice(200));
    expect(mark.messages).toBe(39 * 4);
    expect(messages).toHaveLength(8);
    expect(messages!.map(({ index }) => index)).toEqual([156, 157, 158, 159, 160, 161, 162, 163]);
    // Once for the index, then for the messages.
    expect(starts.length).toBeGreaterThan(1);
    expect(Math.min(...starts)).toBe(mark.offset);
    expect(mark.offset).toBeGreaterThan((statSync(path).size * 9) / 10);
    const whole = await reader.read(ref, worldOn(home).world);
    const on = await reader.readOn!(ref, mark, worldOn(home).world);
    expect({ ...on!.mark, state: {} }).toEqual({ ...whole.mark, state: {} });
    expect(on!.header).toEqual(whole.header);
    expect(on!.records).toEqual(whole.records);
  });

  it("takes every cut of an ordinary conversation", async () => {
    const named = [user("q", "d3", "With a file"), attachment("f", "q", { type: "file", filename: "/a" })];
    const {
      declined,
      readOn: taken,
      faults,
    } = await growthIn([...turns(4), ...named, answer("b", "f", "o", "Read"), lastPrompt("b")]);
    expect({ declined, faults }).toEqual({ declined: 0, faults: [] });
    expect(taken).toBeGreaterThan(18);
  });

  it.each<[string, JsonObject[]]>([
    ["a prompt before it is taken back", [user("x", "d0", "Other"), answer("y", "x", "k", "Yes")]],
    ["a new root", [user("x", null, "Afresh")]],
    ["a compaction", [system("b", null, "compact_boundary", { logicalParentUuid: "d2" })]],
    ["a choice of another leaf", [lastPrompt("z1")]],
    ["an answer to a call of before", [user("x", "d2", [result("c1", "again")])]],
    ["a uuid of before", [user("p1", "d2", "Prompt 1")]],
    ["a line of a response of before", [answer("x", "d2", "n1", "More")]],
    ["a missing parent", [user("x", "nowhere", "Hm")]],
  ])("is declined after %s", async (_, more) => {
    expect((await readOn(turns(3), more)).reading).toBeUndefined();
  });

  it("is declined for a file that is shorter than the mark", async () => {
    const { ref, path, home } = await seeded(turns(3));
    const { mark } = await reader.read(ref, worldOn(home).world);
    truncateSync(path, mark!.offset);
    expect(await reader.readOn!(ref, mark!, worldOn(home).world)).toBeUndefined();
  });
});
