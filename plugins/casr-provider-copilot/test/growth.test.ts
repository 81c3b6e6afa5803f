import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { bytesRead, damagedGrowth, follow, wrongMarks } from "../../../test/support/growing.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { Events, PICTURE, SESSION_ID } from "./helpers.ts";

const NAME = `.copilot/session-state/${SESSION_ID}/events.jsonl`;

const linesOf = ({ list }: Events): string[] => list.map((event) => `${JSON.stringify(event)}\n`);

/** Reads a session after each of its lines, on from the mark where it can be. */
async function followed(events: Events) {
  const home = temporaryFolder("copilot-growth");
  return follow(reader, join(home, NAME), linesOf(events), () => worldOn(home).world);
}

const picture = (assetId: string): [string, JsonObject] => [
  "session.binary_asset",
  { assetId, mimeType: "image/png", data: PICTURE },
];
const showing = (assetId: string): JsonObject => ({ attachments: [{ type: "blob", assetId }] });

function turns(count: number, events = new Events()): Events {
  for (let turn = 0; turn < count; turn += 1)
    events
      .user(`ask ${turn}`)
      .answer("", [[`c${turn}`, "bash", { command: "ls" }]], { model: `m${turn % 2}` })
      .result(`c${turn}`, "done")
      .answer("Done.");
  return events;
}

describe("reading on after a session has grown", () => {
  it.each(casesOf("copilot"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`copilot/${name}`]);
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const { faults, readOn } = await growthOf(reader, ref, () => worldOn(home).world);
      expect(faults).toEqual([]);
      expect(readOn).toBeGreaterThan(0);
    }
  });

  it("gives it for damaged sessions", async () => {
    expect((await damagedGrowth(reader, "copilot")).faults).toEqual([]);
  });

  it("goes on from prompt to prompt, with pictures that were attached before", async () => {
    const events = turns(2)
      .add(...picture("p"))
      .user("see", showing("p"))
      .answer("Seen.")
      .user("and again", showing("p"))
      .add("assistant.message", { content: "inside" }, { agentId: "agent-1" })
      .add("session.shutdown", { modelMetrics: { m: { usage: { inputTokens: 3 } } } });
    expect(await followed(turns(1, events))).toEqual({ readOn: 17, declined: 0 });
  });

  it("is declined where something is compacted, cleared, answered or attached anew behind the mark", async () => {
    const begun = (): Events =>
      turns(2)
        .add(...picture("p"))
        .user("see", showing("p"))
        .answer("", [["a", "bash", {}]])
        .user("and now?");
    expect((await followed(begun().answer("Fine."))).declined).toBe(0);
    for (const revised of [
      begun().add("session.compaction_complete", { success: true, summaryContent: "S" }),
      begun().add("session.context_cleared", { initialMessage: "anew" }),
      begun().result("a", "late"),
      begun().add(...picture("p")),
      begun().add("tool.user_requested", { toolCallId: "c1", arguments: { command: "ls" } }),
    ]) {
      const found = await followed(turns(1, revised.answer("Fine.")));
      expect(found.declined).toBeGreaterThan(0);
      expect(found.declined).toBeLessThan(4);
    }
  });

  it("gives what reading all gives, whatever comes", async () => {
    const id = fc.constantFrom("a", "b", "c");
    type Step = (events: Events) => Events;
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom("ask", "").map(
          (text): Step =>
            (events) =>
              events.user(text),
        ),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom({}, { apiCallId: "1" }, { reasoningText: "hm" }).map(
          (data: JsonObject): Step =>
            (events) =>
              events.answer("answer", [], data),
        ),
      },
      {
        weight: 3,
        arbitrary: id.map(
          (name): Step =>
            (events) =>
              events.answer("", [[name, "bash", {}]]),
        ),
      },
      {
        weight: 3,
        arbitrary: id.map(
          (name): Step =>
            (events) =>
              events.result(name, "done"),
        ),
      },
      id.map(
        (name): Step =>
          (events) =>
            events.add(...picture(name)),
      ),
      id.map(
        (name): Step =>
          (events) =>
            events.user("", showing(name)),
      ),
      fc.constant<Step>((events) => events.answer("", [], { reasoningText: "hm" })),
      fc.constant<Step>((events) => events.user("made", { source: "autopilot" })),
      fc.constant<Step>((events) => events.add("system.notification", { content: "note" })),
      fc.constant<Step>((events) => events.add("session.context_cleared", {})),
      fc.constant<Step>((events) =>
        events.add("session.compaction_complete", { success: true, summaryContent: "S" }),
      ),
      id.map(
        (toolCallId): Step =>
          (events) =>
            events.add("tool.user_requested", { toolCallId, arguments: { command: "ls" } }),
      ),
    );
    let readOn = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const events = steps.reduce((all, add) => add(all), new Events().user("first"));
        readOn += (await followed(events)).readOn;
      }),
      { numRuns: 60 },
    );
    expect(readOn).toBeGreaterThan(30);
  });

  it("reads the new end alone", async () => {
    const home = temporaryFolder("copilot-tail");
    const path = join(home, NAME);
    const lines = linesOf(turns(2000));
    await follow(reader, path, [lines.slice(0, -4).join("")], () => worldOn(home).world);
    const { whole, on } = await bytesRead(reader, path, home, lines.slice(-4).join(""));
    expect(on).toBeLessThan(10_000);
    expect(whole).toBeGreaterThan(50 * on);
  });

  it("is declined where the file is shorter, or begins with no prompt at the mark", async () => {
    const home = temporaryFolder("copilot-mark");
    const path = join(home, NAME);
    await follow(reader, path, [linesOf(turns(2)).join("")], () => worldOn(home).world);
    const { world } = worldOn(home);
    const ref = (await reader.identify(path, world))!;
    const reading = await reader.read(ref, world);
    await collect(reading.messages({ history: "full" }));
    const mark = reading.mark!;
    for (const wrong of wrongMarks(mark, ref))
      expect(await reader.readOn!(ref, wrong, world)).toBeUndefined();
  });
});
