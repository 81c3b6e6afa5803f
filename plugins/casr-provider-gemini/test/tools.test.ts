import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject } from "casr-cli/provider";
import { canonicalTool, nativeCall } from "../src/tools.ts";
import { registration } from "../src/hook.ts";

const NATIVE: [string, JsonObject][] = [
  [
    "run_shell_command",
    {
      command: "ls",
      description: "d",
      dir_path: "src",
      is_background: false,
      delay_ms: 5,
      wait_for_previous: true,
    },
  ],
  ["read_file", { file_path: "a", start_line: 3, end_line: 9 }],
  ["read_file", { file_path: "a", end_line: 9 }],
  ["read_file", { file_path: "a", start_line: 2 }],
  ["write_file", { file_path: "a", content: "" }],
  ["replace", { file_path: "a", instruction: "i", old_string: "x", new_string: "y", allow_multiple: true }],
  ["replace", { file_path: "a", old_string: "x", new_string: "y", expected_replacements: 3 }],
  ["list_directory", { dir_path: ".", ignore: ["a"], file_filtering_options: { respect_git_ignore: true } }],
  ["glob", { pattern: "*", dir_path: "a", case_sensitive: true }],
  ["grep_search", { pattern: "x", dir_path: ".", include_pattern: "*.ts", names_only: true }],
  ["web_fetch", { prompt: "Sum up https://example.com/a." }],
  ["google_web_search", { query: "q" }],
  ["write_todos", { todos: [{ description: "a", status: "in_progress" }] }],
  ["invoke_agent", { agent_name: "generalist", prompt: "p" }],
  ["ask_user", { questions: [{ question: "q", header: "h", type: "choice", options: [] }] }],
  ["mcp_server_the_tool", { x: 1 }],
];

describe("the CLI's own calls", () => {
  test.each(NATIVE)("%s %j comes back as it was", (name, input) => {
    const tool = canonicalTool(name, input);
    expect(tool).toBeDefined();
    expect(registration.capabilities.toolCalls.kinds).toContain(tool!.kind);
    expect(nativeCall(tool!)).toEqual({ name, input });
  });

  test("older argument names are understood", () => {
    expect(canonicalTool("read_file", { absolute_path: "/a", offset: 4, limit: 10 })).toEqual({
      kind: "read",
      path: "/a",
      startLine: 5,
      lineCount: 10,
    });
    expect(canonicalTool("list_directory", { path: "/a" })).toEqual({ kind: "list", path: "/a" });
    expect(canonicalTool("search_file_content", { pattern: "p", path: "/a", include: "*.c" })).toEqual({
      kind: "grep",
      pattern: "p",
      path: "/a",
      include: "*.c",
    });
    expect(canonicalTool("run_shell_command", { command: "c", directory: "d" })).toEqual({
      kind: "shell",
      command: "c",
      workdir: "d",
    });
  });

  test("a wrong type, a missing argument or an unknown tool gives no common form", () => {
    expect(canonicalTool("read_file", { file_path: 3 })).toBeUndefined();
    expect(canonicalTool("read_file", { file_path: "a", start_line: "3" })).toBeUndefined();
    expect(canonicalTool("read_file", { file_path: "a", start_line: 5, end_line: 2 })).toBeUndefined();
    expect(canonicalTool("write_file", { file_path: "a" })).toBeUndefined();
    expect(
      canonicalTool("write_todos", { todos: [{ description: "a", status: "blocked" }] }),
    ).toBeUndefined();
    expect(canonicalTool("update_topic", { title: "t" })).toBeUndefined();
    expect(canonicalTool("constructor", {})).toBeUndefined();
    expect(canonicalTool("glob", "text")).toBeUndefined();
  });

  test("the label beside a call tells a server's name with underscores", () => {
    expect(canonicalTool("mcp_my_server_tool", {}, "tool (my_server MCP Server)")).toMatchObject({
      server: "my_server",
      tool: "tool",
    });
    expect(canonicalTool("mcp_my_server_tool", {})).toMatchObject({ server: "my", tool: "server_tool" });
  });

  test("where the label is gone, the servers of other calls tell, the longest first", () => {
    const servers = new Set(["my", "my_server"]);
    const parts = (name: string): unknown => canonicalTool(name, {}, undefined, servers);
    expect(parts("mcp_my_server_tool")).toMatchObject({ server: "my_server", tool: "tool" });
    expect(parts("mcp_my_tool")).toMatchObject({ server: "my", tool: "tool" });
    expect(parts("mcp_other_tool")).toMatchObject({ server: "other", tool: "tool" });
  });

  test("0.30: MCP tools have their own name, or the server's in front where two have the same", () => {
    const label = "get-weather (qa MCP Server)";
    const tool = { kind: "mcp", server: "qa", tool: "get-weather", args: { q: "x" } };
    expect(canonicalTool("get-weather", { q: "x" }, label)).toEqual(tool);
    expect(canonicalTool("qa__get-weather", { q: "x" }, label)).toEqual(tool);
    expect(canonicalTool("get-weather", { q: "x" }, "get-weather")).toBeUndefined();
  });

  test("the address in a web_fetch prompt is found", () => {
    expect(canonicalTool("web_fetch", { prompt: "Read (https://example.com/a), then" })).toMatchObject({
      url: "https://example.com/a",
    });
  });
});

describe("calls of other agents", () => {
  const cases: [CanonicalTool, { name: string; input: JsonObject } | undefined][] = [
    [
      { kind: "shell", command: "c", timeoutMs: 5, rest: { sandbox: true } },
      { name: "run_shell_command", input: { command: "c", timeout: 5, sandbox: true } },
    ],
    [
      { kind: "read", path: "a", startLine: 10, lineCount: 5 },
      { name: "read_file", input: { file_path: "a", start_line: 10, end_line: 14 } },
    ],
    [
      { kind: "view-image", path: "a.png" },
      { name: "read_file", input: { file_path: "a.png" } },
    ],
    [{ kind: "multi-edit", path: "a", edits: [] }, undefined],
    [
      { kind: "patch", text: "", changes: [{ op: "add", path: "a", content: "c" }] },
      { name: "write_file", input: { file_path: "a", content: "c" } },
    ],
    [
      {
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "a", hunks: [{ oldText: "x", newText: "y" }] }],
      },
      { name: "replace", input: { file_path: "a", old_string: "x", new_string: "y" } },
    ],
    [
      {
        kind: "patch",
        text: "",
        changes: [{ op: "update", path: "a", movePath: "b", hunks: [{ oldText: "x", newText: "y" }] }],
      },
      undefined,
    ],
    [{ kind: "patch", text: "", changes: [{ op: "delete", path: "a" }] }, undefined],
    [
      { kind: "web-fetch", url: "https://e.com", prompt: "sum up" },
      { name: "web_fetch", input: { prompt: "sum up\nhttps://e.com" } },
    ],
    [{ kind: "web-fetch", prompt: "no address" }, undefined],
    [
      { kind: "task", prompt: "p", description: "d", agent: "Explore" },
      { name: "invoke_agent", input: { agent_name: "Explore", prompt: "p", description: "d" } },
    ],
    [{ kind: "task", prompt: "p" }, undefined],
    [{ kind: "mcp", server: "s", tool: "t", args: "text" }, undefined],
    [{ kind: "mcp", server: "s".repeat(70), tool: "t", args: {} }, undefined],
  ];
  test.each(cases)("%j", (tool, expected) => {
    expect(nativeCall(tool)).toEqual(expected);
  });
});
