import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expected } from "../../src/probe/compare/expected.ts";
import { compareWithWritten } from "../../src/probe/compare/index.ts";
import { holds } from "../../src/probe/compare/payload.ts";
import type { WireItem } from "../../src/probe/index.ts";

const image = (digest: string) => ({ mediaType: "image/png", digest, bytes: 10 });

/** A small conversation with something of each kind. */
const written = (): Expected[] => [
  { kind: "user", text: "Fix the build, please." },
  { kind: "image", role: "user", image: image("aa") },
  { kind: "assistant", text: "I look." },
  { kind: "call", id: "1", name: "shell", input: { command: "make", deep: { a: 1, b: 2 } } },
  { kind: "call", id: "2", name: "read", input: { path: "a.c" } },
  {
    kind: "result",
    callId: "1",
    text: "error: x\nmake: *** [all] Error 2",
    images: [],
    isError: true,
    exitCode: 2,
  },
  { kind: "result", callId: "2", text: "int main;\n\nint x;", images: [image("bb")], isError: false },
  { kind: "assistant", text: "Done." },
];

/** The same as a perfect agent sends it, with ids of its own. */
const sent = (): WireItem[] => [
  { kind: "system", text: "You are an agent." },
  { kind: "user", text: "<env>date</env>" },
  { kind: "user", text: "Fix the build, please." },
  { kind: "image", role: "user", image: image("aa") },
  { kind: "assistant", text: "I look." },
  { kind: "call", id: "x1", name: "shell", input: { deep: { b: 2, a: 1 }, command: "make" } },
  { kind: "call", id: "x2", name: "read", input: { path: "a.c" } },
  {
    kind: "result",
    callId: "x1",
    text: "Exit code 2\nerror: x\nmake: *** [all] Error 2",
    images: [],
    isError: true,
  },
  {
    kind: "result",
    callId: "x2",
    text: "1\tint main;\n2\t\n3\tint x;",
    images: [image("bb")],
    isError: false,
  },
  { kind: "assistant", text: "Done." },
];

const OWN = ["<env>date</env>"];

describe("the comparison with what was written", () => {
  it("finds everything in a faithful request", () => {
    const recall = compareWithWritten(written(), sent(), OWN);
    expect(recall.differences).toEqual({});
    expect(recall.unexplained).toEqual([]);
    for (const { wanted, found } of Object.values(recall.scores)) expect(found).toBe(wanted);
    expect(recall.scores).toMatchObject({
      user: { wanted: 1 },
      assistant: { wanted: 2 },
      call: { wanted: 2 },
      result: { wanted: 2 },
      error: { wanted: 1 },
      image: { wanted: 2 },
    });
  });

  const spoil: [string, string, (items: WireItem[]) => void][] = [
    ["user", "a prompt that is missing", (items) => items.splice(2, 1)],
    ["assistant", "an answer that is missing", (items) => items.splice(4, 1)],
    [
      "call",
      "a call with another input",
      (items) => Object.assign(items[5]!, { input: { command: "make all" } }),
    ],
    ["call", "a call of another tool", (items) => Object.assign(items[6]!, { name: "write" })],
    ["result", "an answer that is missing", (items) => items.splice(7, 1)],
    ["result", "an answer under the wrong call", (items) => Object.assign(items[8]!, { callId: "x1" })],
    ["result", "an answer with a line less", (items) => Object.assign(items[8]!, { text: "1\tint main;" })],
    [
      "error",
      "a failure that looks like none",
      (items) =>
        Object.assign(items[7]!, {
          isError: false,
          text: "x",
        }),
    ],
    ["image", "another picture", (items) => Object.assign(items[3]!, { image: image("cc") })],
    ["order", "two answers that changed places", (items) => items.push(items.splice(4, 1)[0]!)],
  ];
  it.each(spoil)("names under %s %s", (kind, _what, change) => {
    const items = sent();
    change(items);
    const recall = compareWithWritten(written(), items, OWN);
    expect(Object.keys(recall.differences)).toContain(kind);
    const score = recall.scores[kind as keyof typeof recall.scores];
    expect(score.found).toBeLessThan(score.wanted);
  });

  it("names what nobody wrote, but not what the agent always says", () => {
    const items = [...sent(), { kind: "user", text: "Continue where you left off." } as const];
    expect(compareWithWritten(written(), items, OWN).unexplained).toEqual(["Continue where you left off."]);
  });

  it("counts reasoning of which only an unreadable form is sent", () => {
    const thought: Expected = { kind: "reasoning", text: "", readable: false };
    const opaque: WireItem = { kind: "reasoning", text: "", readable: false };
    expect(compareWithWritten([thought], [opaque], []).scores.reasoning).toEqual({ wanted: 1, found: 1 });
    expect(compareWithWritten([thought], [], []).scores.reasoning).toEqual({ wanted: 1, found: 0 });
  });
});

describe("a payload in what was sent", () => {
  it("is found as it is, in JSON, with a frame on each line, and with white space changed at the ends", () => {
    const text = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, (payload) => {
        expect(holds(`head\n${payload}\ntail`, payload)).toBe("whole");
        expect(holds(JSON.stringify({ output: payload }), payload)).toBe("whole");
        const numbered = payload.split("\n").map((line, index) => `${index + 1}\t${line}`);
        expect(holds(numbered.join("\n"), payload)).toBe("whole");
      }),
    );
  });

  it("is not found when a line is missing or another one stands there", () => {
    expect(holds("a\nc", "a\nb\nc")).toBeUndefined();
    expect(holds("a\nB\nc", "a\nb\nc")).toBeUndefined();
    expect(holds("c\nb\na", "a\nb\nc")).toBeUndefined();
    expect(holds("", "a")).toBeUndefined();
  });

  it("is shortened when both its ends are there and less between them", () => {
    const long = Array.from({ length: 400 }, (_, index) => `line ${index}`).join("\n");
    expect(holds(`${long.slice(0, 900)}\n[cut]\n${long.slice(-900)}`, long)).toBe("shortened");
    expect(holds(long.slice(0, 900), long)).toBeUndefined();
  });
});
