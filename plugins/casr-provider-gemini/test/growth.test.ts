import { appendFile, stat, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { JsonObject, ReadingMark, SessionReading, SessionRef, World } from "casr-cli/provider";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { damagedGrowth } from "../../../test/support/growing.ts";
import { casesOf, seedHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { CONTEXT, jsonl, METADATA, put, testWorld } from "./helpers.ts";

const PATH = ".gemini/tmp/app/chats/session-2026-11-21T05-00-11111111.jsonl";

/** A session of these records. */
async function seeded(records: unknown[]): Promise<{ ref: SessionRef; path: string; home: string }> {
  const { home } = await testWorld();
  const path = await put(home, PATH, jsonl(METADATA, { $set: { messages: [CONTEXT] } }, ...records));
  return { ref: (await reader.identify(path, worldOn(home).world))!, path, home };
}

const updated = { $set: { lastUpdated: "2026-11-21T05:30:00.000Z" } };
const prompt = (id: string, text: string): JsonObject => ({
  id,
  timestamp: "2026-11-21T05:10:00.000Z",
  type: "user",
  content: [{ text }],
});
const answer = (id: string, content: string, rest: JsonObject = {}): JsonObject => ({
  id,
  timestamp: "2026-11-21T05:11:00.000Z",
  type: "gemini",
  content,
  model: "gemini-3-pro",
  ...rest,
});
const call = (id: string, rest: JsonObject = {}): JsonObject => ({
  id,
  name: "read_file",
  args: { file_path: "/a" },
  ...rest,
});
const response = (id: string): JsonObject[] => [
  { functionResponse: { id, name: "read_file", response: { output: "text" } } },
];

/** A conversation of so many turns, each with a call whose answer is recorded twice, as the CLI does. */
function turns(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, order) => [
    prompt(`p${order}`, `Prompt ${order}`),
    updated,
    answer(`a${order}`, ""),
    answer(`a${order}`, "", { toolCalls: [call(`c${order}`, { result: response(`c${order}`) })] }),
    { ...prompt(`r${order}`, ""), content: response(`c${order}`) },
    answer(`z${order}`, `Answer ${order}`),
  ]).flat();
}

/** Reads a session to its end, as whoever counts it does: then its mark is known. */
async function readWhole(ref: SessionRef, home: string): Promise<SessionReading & { mark: ReadingMark }> {
  const reading = await reader.read(ref, worldOn(home).world);
  await collect(reading.messages({ history: "full" }));
  return reading as typeof reading & { mark: ReadingMark };
}

/** Reads `records`, appends `more` and reads on. */
async function readOn(records: unknown[], more: unknown[]) {
  const { ref, path, home } = await seeded(records);
  const { mark } = await readWhole(ref, home);
  await appendFile(path, jsonl(...more));
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
  const reading = await reader.readOn!(ref, mark, { ...world, files });
  const messages = reading && (await collect(reading.messages({ history: "full" })));
  return { mark, reading, messages, starts, path, ref, home };
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("gemini"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`gemini/${name}`]);
    let readOns = 0;
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const growth = await growthOf(reader, ref, () => worldOn(home).world);
      expect(growth.faults).toEqual([]);
      readOns += growth.readOn;
    }
    // Sessions before 0.39 are written anew each time.
    if (!name.includes("json")) expect(readOns).toBeGreaterThan(2);
  });

  it("gives it for damaged sessions", async () => {
    expect((await damagedGrowth(reader, "gemini")).faults).toEqual([]);
  });

  it("goes through the last turn alone, and on from there again", async () => {
    const { mark, messages, starts, path, ref, home } = await readOn(turns(40), turns(41).slice(240));
    expect(mark.messages).toBe(39 * 4);
    expect(messages!.map(({ index }) => index)).toEqual([156, 157, 158, 159, 160, 161, 162, 163]);
    expect(starts.length).toBeGreaterThan(1);
    expect(Math.min(...starts)).toBe(mark.offset);
    expect(mark.offset).toBeGreaterThan(((await stat(path)).size * 9) / 10);
    const whole = await readWhole(ref, home);
    const on = await reader.readOn!(ref, mark, worldOn(home).world);
    await collect(on!.messages({ history: "full" }));
    expect({ ...on!.mark, state: {} }).toEqual({ ...whole.mark, state: {} });
    expect(on!.header).toEqual(whole.header);
    expect(on!.records).toEqual(whole.records);
  });

  it("takes every cut of an ordinary conversation", async () => {
    const { ref, home } = await seeded([...turns(4), updated]);
    const { declined, readOn: taken, faults } = await growthOf(reader, ref, () => worldOn(home).world);
    expect({ declined, faults }).toEqual({ declined: 0, faults: [] });
    expect(taken).toBeGreaterThan(20);
  });

  it.each<[string, JsonObject[]]>([
    ["a rewind", [{ $rewindTo: "p1" }]],
    ["a list in place of the messages", [{ $set: { messages: [prompt("p0", "Prompt 0")] } }]],
    ["a metadata record with messages", [{ ...METADATA, messages: [prompt("x", "More")] }]],
    ["a message of before", [answer("a0", "Changed")]],
    ["a prompt of before", [prompt("p1", "Changed")]],
    ["a call of before", [answer("x", "", { toolCalls: [call("c1")] })]],
    ["an answer to a call of before", [{ ...prompt("x", ""), content: response("c0") }]],
    [
      "a label that names the server of calls of before",
      [answer("x", "", { toolCalls: [{ ...call("c9"), displayName: "look (weather MCP Server)" }] })],
    ],
  ])("is declined after %s", async (_, more) => {
    expect((await readOn(turns(3), more)).reading).toBeUndefined();
  });

  it("is declined for a file that is shorter than the mark", async () => {
    const { ref, path, home } = await seeded(turns(3));
    const { mark } = await readWhole(ref, home);
    await truncate(path, mark.offset);
    expect(await reader.readOn!(ref, mark, worldOn(home).world)).toBeUndefined();
  });
});
