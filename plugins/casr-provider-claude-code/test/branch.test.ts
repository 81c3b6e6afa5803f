import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { collect } from "../../../test/support/readers.ts";
import { answer, contextOf, lastPrompt, open, outline, result, system, use, user } from "./helpers.ts";

// Every expectation here was observed: it is what Claude Code 2.1.329 sent when it resumed the same records.

const start = (): JsonObject[] => [user("u1", null, "one"), answer("a1", "u1", "m1", "A1")];
const first = (): JsonObject[] => [user("u2", "a1", "first"), answer("a2", "u2", "m2", "B1")];
const second = (): JsonObject[] => [user("u3", "a1", "second"), answer("a3", "u3", "m3", "B2")];
const OPENING = ["user: one", "assistant: A1"];
const FIRST = [...OPENING, "user: first", "assistant: B1"];
const SECOND = [...OPENING, "user: second", "assistant: B2"];

describe("the branch that is resumed", () => {
  it("is the newest record's", async () => {
    expect(await contextOf([...start(), ...first(), ...second()])).toEqual(SECOND);
    expect(await contextOf([...start(), first()[0]!, ...second(), first()[1]!])).toEqual(FIRST);
  });

  it("is the one last-prompt names, also when newer lines follow on another", async () => {
    expect(await contextOf([...start(), ...first(), lastPrompt("a2"), ...second()])).toEqual(FIRST);
    expect(
      await contextOf([...start(), ...first(), ...second(), lastPrompt("a3"), lastPrompt("a2")]),
    ).toEqual(FIRST);
  });

  it("goes on to the newest record when last-prompt names one above it, else ends at the named one", async () => {
    expect(await contextOf([...start(), ...first(), lastPrompt("a1"), ...second()])).toEqual(SECOND);
    expect(await contextOf([...start(), ...first(), lastPrompt("u2"), ...second()])).toEqual([
      ...OPENING,
      "user: first",
    ]);
  });

  it("does not follow a last-prompt to nowhere", async () => {
    const zero = { type: "last-prompt", leafUuid: "00000000-0000-0000-0000-000000000000", explicit: true };
    expect(await contextOf([...start(), ...first(), ...second(), lastPrompt("a2"), zero])).toEqual(SECOND);
    expect(
      await contextOf([...start(), ...first(), ...second(), lastPrompt("a2"), { type: "last-prompt" }]),
    ).toEqual(FIRST);
  });

  it("takes the record before for a parent that is missing, and ends at a second root", async () => {
    const gone = [user("u2", "gone", "two"), answer("a2", "u2", "m2", "A2")];
    expect(await contextOf([...start(), ...gone])).toEqual([...OPENING, "user: two", "assistant: A2"]);
    expect(await contextOf([...start(), user("u2", null, "two"), answer("a2", "u2", "m2", "A2")])).toEqual([
      "user: two",
      "assistant: A2",
    ]);
  });

  it("ignores sidechains and walks through unknown records", async () => {
    const side = [
      user("s1", null, "side", { isSidechain: true }),
      answer("s2", "s1", "m9", "SIDE", { isSidechain: true }),
    ];
    const odd = { type: "weird", uuid: "w", parentUuid: "a1" };
    expect(await contextOf([...start(), ...side, odd, user("u2", "w", "two")])).toEqual([
      ...OPENING,
      "user: two",
    ]);
  });

  it("takes the last of two records with one uuid and does not run in circles", async () => {
    const again = [user("u1", null, "one again"), answer("a1", "u1", "m1", "A1 again")];
    expect(await contextOf([...start(), ...first(), ...again, lastPrompt("a2")])).toEqual([
      "user: one again",
      "assistant: A1 again",
      "user: first",
      "assistant: B1",
    ]);
    expect(await contextOf([user("u1", "a1", "one"), answer("a1", "u1", "m1", "A1")])).toEqual(OPENING);
  });
});

