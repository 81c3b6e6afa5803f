import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalTool, JsonObject, JsonValue } from "casr-cli/provider";
import { frame, unframe } from "../src/frame.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

describe("the frame of a command's output", () => {
  it("comes off as it was put on", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => value !== "(no output)");
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 255 }), (payload, exitCode) => {
        expect(unframe(frame({ text: payload, exitCode }), true)).toEqual({ text: payload, exitCode });
        expect(unframe(frame({ text: payload }), false)).toEqual({ text: payload });
      }),
    );
  });
});

describe("the tools", () => {
  const edit = fc.record({ oldText: fc.string({ minLength: 1 }), newText: fc.string() });
  const inputs: [string, fc.Arbitrary<JsonObject>][] = [
    ["bash", fc.record({ command: fc.string(), timeout: fc.integer() }, { requiredKeys: ["command"] })],
    [
      "read",
      fc.record({ path: fc.string(), offset: fc.integer(), limit: fc.integer() }, { requiredKeys: ["path"] }),
    ],
    ["write", fc.record({ path: fc.string(), content: fc.string() })],
    ["edit", fc.record({ path: fc.string(), edits: fc.array(edit, { minLength: 1 }) })],
    [
      "grep",
      fc.record(
        { pattern: fc.string(), path: fc.string(), glob: fc.string(), limit: fc.integer() },
        { requiredKeys: ["pattern"] },
      ),
    ],
    ["find", fc.record({ pattern: fc.string(), path: fc.string() }, { requiredKeys: ["pattern"] })],
    ["ls", fc.record({ path: fc.string(), limit: fc.integer() }, { requiredKeys: ["path"] })],
  ];
  it.each(inputs)("%s goes there and back", (name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (input) => {
        expect(nativeCall(canonicalTool(name, input)!)).toEqual({ name, input });
      }),
    );
  });

  it("have no form for wrong types and for what Pi cannot say", () => {
    const wrong: [string, JsonValue][] = [
      ["bash", { command: 1 }],
      ["edit", { path: "a", edits: [{ oldText: 1 }] }],
      ["ls", {}],
      ["other", { path: "a" }],
      ["read", "text"],
    ];
    for (const [name, input] of wrong) expect(canonicalTool(name, input)).toBeUndefined();
    const all: CanonicalTool = {
      kind: "edit",
      path: "a",
      edit: { oldText: "x", newText: "y", replaceAll: true },
    };
    expect(nativeCall(all)).toBeUndefined();
    expect(nativeCall({ kind: "web-search", query: "x" })).toBeUndefined();
  });

  it("take one pair of texts, as older versions had it", () => {
    expect(canonicalTool("edit", { path: "a", oldText: "x", newText: "y" })).toEqual({
      kind: "edit",
      path: "a",
      edit: { oldText: "x", newText: "y" },
    });
  });
});
