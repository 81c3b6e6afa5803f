import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const notation = { parsePatch, formatPatch };

const NATIVE: [name: string, input: JsonObject][] = [
  ["Execute", { summary: "Build", command: "make", timeout: 60, fireAndForget: true, riskLevel: "low" }],
  ["Execute", { command: "make", timeout: 0.5 }],
  ["Read", { file_path: "/a", offset: 3, limit: 2, image_quality: "high" }],
  ["Read", { file_path: "/a", offset: 0 }],
  ["Create", { file_path: "/a", content: "" }],
  ["Edit", { file_path: "/a", old_str: "x", new_str: "y", change_all: false }],
  ["ApplyPatch", { input: "*** Begin Patch\n*** Delete File: a\n*** End Patch" }],
  ["LS", { directory_path: "/a", ignorePatterns: ["b"] }],
  ["Glob", { patterns: "**/*.js", folder: "/a" }],
  ["Grep", { pattern: "x", path: "/a", glob_pattern: "*.js", output_mode: "content" }],
  ["FetchUrl", { url: "https://example.org" }],
  ["WebSearch", { query: "x", numResults: 3 }],
  ["TodoWrite", { todos: "1. [in_progress] A\n2. [pending] B [x]" }],
  ["Task", { subagent_type: "explorer", description: "d", prompt: "p", await: true }],
  ["docs___find", { q: "x" }],
];

describe("the tool table", () => {
  it.each(NATIVE)("%s keeps all arguments on the way there and back", (name, input) => {
    const tool = canonicalTool(name, input, notation);
    expect(tool).toBeDefined();
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  it("keeps any arguments of its tools, or leaves the call alone", () => {
    const key = fc.constantFrom(
      "command",
      "file_path",
      "timeout",
      "offset",
      "old_str",
      "new_str",
      "todos",
      "__proto__",
    );
    const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
    const input = fc
      .array(fc.tuple(key, value), { maxLength: 5 })
      .map((pairs) => Object.fromEntries(pairs) as JsonObject);
    const names = fc.constantFrom("Execute", "Read", "Create", "Edit", "Grep", "TodoWrite", "toString");
    fc.assert(
      fc.property(names, input, (name, args) => {
        const tool = canonicalTool(name, args, notation);
        if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input: args });
      }),
    );
  });

  it.each([
    ["Execute", { command: ["ls"] }],
    ["Edit", { file_path: "/a", old_str: "x" }],
    ["TodoWrite", { todos: "1. [pending] A\n3. [pending] B" }],
    ["TodoWrite", { todos: "1. [later] A" }],
    ["Glob", { patterns: ["a", "b"] }],
    ["LS", {}],
    ["constructor", {}],
  ] as [string, JsonObject][])("leaves %s with odd arguments alone", (name, input) => {
    expect(canonicalTool(name, input, notation)).toBeUndefined();
  });

  it.each([
    [
      "MultiEdit",
      { file_path: "/a", changes: [{ old_str: "a", new_str: "b" }] },
      { kind: "multi-edit", path: "/a", edits: [{ oldText: "a", newText: "b" }] },
    ],
    ["MultiEdit", { file_path: "/a", changes: [{ old_str: "a" }] }, undefined],
    [
      "TodoWrite",
      { todos: [{ id: "1", content: "A", status: "pending" }] },
      { kind: "todo", items: [{ text: "A", status: "pending" }], rest: { id: ["1"] } },
    ],
    [
      "TodoWrite",
      {
        todos: [
          { content: "A", status: "pending" },
          { id: "2", content: "B", status: "pending" },
        ],
      },
      undefined,
    ],
    ["Glob", { patterns: ["*.ts"], folder: "/a" }, { kind: "glob", pattern: "*.ts", path: "/a" }],
  ] as [string, JsonObject, unknown][])("understands %s of older versions", (name, input, tool) => {
    expect(canonicalTool(name, input, notation)).toEqual(tool);
  });

  it("takes lists whose items are one line each", () => {
    const item = (text: string) => ({ text, status: "pending" as const });
    expect(nativeCall({ kind: "todo", items: [item("a"), item("b")] })?.input).toEqual({
      todos: "1. [pending] a\n2. [pending] b",
    });
    expect(nativeCall({ kind: "todo", items: [item("a\nb")] })).toBeUndefined();
    expect(nativeCall({ kind: "todo", items: [] })).toBeUndefined();
  });
});
