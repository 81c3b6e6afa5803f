import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject, ToolResultBlock } from "casr-cli/provider";
import { registration } from "../src/hook.ts";
import { decode, encodeResult } from "../src/results.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const NATIVE: [string, JsonObject][] = [
  ["Bash", { command: "ls", timeout: 30 }],
  ["Read", { filepath: "a" }],
  ["Write", { filepath: "a", content: "" }],
  ["Edit", { file_path: "a", old_string: "x", new_string: "y", replace_all: true }],
  ["MultiEdit", { file_path: "a", edits: [{ old_string: "x", new_string: "y" }] }],
  ["List", { dirpath: "." }],
  ["Search", { pattern: "x", path: ".", file_pattern: "*.ts" }],
  ["Fetch", { url: "https://example.com" }],
  ["Checklist", { checklist: "- [x] one\n- [ ] two" }],
  ["Subagent", { description: "d", prompt: "p", subagent_name: "n" }],
];

describe("cn's own calls", () => {
  test.each(NATIVE)("%s %j comes back as it was", (name, input) => {
    const tool = canonicalTool(name, input);
    expect(tool).toBeDefined();
    expect(registration.capabilities.toolCalls.kinds).toContain(tool!.kind);
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  test.each([
    ["run_terminal_command", { command: "ls" }, "shell"],
    ["read_file", { filepath: "a" }, "read"],
    ["create_new_file", { filepath: "a", contents: "c" }, "write"],
    ["single_find_and_replace", { filepath: "a", old_string: "x", new_string: "y" }, "edit"],
    ["multi_edit", { filepath: "a", edits: [] }, "multi-edit"],
    ["ls", { dirPath: "." }, "list"],
    ["grep_search", { query: "x" }, "grep"],
    ["file_glob_search", { pattern: "*" }, "glob"],
    ["fetch_url_content", { url: "u" }, "web-fetch"],
  ] as [string, JsonObject, string][])("%s of the extensions is understood", (name, input, kind) => {
    expect(canonicalTool(name, input)?.kind).toBe(kind);
  });

  test.each([
    ["Bash", { command: 1 }],
    ["Checklist", { checklist: "- [~] half" }],
    ["Checklist", { checklist: "# Tasks\n- [ ] a" }],
    ["MultiEdit", { file_path: "a", edits: [{ old_string: "x", new_string: "y", more: 1 }] }],
    ["city_population", { city: "x" }],
    ["constructor", {}],
  ] as [string, JsonObject][])("%s %j has no common form", (name, input) => {
    expect(canonicalTool(name, input)).toBeUndefined();
  });

  test.each([
    [{ kind: "todo", items: [{ text: "a", status: "in_progress" }] }, undefined],
    [{ kind: "todo", items: [{ text: "a\nb", status: "pending" }] }, undefined],
    [
      { kind: "read", path: "a", startLine: 3, lineCount: 2 },
      { name: "Read", input: { filepath: "a", offset: 3, limit: 2 } },
    ],
    [
      { kind: "shell", command: "ls", timeoutMs: 1500, workdir: "w" },
      { name: "Bash", input: { command: "ls", timeout: 1.5, workdir: "w" } },
    ],
    [{ kind: "web-fetch", prompt: "p" }, undefined],
    [{ kind: "glob", pattern: "*" }, undefined],
  ] as [CanonicalTool, unknown][])("%j of another agent", (tool, wanted) => {
    expect(nativeCall(tool)).toEqual(wanted);
  });

  test("any input gives the same input back, or no common form", () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer({ min: -3, max: 9 }),
      fc.boolean(),
      fc.constant(null),
      fc.double(),
    );
    const keys = fc.constantFrom(
      "command",
      "timeout",
      "filepath",
      "content",
      "file_path",
      "old_string",
      "new_string",
      "replace_all",
      "dirpath",

      "pattern",
      "path",
      "file_pattern",
      "url",
      "prompt",
      "checklist",
      "description",
      "subagent_name",
      "x",
    );
    const checks = fc.array(fc.constantFrom("- [ ] a", "- [x] b", "", "- [ ] ", "- [x] - [ ] c"), {
      maxLength: 3,
    });
    const names = fc.constantFrom(...new Set(NATIVE.map(([name]) => name)));
    fc.assert(
      fc.property(names, fc.dictionary(keys, value), checks, (name, random, lines) => {
        const input = (
          name === "Checklist" ? { ...random, checklist: lines.join("\n") } : random
        ) as JsonObject;
        const tool = canonicalTool(name, input);
        if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input });
      }),
      { numRuns: 2000 },
    );
  });
});

test("any result comes back equal: text, exit code, error", () => {
  const word = fc.constantFrom(
    "Content of a:\n",
    "a",
    "\n",
    "Error executing tool Bash: ",
    "Error executing tool Read: ",
    "Error (exit code 3): ",
    "Tool cancelled",
  );
  const payload = fc.array(word, { maxLength: 4 }).map((words) => words.join(""));
  fc.assert(
    fc.property(
      fc.constantFrom("Bash", "Read", "exec"),
      fc.array(payload, { maxLength: 3 }),
      fc.constantFrom(undefined, 0, 1, 130, -1),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(undefined, "a"),
      (name, texts, code, failed, plain, path) => {
        const isShell = name === "Bash";
        const isError = failed || (isShell && (code ?? 0) !== 0);
        const block: ToolResultBlock = {
          type: "tool_result",
          callId: "c",
          isError,
          content: texts.map((text) => ({ type: "text", text })),
          ...(isShell && code !== undefined ? { exitCode: code } : {}),
          ...(plain ? { native: { plain } } : {}),
        };
        const { outputs, status, mark } = encodeResult({ name, path }, block);
        const found = decode(name, outputs, status === "errored", mark);
        expect(found.content.map((part) => (part.type === "text" ? part.text : "")).join("")).toBe(
          texts.join(""),
        );
        expect(found.isError).toBe(isError);
        if (isShell) expect(found.exitCode ?? 0).toBe(code ?? 0);
      },
    ),
    { numRuns: 3000 },
  );
});

test.each([
  [
    "AskQuestion",
    { question: "q", options: ["a"], defaultAnswer: "a" },
    {
      kind: "ask-user",
      questions: [{ question: "q", options: [{ label: "a" }] }],
      rest: { defaultAnswer: "a" },
    },
  ],
  ["AskQuestion", { question: "q", options: [1] }, undefined],
  [
    "read_file_range",
    { filepath: "a", startLine: 2, endLine: 4 },
    { kind: "read", path: "a", startLine: 2, lineCount: 3 },
  ],
  ["read_file_range", { filepath: "a", startLine: 4, endLine: 2 }, undefined],
  ["search_web", { query: "q" }, { kind: "web-search", query: "q" }],
])("%s %j", (name, input, tool) => {
  expect(canonicalTool(name, input)).toEqual(tool);
});