describe("parallel calls", () => {
  const calls = (): JsonObject[] => [
    ...start(),
    user("u2", "a1", "go"),
    answer("x1", "u2", "m2", use("t1")),
    answer("x2", "x1", "m2", use("t2")),
  ];

  it("pulls in results and lines beside the chain, in file order", async () => {
    const records = [
      ...calls(),
      user("r2", "x2", [result("t2", "R2")]),
      user("r1", "x1", [result("t1", "R1")]),
      answer("a4", "r2", "m4", "done"),
    ];
    expect((await contextOf(records)).slice(3)).toEqual([
      "call t1",
      "call t2",
      "result t2: R2",
      "result t1: R1",
      "assistant: done",
    ]);
    const short = [
      ...calls(),
      user("r1", "x1", [result("t1", "R1")]),
      user("r2", "x2", [result("t2", "R2")]),
      answer("a4", "r1", "m4", "done"),
    ];
    expect((await contextOf(short)).slice(3)).toEqual([
      "call t1",
      "call t2",
      "result t1: R1",
      "result t2: R2",
      "assistant: done",
    ]);
  });

  it("joins lines of one response around a result", async () => {
    const records = [
      ...start(),
      user("u2", "a1", "go"),
      answer("x1", "u2", "m2", use("t1")),
      user("r1", "x1", [result("t1", "R1")]),
      answer("x2", "r1", "m2", use("t2")),
      user("r2", "x2", [result("t2", "R2")]),
    ];
    expect((await contextOf(records)).slice(3)).toEqual([
      "call t1",
      "call t2",
      "result t1: R1",
      "result t2: R2",
    ]);
  });

  it("loses a prompt that hangs beside a result, and a second answer", async () => {
    const records = [
      ...start(),
      user("u2", "a1", "go"),
      answer("x1", "u2", "m2", use("t1")),
      user("q", "x1", "queued"),
      user("r1", "x1", [result("t1", "R1")]),
      user("r1b", "r1", [result("t1", "again")]),
      answer("a4", "r1b", "m4", "done"),
    ];
    expect((await contextOf(records)).slice(3)).toEqual(["call t1", "result t1: R1", "assistant: done"]);
  });

  it("answers a call that the end of the session cut off as the agent does, and drops it in the middle", async () => {
    const end = [...calls(), user("r2", "x2", [result("t2", "R2")])];
    expect((await contextOf(end)).slice(3)).toEqual([
      "call t1",
      "call t2",
      "result t2: R2",
      expect.stringMatching(/^result t1: \[Tool call interrupted: /),
    ]);
    expect((await contextOf([...end, user("u3", "r2", "next")])).slice(3)).toEqual([
      "call t2",
      "result t2: R2",
      "user: next",
    ]);
  });
});

describe("compaction", () => {
  const before = (): JsonObject[] => [...start(), user("u2", "a1", "go"), answer("a2", "u2", "m2", "A2")];
  const boundary = (metadata: JsonObject): JsonObject =>
    system("b", null, "compact_boundary", { logicalParentUuid: "a2", compactMetadata: metadata });
  const after = (): JsonObject[] => [
    user("s", "b", "SUM", { isCompactSummary: true, isVisibleInTranscriptOnly: true }),
    user("u3", "s", "three"),
    answer("a3", "u3", "m3", "A3"),
  ];
  const kept = (uuids: string[], anchor = "s"): JsonObject => ({
    preservedSegment: { headUuid: uuids[0]!, anchorUuid: anchor, tailUuid: uuids.at(-1)! },
    preservedMessages: { anchorUuid: anchor, uuids },
  });
  const AFTER = ["summary: SUM", "user: three", "assistant: A3"];

  it("starts the context at the summary; the full history has what was before, out of context", async () => {
    const reading = await open([...before(), boundary({}), ...after()]);
    expect(outline(await collect(reading.messages({ history: "context" })))).toEqual(AFTER);
    const full = await collect(reading.messages({ history: "full" }));
    expect(outline(full)).toEqual([...OPENING, "user: go", "assistant: A2", ...AFTER]);
    expect(full.map((message) => message.inContext)).toEqual([false, false, false, false, true, true, true]);
    expect(full.map((message) => message.index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(full[4]).toMatchObject({ role: "user", origin: "compaction" });
  });

  it("puts kept messages behind the summary, once", async () => {
    const reading = await open([...before(), boundary(kept(["u2", "a2"])), ...after()]);
    const wanted = ["summary: SUM", "user: go", "assistant: A2", "user: three", "assistant: A3"];
    expect(outline(await collect(reading.messages({ history: "context" })))).toEqual(wanted);
    expect(outline(await collect(reading.messages({ history: "full" })))).toEqual([...OPENING, ...wanted]);
  });

  it("knows the form that names only the ends, and ignores what is not there", async () => {
    const ends = { preservedSegment: { headUuid: "u2", anchorUuid: "s", tailUuid: "a2" } };
    expect(await contextOf([...before(), boundary(ends), ...after()])).toEqual([
      "summary: SUM",
      "user: go",
      "assistant: A2",
      "user: three",
      "assistant: A3",
    ]);
    expect(await contextOf([...before(), boundary(kept(["zz", "a2"])), ...after()])).toEqual(AFTER);
    expect(await contextOf([...before(), boundary(kept(["a2"], "zz")), ...after()])).toEqual(AFTER);
  });

  it("can be left by a branch from before it, unless messages were kept", async () => {
    expect(await contextOf([...before(), boundary({}), ...after(), lastPrompt("a2")])).toEqual([
      ...OPENING,
      "user: go",
      "assistant: A2",
    ]);
    expect(await contextOf([...before(), boundary(kept(["a2"])), ...after(), lastPrompt("u2")])).toEqual([
      "summary: SUM",
      "assistant: A2",
      "user: three",
      "assistant: A3",
    ]);
  });
});
