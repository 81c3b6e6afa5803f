import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { registration } from "../src/hook.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const NATIVE: [string, JsonObject][] = [
  [
    "run_shell_command",
    { command: "ls", description: "d", directory: "/a", is_background: false, timeout: 5 },
  ],
  ["read_file", { file_path: "a", offset: 3, limit: 9 }],
  ["read_file", { file_path: "a", offset: 0 }],
  ["read_file", { file_path: "a.pdf", pages: "1-3" }],
  ["write_file", { file_path: "a", content: "", record_as_artifact: true }],
  ["edit", { file_path: "a", old_string: "x", new_string: "y", replace_all: true }],
  ["list_directory", { path: ".", ignore: ["a"] }],
  ["glob", { pattern: "*", path: "a" }],
  ["grep_search", { pattern: "x", path: ".", glob: "*.ts", limit: 4 }],
  ["web_fetch", { url: "https://example.com", prompt: "p", format: "markdown" }],
  ["web_search", { query: "q" }],
  ["todo_write", { todos: [{ id: "7", content: "a", status: "in_progress", blockedBy: ["6"] }] }],
  ["agent", { description: "d", prompt: "p", subagent_type: "general-purpose", run_in_background: true }],
  ["ask_user_question", { questions: [{ question: "q" }] }],
  ["mcp__server__the_tool", { x: 1 }],
];

describe("the CLI's own calls", () => {
  test.each(NATIVE)("%s %j comes back as it was", (name, input) => {
    const tool = canonicalTool(name, input);
    expect(tool).toBeDefined();
    expect(registration.capabilities.toolCalls.kinds).toContain(tool!.kind);
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  test("older names are understood", () => {
    expect(canonicalTool("read_file", { absolute_path: "/a", offset: 4, limit: 10 })).toEqual({
      kind: "read",
      path: "/a",
      startLine: 5,
      lineCount: 10,
    });
    expect(canonicalTool("task", { description: "d", prompt: "p" })).toEqual({
      kind: "task",
      description: "d",
      prompt: "p",
    });
  });

  test("a call through tool_call is the call it makes", () => {
    const input = { name: "web_search", arguments: { query: "q" } };
    expect(canonicalTool("tool_call", input)).toEqual({ kind: "web-search", query: "q" });
    expect(canonicalTool("tool_call", { ...input, more: 1 })).toBeUndefined();
  });

  test.each([
    ["run_shell_command", { command: 7 }],
    ["run_shell_command", {}],
    ["read_file", { file_path: "a", offset: "1" }],
    ["todo_write", { todos: [{ content: "a", status: "pending" }] }],
    ["todo_write", { todos: [{ id: "1", content: "a", status: "done" }] }],
    ["todo_write", { todos: [null] }],
    ["tool_search", { query: "x" }],
    ["toString", {}],
  ] as [string, JsonObject][])("%s %j has no common form", (name, input) => {
    expect(canonicalTool(name, input)).toBeUndefined();
  });
});

describe("calls of other agents", () => {
  test.each([
    [
      { kind: "todo", items: [{ text: "a", status: "pending" }], rest: { activeForm: ["doing a"] } },
      {
        name: "todo_write",
        input: { todos: [{ id: "1", activeForm: "doing a", content: "a", status: "pending" }] },
      },
    ],
    [{ kind: "todo", items: [{ text: "a", status: "cancelled" }] }, undefined],
    [{ kind: "web-fetch", prompt: "read https://example.com" }, undefined],
    [
      { kind: "view-image", path: "a.png" },
      { name: "read_file", input: { file_path: "a.png" } },
    ],
    [
      { kind: "shell", command: "ls", argv: ["ls"], rest: { workdir2: "x" } },
      { name: "run_shell_command", input: { command: "ls", workdir2: "x" } },
    ],
    [{ kind: "mcp", server: "a.b", tool: "c", args: {} }, undefined],
    [{ kind: "multi-edit", path: "a", edits: [] }, undefined],
  ] as [CanonicalTool, unknown][])("%j", (tool, wanted) => {
    expect(nativeCall(tool)).toEqual(wanted);
  });

  test("patches of one file with one change become its own calls", () => {
    const added = "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch";
    const tool = (patch: string): CanonicalTool => ({
      kind: "patch",
      text: patch,
      changes: parsePatch(patch)!,
    });
    expect(nativeCall(tool(added))).toEqual({
      name: "write_file",
      input: { file_path: "a", content: "x\n" },
    });
    const change = { op: "update", path: "a", hunks: [{ oldText: "x", newText: "y" }] } as const;
    const once = formatPatch([{ ...change, hunks: [...change.hunks] }]);
    expect(nativeCall(tool(once))).toEqual({
      name: "edit",
      input: { file_path: "a", old_string: "x", new_string: "y" },
    });
    expect(
      nativeCall(tool(formatPatch([{ ...change, hunks: [...change.hunks, ...change.hunks] }]))),
    ).toBeUndefined();
  });
});

test("any input of its tools gives the same input back, or no common form", () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer({ min: -3, max: 9 }),
    fc.boolean(),
    fc.constant(null),
    fc.double(),
  );
  const keys = fc.constantFrom(
    "command",
    "description",
    "directory",
    "timeout",
    "is_background",
    "file_path",
    "offset",
    "limit",
    "content",

    "old_string",
    "new_string",
    "replace_all",
    "pattern",
    "path",
    "glob",
    "url",
    "prompt",
    "query",
    "todos",
    "x",
  );
  const names = fc.constantFrom(...new Set(NATIVE.map(([name]) => name)));
  fc.assert(
    fc.property(names, fc.dictionary(keys, value), (name, input) => {
      const tool = canonicalTool(name, input as JsonObject);
      if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input });
    }),
    { numRuns: 2000 },
  );
});
