import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalTool, JsonValue } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { registration } from "../src/hook.ts";
import { commandLine, toCanonical, toNative } from "../src/tools.ts";

const notation = { formatPatch, parsePatch };
const patch = "*** Begin Patch\n*** Update File: a.js\n@@\n-x\n+y\n*** End Patch\n";

describe("Codex's calls in the common vocabulary", () => {
  const calls: [string, JsonValue, string][] = [
    ["exec_command", { cmd: "ls", workdir: "/x", yield_time_ms: 100 }, "shell"],
    ["shell", { command: ["bash", "-lc", "ls | wc"], timeout_ms: 5 }, "shell"],
    ["shell_command", { command: "ls", workdir: "/x", timeout_ms: 5, login: true }, "shell"],
    [
      "local_shell",
      { type: "exec", command: ["ls", "-l"], working_directory: "/x", timeout_ms: null, env: null },
      "shell",
    ],
    ["apply_patch", patch, "patch"],
    ["update_plan", { plan: [{ step: "a", status: "pending" }], explanation: "b" }, "todo"],
    ["view_image", { path: "a.png", detail: "high" }, "view-image"],
    ["request_user_input", { questions: [{ id: "q" }] }, "ask-user"],
    ["mcp__srv__tool", { a: [1, null] }, "mcp"],
    ["web_search", { type: "search", query: "q" }, "web-search"],
    ["collaboration__spawn_agent", { task_name: "t", message: "m", fork_turns: "none" }, "task"],
  ];
  it.each(calls)("%s", (name, input, kind) => {
    const tool = toCanonical(name, input, notation);
    expect(tool?.kind).toBe(kind);
    // Old versions' `shell_command` comes back as today's tool.
    const same = kind !== "web-search" && kind !== "task" && name !== "shell_command";
    if (same) expect(toNative(tool!, notation)).toEqual({ name, input });
  });

  it.each<[string, JsonValue]>([
    ["exec_command", { command: "ls" }],
    ["exec_command", { cmd: ["ls"] }],
    ["exec_command", { cmd: "ls", workdir: 7 }],
    ["shell", { command: [1] }],
    ["update_plan", { plan: [{ step: "a", status: "cancelled" }] }],
    ["update_plan", { plan: [{ step: "a", status: "pending", extra: 1 }] }],
    ["apply_patch", "no patch"],
    ["exec", "text(1)"],
    ["unknown", {}],
    ["view_image", null],
  ])("does not guess: %s %j", (name, input) => {
    expect(toCanonical(name, input, notation)).toBeUndefined();
  });

  it("gives the same input back for any arguments it takes", () => {
    const key = fc.constantFrom(
      "cmd",
      "workdir",
      "timeout_ms",
      "description",
      "background",
      "command",
      "path",
      "plan",
      "zz",
    );
    const names = fc.constantFrom(
      "exec_command",
      "shell",
      "view_image",
      "update_plan",
      "request_user_input",
      "mcp__a__b",
    );
    fc.assert(
      fc.property(names, fc.dictionary(key, fc.jsonValue() as fc.Arbitrary<JsonValue>), (name, input) => {
        const tool = toCanonical(name, input, notation);
        if (tool !== undefined) expect(toNative(tool, notation)).toEqual({ name, input });
      }),
    );
  });
});

describe("other agents' calls as Codex's", () => {
  it.each<[CanonicalTool, unknown]>([
    [
      { kind: "shell", command: "ls", description: "list", timeoutMs: 9, rest: { cmd: "hidden", other: 1 } },
      { name: "exec_command", input: { cmd: "ls", timeout_ms: 9, description: "list", other: 1 } },
    ],
    [
      { kind: "write", path: "/a", content: "x\ny\n" },
      { name: "apply_patch", input: "*** Begin Patch\n*** Add File: /a\n+x\n+y\n*** End Patch" },
    ],
    [
      { kind: "edit", path: "/a", edit: { oldText: "a\nb", newText: "a\nc" } },
      { name: "apply_patch", input: "*** Begin Patch\n*** Update File: /a\n@@\n a\n-b\n+c\n*** End Patch" },
    ],
    [
      { kind: "edit", path: "/a", edit: { oldText: "  a", newText: "  b" } },
      { name: "apply_patch", input: "*** Begin Patch\n*** Update File: /a\n@@\n-  a\n+  b\n*** End Patch" },
    ],
    [
      { kind: "edit", path: "/a", edit: { oldText: " a\n b\n", newText: " a\n" } },
      { name: "apply_patch", input: "*** Begin Patch\n*** Update File: /a\n@@\n  a\n- b\n*** End Patch" },
    ],
    [
      { kind: "todo", items: [{ text: "a", status: "completed" }] },
      { name: "update_plan", input: { plan: [{ step: "a", status: "completed" }] } },
    ],
    [
      { kind: "mcp", server: "s", tool: "t", args: { a: 1 } },
      { name: "mcp__s__t", input: { a: 1 } },
    ],
  ])("%j", (tool, native) => {
    expect(toNative(tool, notation)).toEqual(native);
  });

  it.each<CanonicalTool>([
    { kind: "write", path: "/a", content: "no line end" },
    { kind: "write", path: "/a", content: "a\r\nb\n" },
    { kind: "write", path: "/a", content: "x\n", rest: { mode: 7 } },
    { kind: "edit", path: "/a", edit: { oldText: "", newText: "x" } },
    { kind: "edit", path: "/a", edit: { oldText: "  x", newText: "  y", replaceAll: true } },
    // These may be parts of lines.
    { kind: "edit", path: "/a", edit: { oldText: "x", newText: "y" } },
    { kind: "edit", path: "/a", edit: { oldText: "let x = 0;\n  x += 1;", newText: "  x = 1;" } },
    { kind: "edit", path: "/a", edit: { oldText: "  x\n", newText: "  y" } },
    { kind: "read", path: "/a" },
    { kind: "grep", pattern: "x" },
    { kind: "todo", items: [{ text: "a", status: "cancelled" }] },
  ])("has none for %j", (tool) => {
    expect(toNative(tool, notation)).toBeUndefined();
  });

  it("claims the kinds it can write", () => {
    expect(registration.capabilities.toolCalls.kinds.toSorted()).toEqual([
      "ask-user",
      "edit",
      "mcp",
      "multi-edit",
      "patch",
      "shell",
      "todo",
      "view-image",
      "write",
    ]);
  });
});

it("shows an argument vector as one line", () => {
  expect(commandLine(["bash", "-lc", "a | b"])).toBe("a | b");
  expect(commandLine(["echo", "it's", "a b"])).toBe("echo 'it'\\''s' 'a b'");
});
