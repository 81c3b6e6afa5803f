import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject, JsonValue } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { registration } from "../src/hook.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const notation = { parsePatch, formatPatch };
const word = fc.string({ minLength: 1, maxLength: 12 });
const line = fc.integer({ min: 1, max: 999 });
const bound = fc.oneof(line, fc.constant(null), fc.constant(undefined));
const PATCH = "*** Begin Patch\n*** Add File: a.txt\n+hi\n*** End Patch";

/** Leaves out undefined members, as JSON does. */
function json(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

const extra = fc.dictionary(
  fc.constantFrom("timeout", "note", "requires_approval"),
  fc.oneof(fc.boolean(), word, fc.constant(null)),
);
const calls: fc.Arbitrary<[string, JsonObject]> = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant("run_commands"), fc.record({ commands: fc.tuple(word) })),
      fc.tuple(
        fc.constant("read_files"),
        fc.record({
          files: fc.tuple(fc.record({ path: word, start_line: bound, end_line: bound })),
        }),
      ),
      fc.tuple(fc.constant("search_codebase"), fc.record({ queries: fc.tuple(word) })),
      fc.tuple(
        fc.constant("editor"),
        fc.record({
          path: word,
          new_text: fc.string(),
          old_text: fc.option(fc.string(), { nil: undefined }),
        }),
      ),
      fc.tuple(fc.constant("editor"), fc.record({ path: word, new_text: word, old_text: fc.constant(null) })),
      fc.tuple(fc.constant("apply_patch"), fc.record({ input: fc.constant(PATCH) })),
      fc.tuple(
        fc.constant("fetch_web_content"),
        fc.record({ requests: fc.tuple(fc.record({ url: word, prompt: word })) }),
      ),
      fc.tuple(fc.constant("spawn_agent"), fc.record({ task: word, systemPrompt: word })),
    ),
    extra,
  )
  .map(([[name, input], more]) => [name, { ...more, ...json(input) }]);

test("a call of Cline's own comes back as it was", () => {
  fc.assert(
    fc.property(calls, ([name, input]) => {
      const tool = canonicalTool(name, input, notation);
      // Lines that end before they begin are nobody's.
      fc.pre(tool !== undefined);
      expect(nativeCall(tool)).toEqual({ name, input });
    }),
    { numRuns: 1000, seed: 20_261_121 },
  );
});

test("arguments of any type never throw, and what is understood comes back", () => {
  const names = fc.constantFrom(
    "run_commands",
    "read_files",
    "search_codebase",
    "editor",
    "apply_patch",
    "fetch_web_content",
    "spawn_agent",
    "docs__search",
    "constructor",
    "toString",
  );
  const keys = fc.constantFrom(
    "commands",
    "files",
    "queries",
    "path",
    "new_text",
    "old_text",
    "input",
    "task",
    "x",
  );
  const value = fc.oneof(
    fc.jsonValue() as fc.Arbitrary<JsonValue>,
    fc.tuple(word),
    word,
    fc.tuple(fc.record({ path: word, start_line: fc.jsonValue(), more: fc.jsonValue() })),
  ) as fc.Arbitrary<JsonValue>;
  fc.assert(
    fc.property(names, fc.dictionary(keys, value), (name, given) => {
      const input = json(given);
      const tool = canonicalTool(name, input, notation);
      if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input });
    }),
    { numRuns: 1000, seed: 20_261_121 },
  );
});

describe("calls of other agents", () => {
  test.each<[CanonicalTool, string, JsonObject]>([
    [
      { kind: "shell", command: "ls", workdir: "/w", timeoutMs: 5, description: "look", background: true },
      "run_commands",
      { commands: ["ls"], workdir: "/w", timeout: 5, description: "look", background: true },
    ],
    [{ kind: "view-image", path: "/a.png" }, "read_files", { files: [{ path: "/a.png" }] }],
    [
      { kind: "read", path: "/a", startLine: 5, lineCount: 3 },
      "read_files",
      { files: [{ path: "/a", start_line: 5, end_line: 7 }] },
    ],
    [
      { kind: "edit", path: "/a", edit: { oldText: "a", newText: "b", replaceAll: false } },
      "editor",
      { path: "/a", old_text: "a", new_text: "b" },
    ],
    [
      { kind: "grep", pattern: "x", path: "src", include: "*.ts", rest: { "-i": true } },
      "search_codebase",
      { queries: ["x"], path: "src", include: "*.ts", "-i": true },
    ],
    [{ kind: "mcp", server: "docs", tool: "find", args: { q: 1 } }, "docs__find", { q: 1 }],
  ])("%o", (tool, name, input) => {
    expect(nativeCall(tool)).toEqual({ name, input });
    expect(registration.capabilities.toolCalls.kinds).toContain(tool.kind);
  });

  test.each<CanonicalTool>([
    { kind: "edit", path: "/a", edit: { oldText: "a", newText: "b", replaceAll: true } },
    { kind: "multi-edit", path: "/a", edits: [] },
    { kind: "web-fetch", url: "http://x" },
    { kind: "web-search", query: "x" },
    { kind: "todo", items: [] },
    { kind: "mcp", server: "a__b", tool: "find", args: {} },
    { kind: "mcp", server: "a", tool: "find", args: "text" },
    { kind: "mcp", server: "a b", tool: "find", args: {} },
  ])("has no form for %o", (tool) => expect(nativeCall(tool)).toBeUndefined());
});

