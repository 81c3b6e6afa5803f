import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject, JsonValue } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";
import { SETTINGS } from "./helpers.ts";

const PATCH = "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch";

const NATIVE: [string, JsonObject][] = [
  ["bash", { command: "ls", timeout: 1000, workdir: "/a", description: "d", odd: [1] }],
  ["read", { filePath: "/a", offset: 3, limit: 9 }],
  ["read", { filePath: "/a", offset: 0, limit: -2 }],
  ["write", { filePath: "/a", content: "" }],
  ["edit", { filePath: "/a", oldString: "x", newString: "", replaceAll: false }],
  ["apply_patch", { patchText: PATCH }],
  ["glob", { pattern: "*", path: "/a" }],
  ["grep", { pattern: "x", path: "/", include: "*.ts", limit: 3, literal: true }],
  ["webfetch", { url: "https://example.com", format: "markdown", timeout: 3 }],
  ["websearch", { query: "q", numResults: 3 }],
  ["todowrite", { todos: [{ content: "a", status: "in_progress", priority: "high" }] }],
  ["todowrite", { todos: [{ id: "1", content: "a", status: "cancelled", priority: "low" }] }],
  ["todowrite", { todos: [] }],
  ["task", { description: "d", prompt: "p", subagent_type: "explore", task_id: "ses_x" }],
  ["question", { questions: [{ question: "q", header: "h", options: [], multiple: true }] }],
];

/** What each agent claims to have a tool for. */
const KINDS = SETTINGS.map(({ registration }) => registration.capabilities.toolCalls.kinds);

describe("the agent's own calls", () => {
  test.each(NATIVE)("%s %j comes back as it was", (name, input) => {
    const tool = canonicalTool(name, input, parsePatch);
    expect(tool).toBeDefined();
    for (const kinds of KINDS) expect(kinds).toContain(tool!.kind);
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  test("tools of older versions are understood, and never written for another agent", () => {
    expect(canonicalTool("list", { path: "/a", ignore: ["b"] })).toEqual({
      kind: "list",
      path: "/a",
      rest: { ignore: ["b"] },
    });
    const edits = [{ oldString: "a", newString: "b" }];
    const multi = canonicalTool("multiedit", { filePath: "/a", edits });
    expect(multi).toEqual({ kind: "multi-edit", path: "/a", edits: [{ oldText: "a", newText: "b" }] });
    expect(nativeCall(multi!)).toBeUndefined();
    for (const kinds of KINDS) expect(kinds).not.toContain("list");
  });

  test("wrong types, missing arguments and unknown tools have no common form", () => {
    for (const [name, input] of [
      ["bash", { command: ["ls"] }],
      ["bash", {}],
      ["read", { filePath: 3 }],
      ["read", { filePath: "a", offset: "3" }],
      ["edit", { filePath: "a", oldString: "x" }],
      ["apply_patch", { patchText: "no patch" }],
      ["todowrite", { todos: [{ content: "a", status: "blocked" }] }],
      [
        "todowrite",
        {
          todos: [
            { content: "a", status: "pending" },
            { content: "b", status: "pending", id: "2" },
          ],
        },
      ],
      ["todowrite", { todos: [{ content: "a", status: "pending", priority: "x" }], priority: "y" }],
      ["constructor", {}],
      ["glob", "text"],
    ] as [string, JsonValue][])
      expect([name, input, canonicalTool(name, input, parsePatch)]).toEqual([name, input, undefined]);
  });

  test("whatever the arguments are, what has a common form comes back as it was", () => {
    const keys = NATIVE.flatMap(([, input]) => Object.keys(input));
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.jsonValue());
    const input = fc.dictionary(fc.constantFrom(...keys, "other"), value);
    fc.assert(
      fc.property(fc.constantFrom(...NATIVE.map(([name]) => name)), input, (name, found) => {
        const given = found as JsonObject;
        const tool = canonicalTool(name, given, parsePatch);
        if (tool !== undefined) expect(nativeCall(tool)).toEqual({ name, input: given });
      }),
    );
  });
});

describe("calls of other agents", () => {
  const CASES: [CanonicalTool, unknown][] = [
    [
      { kind: "shell", command: "ls", timeoutMs: 5, background: true, rest: { env: "x" } },
      { name: "bash", input: { command: "ls", timeout: 5, background: true, env: "x" } },
    ],
    [
      { kind: "view-image", path: "/a.png" },
      { name: "read", input: { filePath: "/a.png" } },
    ],
    [
      { kind: "todo", items: [{ text: "a", status: "pending" }], rest: { activeForm: ["Doing a"] } },
      { name: "todowrite", input: { todos: [{ content: "a", status: "pending" }], activeForm: ["Doing a"] } },
    ],
    [
      { kind: "web-fetch", url: "https://a.b", prompt: "sum up" },
      { name: "webfetch", input: { url: "https://a.b", prompt: "sum up" } },
    ],
    [{ kind: "web-fetch", prompt: "sum up" }, undefined],
    [
      { kind: "mcp", server: "my server", tool: "do.it", args: { x: 1 } },
      { name: "my_server_do_it", input: { x: 1 } },
    ],
    [{ kind: "mcp", server: "s".repeat(60), tool: "tool", args: {} }, undefined],
    [{ kind: "mcp", server: "s", tool: "t", args: "text" }, undefined],
    [{ kind: "list", path: "/" }, undefined],
    [{ kind: "multi-edit", path: "/", edits: [] }, undefined],
    [
      { kind: "patch", text: PATCH, changes: parsePatch(PATCH)! },
      { name: "apply_patch", input: { patchText: PATCH } },
    ],
  ];
  test.each(CASES)("%j", (tool, native) => {
    expect(nativeCall(tool)).toEqual(native);
  });

  test("a patch of older versions is one", () => {
    const older = canonicalTool("patch", { patchText: PATCH }, parsePatch);
    expect(older).toEqual(canonicalTool("apply_patch", { patchText: PATCH }, parsePatch));
    expect(older?.kind).toBe("patch");
  });

  test("a patch written by casr itself is one", () => {
    const text = formatPatch([{ op: "delete", path: "a" }]);
    expect(nativeCall({ kind: "patch", text, changes: [] })?.input).toEqual({ patchText: text });
  });
});
