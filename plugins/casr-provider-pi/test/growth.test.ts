import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { growthOf } from "../../../src/testing/conformance/growth.ts";
import { bytesRead, damagedGrowth, follow, wrongMarks } from "../../../test/support/growing.ts";
import { casesOf, seedHome, temporaryFolder } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { call, Entries, SESSION_ID } from "./helpers.ts";

const NAME = `.pi/agent/sessions/--home-dev-app--/2026-11-20T10-00-00-000Z_${SESSION_ID}.jsonl`;

/** Reads a session after each of its lines, on from the mark where it can be. */
async function followed(lines: string[]) {
  const home = temporaryFolder("pi-growth");
  return follow(reader, join(home, NAME), lines, () => worldOn(home).world);
}

const linesOf = ({ list }: Entries): string[] => list.map((entry) => `${JSON.stringify(entry)}\n`);

const turns = (count: number, entries = new Entries()): Entries => {
  for (let turn = 0; turn < count; turn += 1)
    entries
      .user(`ask ${turn}`)
      .answer([call(`c${turn}`)], { model: "m" })
      .result(`c${turn}`, "done")
      .answer("Done.");
  return entries;
};

describe("reading on after a session has grown", () => {
  it.each(casesOf("pi"))("gives what reading all gives, at every line of %s", async (name) => {
    const home = seedHome([`pi/${name}`]);
    for (const ref of await collect(reader.discover(worldOn(home).world))) {
      const { faults, readOn } = await growthOf(reader, ref, () => worldOn(home).world);
      expect(faults).toEqual([]);
      expect(readOn).toBeGreaterThan(0);
    }
  });

  it("gives it for damaged sessions", async () => {
    expect((await damagedGrowth(reader, "pi")).faults).toEqual([]);
  });

  it("goes on from prompt to prompt, names and settings in between", async () => {
    const entries = turns(3)
      .add("session_info", { name: "A name" })
      .add("label", { targetId: "e1", label: "x" });
    expect(await followed(linesOf(turns(2, entries)))).toEqual({ readOn: 21, declined: 0 });
  });

  it("is declined where something is compacted, edited, answered or gone on with before the mark", async () => {
    const begun = (): Entries =>
      turns(2)
        .user("last")
        .answer([call("a"), call("b")])
        .user("and now?");
    const plain = await followed(linesOf(begun().answer("Fine.")));
    expect(plain.declined).toBe(0);
    for (const revised of [
      begun().add("compaction", { summary: "S", firstKeptEntryId: "e5" }),
      begun().add("context_edit", { targetId: "e1", replacement: null }),
      begun().result("a", "late"),
      begun().add("branch_summary", { parentId: "e4", summary: "left" }),
      begun().add("message", { parentId: "e4", message: { role: "user", content: "other" } }),
      begun().add("message", { id: "e3", message: { role: "user", content: "again" } }),
      begun().add("message", { parentId: null, message: { role: "user", content: "from nothing" } }),
    ]) {
      const found = await followed(linesOf(revised.answer("Fine.")));
      expect(found.declined).toBeGreaterThan(0);
      expect(found.declined).toBeLessThan(3);
    }
  });

  it("gives what reading all gives, whatever comes", async () => {
    const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
    const calls = fc.constantFrom("x", "y");
    const message = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("ask", "").map((content) => ({ role: "user", content })) },
      { weight: 2, arbitrary: fc.constant({ role: "assistant", content: "answer", model: "m" }) },
      calls.map((name) => ({ role: "assistant", content: [call(name)] })),
      calls.map((toolCallId) => ({
        role: "toolResult",
        toolCallId,
        content: [{ type: "text", text: "done" }],
      })),
      fc.constant({ role: "bashExecution", command: "ls" }),
    );
    const body: fc.Arbitrary<JsonObject> = fc.oneof(
      { weight: 12, arbitrary: message.map((one) => ({ type: "message", message: one as JsonObject })) },
      id.map((kept) => ({ type: "compaction", summary: "S", firstKeptEntryId: kept })),
      id.map((targetId) => ({ type: "context_edit", targetId, replacement: { content: "else" } })),
      fc.constantFrom("first", "second").map((name) => ({ type: "session_info", name })),
      fc.constant({ type: "branch_summary", summary: "left" }),
      fc.constant({ type: "unheard_of" }),
    );
    /** Mostly a chain; now and then another parent, one that is not there, an id that comes again, a torn line. */
    const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
    const entry = fc.record({
      body,
      id: seldom(id),
      parent: seldom(fc.oneof(id, fc.constant("nobody"), fc.constant(null))),
      isTorn: seldom(fc.constant(true)),
    });
    let readOn = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 4, maxLength: 14 }), async (list) => {
        const lines = [linesOf(new Entries())[0]!];
        let last = "";
        for (const [place, one] of list.entries()) {
          const own = one.id ?? "abcdefghijklmnop"[place]!;
          const parentId = one.parent === undefined ? last : one.parent;
          const text = JSON.stringify({ ...one.body, id: own, parentId });
          lines.push(`${one.isTorn === true ? text.slice(0, -5) : text}\n`);
          last = own;
        }
        readOn += (await followed(lines)).readOn;
      }),
      { numRuns: 60 },
    );
    expect(readOn).toBeGreaterThan(30);
  });

  it("reads the new end alone", async () => {
    const home = temporaryFolder("pi-tail");
    const path = join(home, NAME);
    const lines = linesOf(turns(2000));
    await follow(reader, path, [lines.slice(0, -4).join("")], () => worldOn(home).world);
    const { whole, on } = await bytesRead(reader, path, home, lines.slice(-4).join(""));
    expect(on).toBeLessThan(10_000);
    expect(whole).toBeGreaterThan(50 * on);
  });

  it("is declined where the file is shorter, or begins with no prompt at the mark", async () => {
    const home = temporaryFolder("pi-mark");
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
