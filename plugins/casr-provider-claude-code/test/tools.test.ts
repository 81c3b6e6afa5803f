import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { canonicalTool, foreignName, nativeCall } from "../src/tools.ts";

const NATIVE: [name: string, input: JsonObject][] = [
  [
    "Bash",
    {
      command: "make",
      description: "Build",
      timeout: 1000,
      run_in_background: true,
      dangerouslyDisableSandbox: false,
    },
  ],
  ["Read", { file_path: "/a", offset: 3, limit: 2, pages: "1-2" }],
  ["Write", { file_path: "/a", content: "" }],
  ["Edit", { replace_all: false, file_path: "/a", old_string: "x", new_string: "y" }],
  ["Edit", { file_path: "/a", old_string: "x", new_string: "y", expected: 1 }],
  [
    "MultiEdit",
    {
      file_path: "/a",
      edits: [
        { old_string: "x", new_string: "y" },
        { old_string: "p", new_string: "q", replace_all: true },
      ],
    },
  ],
  ["LS", { path: "/a", ignore: ["b"] }],
  ["Glob", { pattern: "**/*.js", path: "/a" }],
  ["Grep", { pattern: "x", path: "/a", glob: "*.js", output_mode: "content", "-n": true }],
  ["WebFetch", { url: "https://example.org", prompt: "sum up" }],
  ["WebSearch", { query: "x", allowed_domains: ["example.org"] }],
  ["TodoWrite", { todos: [{ content: "a", status: "pending", activeForm: "doing a" }] }],
  ["TodoWrite", { todos: [{ content: "a", status: "completed", priority: "high", id: "1" }] }],
  ["Agent", { description: "d", prompt: "p", subagent_type: "Explore", run_in_background: false }],
  ["AskUserQuestion", { questions: [{ question: "q", header: "h", options: [], multiSelect: false }] }],
  ["mcp__docs__find", { query: "x" }],
];

describe("the tool table", () => {
  it.each(NATIVE)("%s keeps all arguments on the way there and back", (name, input) => {
    const tool = canonicalTool(name, input);
    expect(tool).toBeDefined();
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  it("sees the older name of subagent calls", () => {
    expect(canonicalTool("Task", { description: "d", prompt: "p" })).toEqual({
      kind: "task",
      description: "d",
      prompt: "p",
    });
  });

  it.each([
    ["Bash", { command: ["ls"] }],
    ["Read", { file_path: "/a", offset: "3" }],
    ["Edit", { file_path: "/a", old_string: "x" }],
    ["MultiEdit", { file_path: "/a", edits: ["x"] }],
    ["TodoWrite", { todos: [{ content: "a", status: "later" }] }],
    [
      "TodoWrite",
      {
        todos: [
          { content: "a", status: "pending", activeForm: "x" },
          { content: "b", status: "pending" },
        ],
      },
    ],
    ["WebFetch", { url: "https://example.org" }],
    ["TaskCreate", { subject: "x" }],
    ["constructor", {}],
  ] as [string, JsonObject][])("leaves %s with odd arguments alone", (name, input) => {
    expect(canonicalTool(name, input)).toBeUndefined();
  });

  it("turns patches of one file into its own edits", () => {
    const hunk = { oldText: "a", newText: "b" };
    const patch = (changes: Parameters<typeof nativeCall>[0] & { kind: "patch" }) => nativeCall(changes);
    expect(patch({ kind: "patch", text: "", changes: [{ op: "add", path: "/a", content: "x\n" }] })).toEqual({
      name: "Write",
      input: { file_path: "/a", content: "x\n" },
    });
    expect(
      patch({ kind: "patch", text: "", changes: [{ op: "update", path: "/a", hunks: [hunk] }] }),
    ).toEqual({ name: "Edit", input: { file_path: "/a", old_string: "a", new_string: "b" } });
    expect(
      patch({ kind: "patch", text: "", changes: [{ op: "update", path: "/a", hunks: [hunk, hunk] }] })?.name,
    ).toBe("MultiEdit");
    expect(
      patch({
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "/a", movePath: "/b", hunks: [hunk] }],
      }),
    ).toBeUndefined();
    expect(patch({ kind: "patch", text: "", changes: [{ op: "delete", path: "/a" }] })).toBeUndefined();
    expect(
      patch({
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "/a", hunks: [{ oldText: "", newText: "b" }] }],
      }),
    ).toBeUndefined();
  });

  it("keeps further arguments visible without replacing its own", () => {
    const call = nativeCall({
      kind: "shell",
      command: "ls",
      workdir: "/w",
      rest: { command: "evil", yield_time_ms: 5 },
    });
    expect(call).toEqual({ name: "Bash", input: { command: "ls", workdir: "/w", yield_time_ms: 5 } });
  });

  it("shows other agents' tools as tools of a server", () => {
    expect(foreignName("view plan", "codex")).toBe("mcp__codex__view_plan");
    expect(foreignName("TaskCreate", "claude-code")).toBe("TaskCreate");
  });
});
