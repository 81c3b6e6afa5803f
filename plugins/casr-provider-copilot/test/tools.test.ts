import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const PATCH = "*** Begin Patch\n*** Add File: a.txt\n+one\n*** End Patch";
const notation = { parsePatch, formatPatch };

const NATIVE: [name: string, input: JsonValue][] = [
  ["bash", { command: "make", description: "Build", shellId: "b", mode: "sync", initial_wait: 60 }],
  ["bash", { command: "make", mode: "async", detach: true }],
  ["view", { path: "/a" }],
  ["view", { path: "/a", view_range: [3, 9], forceReadLargeFiles: true }],
  ["view", { path: "/a", view_range: [3, -1] }],
  ["view", { path: "/a", view_range: [0, "x"] }],
  ["create", { path: "/a", file_text: "" }],
  ["edit", { path: "/a", old_str: "x", new_str: "y" }],
  ["grep", { pattern: "x", paths: "src", glob: "*.ts", output_mode: "content", "-n": true }],
  ["grep", { pattern: "x", paths: ["a", "b"] }],
  ["glob", { pattern: "**/*.ts", paths: "src" }],
  ["task", { name: "n", agent_type: "explore", description: "d", prompt: "p" }],
  ["web_fetch", { url: "https://example.org", raw: true }],
  ["apply_patch", PATCH],
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
      "path",
      "pattern",
      "paths",
      "view_range",
      "old_str",
      "mode",
      "__proto__",
      "x",
    );
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.integer(), { maxLength: 3 }),
    );
    const input = fc
      .array(fc.tuple(key, value), { maxLength: 5 })
      .map((pairs) => Object.fromEntries(pairs) as JsonObject);
    const names = fc.constantFrom(
      "bash",
      "view",
      "create",
      "edit",
      "grep",
      "glob",
      "task",
      "web_fetch",
      "toString",
    );
    fc.assert(
      fc.property(names, input, (name, args) => {
        const tool = canonicalTool(name, args, notation);
        if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input: args });
      }),
    );
  });

  it("names the tools of MCP servers as the CLI does", () => {
    const tool = canonicalTool("docs-find", { q: "x" }, notation, { server: "docs", tool: "find" });
    expect(tool).toEqual({ kind: "mcp", server: "docs", tool: "find", args: { q: "x" } });
    expect(nativeCall(tool!)).toEqual({ name: "docs-find", input: { q: "x" } });
  });

  it.each([
    ["bash", { command: ["ls"] }],
    ["bash", { description: "no command" }],
    ["edit", { path: "/a", old_str: "x" }],
    ["view", { path: 7 }],
    ["sql", { query: "select 1", description: "x" }],
    ["constructor", {}],
    ["apply_patch", "no patch"],
  ] as [string, JsonValue][])("leaves %s with odd arguments alone", (name, input) => {
    expect(canonicalTool(name, input, notation)).toBeUndefined();
  });

  it("has no tool that replaces every occurrence", () => {
    const edit = { oldText: "a", newText: "b", replaceAll: true };
    expect(nativeCall({ kind: "edit", path: "/a", edit })).toBeUndefined();
    expect(nativeCall({ kind: "todo", items: [] })).toBeUndefined();
  });

  it("keeps arguments it has no name for", () => {
    expect(
      nativeCall({ kind: "shell", command: "ls", workdir: "/w", timeoutMs: 5, rest: { yield_ms: 3 } }),
    ).toEqual({
      name: "bash",
      input: { command: "ls", workdir: "/w", timeout: 5, yield_ms: 3 },
    });
    expect(nativeCall({ kind: "read", path: "/a", lineCount: 4 })?.input).toEqual({
      path: "/a",
      view_range: [1, 4],
    });
  });
});
