import { appendFile, stat, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { SessionRef, World } from "casr-cli/provider";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { damagedGrowth } from "../../../test/support/growing.ts";
import { casesOf, seedHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { answer, callPart, chained, CHATS, ID, model, put, system, testWorld, user } from "./helpers.ts";

type Records = Parameters<typeof chained>[0];

/** A session with this text. */
async function seeded(text: string): Promise<{ ref: SessionRef; path: string; home: string }> {
  const { home } = await testWorld();
  const path = await put(home, `${CHATS}/${ID}.jsonl`, text);
  return { ref: (await reader.identify(path, worldOn(home).world))!, path, home };
}

/** A conversation of so many turns, each with a call. */
function turns(count: number): Records {
  return Array.from({ length: count }, (_, order) => [
    user(`Prompt ${order}`),
    system("ui_telemetry"),
    model(callPart(`c${order}`, "read_file", { path: "/a" })),
    answer(`c${order}`, "read_file", { output: "text" }),
    model({ text: `Answer ${order}` }),
  ]).flat();
}

/** Reads the first `count` of `records`, appends the others and reads on. */
async function readOn(records: Records, count: number) {
  const lines = chained(records).split(/(?<=\n)/u);
  const { ref, path, home } = await seeded(lines.slice(0, count).join(""));
  const { mark } = await reader.read(ref, worldOn(home).world);
  await appendFile(path, lines.slice(count).join(""));
  const { world } = worldOn(home);
  const starts: number[] = [];
  const note = (of: string, start = 0): void => {
    if (of === path) starts.push(start);
  };
  const files: World["files"] = Object.create(world.files, {
    lines: {
      value: (of: string, options: { start?: number } = {}) => {
        note(of, options.start);
        return world.files.lines(of, options);
      },
    },
    read: {
      value: (of: string, options: { start?: number } = {}) => {
        note(of, options.start);
        return world.files.read(of, options as { start: number; end: number });
      },
    },
  });
  const reading = await reader.readOn!(ref, mark!, { ...world, files });
  const messages = reading && (await collect(reading.messages({ history: "full" })));
  return { mark: mark!, reading, messages, starts, path, ref, home };
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("qwen"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`qwen/${name}`]);
    let readOns = 0;
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const growth = await growthOf(reader, ref, () => worldOn(home).world);
      expect(growth.faults).toEqual([]);
      readOns += growth.readOn;
    }
    expect(readOns).toBeGreaterThan(2);
  });

  it("gives it for damaged sessions", async () => {
    expect((await damagedGrowth(reader, "qwen")).faults).toEqual([]);
  });

  it("goes through the last turn alone, and on from there again", async () => {
    const { mark, messages, starts, path, ref, home } = await readOn(turns(41), 200);
    expect(mark.messages).toBe(39 * 4);
    expect(messages!.map(({ index }) => index)).toEqual([156, 157, 158, 159, 160, 161, 162, 163]);
    expect(starts.length).toBeGreaterThan(1);
    expect(Math.min(...starts)).toBe(mark.offset);
    expect(mark.offset).toBeGreaterThan(((await stat(path)).size * 9) / 10);
    const whole = await reader.read(ref, worldOn(home).world);
    const on = await reader.readOn!(ref, mark, worldOn(home).world);
    expect({ ...on!.mark, state: {} }).toEqual({ ...whole.mark, state: {} });
    expect(on!.header).toEqual(whole.header);
    expect(on!.records).toEqual(whole.records);
  });

  it("takes every cut of an ordinary conversation", async () => {
    const { ref, home } = await seeded(chained(turns(4)));
    const { declined, readOn: taken, faults } = await growthOf(reader, ref, () => worldOn(home).world);
    expect({ declined, faults }).toEqual({ declined: 0, faults: [] });
    expect(taken).toBeGreaterThan(15);
  });

  it.each<[string, Records]>([
    ["a step back", [user("Other", { parentUuid: "r4" }), model({ text: "Yes" })]],
    ["a new root", [user("Afresh", { parentUuid: null })]],
    ["a missing parent", [user("Hm", { parentUuid: "nowhere" })]],
    ["a compression", [system("chat_compression", { compressedHistory: [] })]],
    ["a record of before", [user("Prompt 1", { uuid: "r5" })]],
    ["a call of before", [model(callPart("c1", "read_file", { path: "/b" }))]],
    ["an answer to a call of before", [answer("c1", "read_file", { output: "more" })]],
  ])("is declined after %s", async (_, more) => {
    expect((await readOn([...turns(3), ...more], 15)).reading).toBeUndefined();
  });

  it("is declined for a file that is shorter than the mark", async () => {
    const { ref, path, home } = await seeded(chained(turns(3)));
    const { mark } = await reader.read(ref, worldOn(home).world);
    await truncate(path, mark!.offset);
    expect(await reader.readOn!(ref, mark!, worldOn(home).world)).toBeUndefined();
  });
});
