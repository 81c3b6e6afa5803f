import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { fromClaude, toClaude } from "../src/copy-tools.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

const notation = { parsePatch, formatPatch };
const text = fc.string();
const rest = fc.dictionary(
  fc.constantFrom("limit", "literal", "forceRefetch", "x-y"),
  fc.jsonValue({ maxDepth: 1 }),
  { maxKeys: 2 },
);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const line = fc.integer({ min: 1, max: 9999 });

const inputs: Record<string, fc.Arbitrary<object>> = {
  Bash: fc.record({ cmd: text, cwd: maybe(text) }),
  Read: fc.record({
    path: text,
    read_range: maybe(fc.tuple(line, line).map(([first, more]) => [first, first + more - 1])),
  }),
  create_file: fc.record({ path: text, content: text }),
  edit_file: fc.record({ path: text, old_str: text, new_str: text, replace_all: maybe(fc.boolean()) }),
  glob: fc.record({ filePattern: text }),
  Grep: fc.record({ pattern: text, path: maybe(text), glob: maybe(text) }),
  read_web_page: fc.record({ url: text, objective: maybe(text) }),
  web_search: fc.record({ objective: text }),
  Task: fc.record({ prompt: text, description: maybe(text) }),
  todo_write: fc.record({
    todos: fc.array(
      fc.record({
        id: text,
        content: text,
        status: fc.constantFrom("todo", "in-progress", "completed"),
        priority: fc.constantFrom("high", "low"),
      }),
    ),
  }),
  mcp__server__tool: fc.dictionary(text, fc.jsonValue({ maxDepth: 1 })),
};

const clean = (input: object): object => JSON.parse(JSON.stringify(input)) as object;

describe.each(Object.entries(inputs))("%s", (name, input) => {
  test("goes into the common vocabulary and comes back as it was", () => {
    fc.assert(
      fc.property(input, rest, (own, more) => {
        const whole = clean({ ...more, ...own }) as never;
        const tool = canonicalTool(name, whole, notation);
        expect(tool).toBeDefined();
        expect(nativeCall(tool!)).toEqual({ name, input: whole });
      }),
    );
  });

  test("goes into Claude Code's form and comes back as it was", () => {
    fc.assert(
      fc.property(input, rest, (own, more) => {
        const call = { name, input: clean({ ...more, ...own }) as never };
        expect(fromClaude(toClaude(call))).toEqual(call);
      }),
    );
  });
});

describe("the table", () => {
  test.each<[string, unknown]>([
    ["Bash", { cmd: 1 }],
    ["Bash", {}],
    ["Bash", "ls"],
    ["Read", { path: "a", read_range: "1-2" }],
    ["edit_file", { path: "a", old_str: "b" }],
    ["todo_write", { todos: [{ content: "a", status: "cancelled" }] }],
    ["todo_write", { todos: [{ content: "a", status: "todo", extra: 1 }] }],
    ["apply_patch", { patchText: "nothing" }],
    ["oracle", { task: "x" }],
    ["constructor", {}],
  ])("knows no common form of %s %j", (name, input) => {
    expect(canonicalTool(name, input as never, notation)).toBeUndefined();
  });

  test("leaves a range that is none where it was", () => {
    const input = { path: "a", read_range: [0, 5] };
    expect(canonicalTool("Read", input, notation)).toEqual({
      kind: "read",
      path: "a",
      rest: { read_range: [0, 5] },
    });
  });

  test.each<[CanonicalTool, object | undefined]>([
    [
      { kind: "shell", command: "ls", timeoutMs: 5, description: "d", background: true },
      { name: "Bash", input: { cmd: "ls", timeout: 5, description: "d", run_in_background: true } },
    ],
    [
      { kind: "read", path: "a", startLine: 5 },
      { name: "Read", input: { path: "a", offset: 5 } },
    ],
    [
      { kind: "read", path: "a", lineCount: 3 },
      { name: "Read", input: { path: "a", read_range: [1, 3] } },
    ],
    [
      { kind: "view-image", path: "a.png" },
      { name: "Read", input: { path: "a.png" } },
    ],
    [
      { kind: "patch", text: "", changes: [{ op: "add", path: "a", content: "x\n" }] },
      { name: "create_file", input: { path: "a", content: "x\n" } },
    ],
    [
      {
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "a", hunks: [{ oldText: "x", newText: "y" }] }],
      },
      { name: "edit_file", input: { path: "a", old_str: "x", new_str: "y" } },
    ],
    [{ kind: "patch", text: "", changes: [{ op: "delete", path: "a" }] }, undefined],
    [
      {
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "a", hunks: [{ oldText: "", newText: "y" }] }],
      },
      undefined,
    ],
    [{ kind: "todo", items: [{ text: "a", status: "cancelled" }] }, undefined],
    [
      { kind: "todo", items: [{ text: "a", status: "pending" }] },
      { name: "todo_write", input: { todos: [{ content: "a", status: "todo" }] } },
    ],
    [{ kind: "web-fetch", prompt: "p" }, undefined],
    [{ kind: "list", path: "a" }, undefined],
    [{ kind: "mcp", server: "a.b", tool: "c", args: {} }, undefined],
  ])("writes %j as %j", (tool, call) => {
    expect(nativeCall(tool)).toEqual(call);
  });
});