describe("calls of the extension's tasks", () => {
  test.each<[string, JsonObject, CanonicalTool | undefined]>([
    [
      "execute_command",
      { command: "ls", requires_approval: false },
      { kind: "shell", command: "ls", rest: { requires_approval: false } },
    ],
    ["read_file", { path: "a" }, { kind: "read", path: "a" }],
    ["write_to_file", { path: "a", content: "b" }, { kind: "write", path: "a", content: "b" }],
    [
      "replace_in_file",
      { path: "a", diff: "------- SEARCH\nold\n=======\nnew\nmore\n+++++++ REPLACE\n" },
      { kind: "edit", path: "a", edit: { oldText: "old", newText: "new\nmore" } },
    ],
    [
      "replace_in_file",
      {
        path: "a",
        diff: "<<<<<<< SEARCH\na\n=======\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE",
      },
      {
        kind: "multi-edit",
        path: "a",
        edits: [
          { oldText: "a", newText: "" },
          { oldText: "b", newText: "c" },
        ],
      },
    ],
    ["replace_in_file", { path: "a", diff: "------- SEARCH\nold\n=======\nnew" }, undefined],
    [
      "search_files",
      { path: "src", regex: "x", file_pattern: "*.ts" },
      { kind: "grep", pattern: "x", path: "src", include: "*.ts" },
    ],
    ["list_files", { path: "a", recursive: true }, { kind: "list", path: "a", rest: { recursive: true } }],
    [
      "use_mcp_tool",
      { server_name: "docs", tool_name: "find", arguments: '{"q":1}' },
      { kind: "mcp", server: "docs", tool: "find", args: { q: 1 } },
    ],
    ["use_mcp_tool", { server_name: "docs", tool_name: "find", arguments: "no json" }, undefined],
    ["attempt_completion", { result: "x" }, undefined],
    ["write_to_file", { absolutePath: "/a", content: "x" }, { kind: "write", path: "/a", content: "x" }],
    [
      "replace_in_file",
      { absolutePath: "/a", diff: "------- SEARCH\na\n=======\nb\n+++++++ REPLACE" },
      { kind: "edit", path: "/a", edit: { oldText: "a", newText: "b" } },
    ],
    [
      "read_file",
      { path: "a", start_line: 3, end_line: 4 },
      { kind: "read", path: "a", startLine: 3, lineCount: 2 },
    ],
    [
      "read_file",
      { path: "a", start_line: 4, end_line: 3 },
      { kind: "read", path: "a", rest: { start_line: 4, end_line: 3 } },
    ],
    [
      "web_fetch",
      { url: "https://a.b", prompt: "p" },
      { kind: "web-fetch", url: "https://a.b", prompt: "p" },
    ],
    [
      "web_search",
      { query: "q", allowed_domains: "[]" },
      { kind: "web-search", query: "q", rest: { allowed_domains: "[]" } },
    ],
    [
      "ask_followup_question",
      { question: "q", options: '["a"]' },
      { kind: "ask-user", questions: [{ question: "q", options: [{ label: "a" }] }] },
    ],
    ["ask_followup_question", { question: "q", options: "no list" }, undefined],
    // The CLI's own.
    ["ask_question", { question: "q" }, { kind: "ask-user", questions: [{ question: "q" }] }],
    ["run_commands", { command: "ls" }, { kind: "shell", command: "ls" }],
    ["run_commands", { commands: ["ls", "pwd"], command: "ls" }, undefined],
  ])("%s %o", (name, input, tool) => expect(canonicalTool(name, input, notation)).toEqual(tool));
});
