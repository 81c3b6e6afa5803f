import { describe, expect, it } from "vitest";
import type { WireItem } from "../../src/probe/index.ts";
import type { JsonValue } from "../../src/session/json.ts";
import { compare } from "../agents/compare/compare.ts";
import type { Comparison } from "../agents/compare/comparison.ts";

const user = (text: string): WireItem => ({ kind: "user", text });
const assistant = (text: string): WireItem => ({ kind: "assistant", text });
const call = (id: string, name: string, input: JsonValue): WireItem => ({ kind: "call", id, name, input });
const result = (callId: string, text: string, isError?: boolean): WireItem => ({
  kind: "result",
  callId,
  text,
  images: [],
  isError,
});
const image = (digest: string) => ({ mediaType: "image/png", digest, bytes: 1 });

function judge(
  source: WireItem[],
  target: WireItem[],
  agents: [string, string] = ["codex", "claude-code"],
): Comparison {
  return compare({
    source: { agent: agents[0], items: source },
    target: { agent: agents[1], items: target },
    cwd: "/home/dev/projects/app",
  });
}

/** Everything that is not as it should be. */
function problems(comparison: Comparison): string[] {
  const kinds = Object.entries(comparison.scores).filter(([, score]) => score.found < score.wanted);
  const lists = (["invented", "extra", "broken"] as const).filter((key) => comparison[key].length > 0);
  return [...kinds.map(([kind]) => kind), ...lists].sort();
}

/** A conversation around one call. */
function around(toolCall: WireItem, ...answers: WireItem[]): WireItem[] {
  return [user("go"), toolCall, ...answers, assistant("done")];
}

describe("texts", () => {
  const source = [user("one\n\ntwo"), assistant("three")];

  it("are found in merged messages and miss nothing when equal", () => {
    expect(problems(judge(source, source))).toEqual([]);
    expect(problems(judge([user("a"), user("b")], [user("a\n\nb\n")]))).toEqual([]);
  });

  it("are missed, with the first differing character, when changed", () => {
    const comparison = judge(source, [user("one\n\ntwO"), assistant("three")]);
    expect(problems(comparison)).toEqual(["invented", "user"]);
    expect(comparison.differences.user).toContain("character 7");
  });

  it("do not count as found inside another line", () => {
    expect(problems(judge([user("ok")], [user("okay then")]))).toEqual(["invented", "user"]);
  });

  it("count as often as they occur", () => {
    expect(problems(judge([user("go"), assistant("a"), user("go")], [user("go"), assistant("a")]))).toEqual([
      "user",
    ]);
    expect(problems(judge([user("go"), assistant("a")], [user("go"), assistant("a"), user("go")]))).toEqual([
      "invented",
    ]);
  });

  it("are compared by speaker and in order", () => {
    expect(problems(judge([user("a"), assistant("b")], [user("b"), assistant("a")]))).toContain("user");
    expect(
      problems(judge([user("a"), assistant("x"), user("b")], [user("b"), assistant("x"), user("a")])),
    ).toEqual(["order"]);
  });

  it("that only the source's files hold are extra, not invented", () => {
    const comparison = compare({
      source: { agent: "gemini", items: [user("a")] },
      target: { agent: "codex", items: [user("a"), user("rewound")] },
      cwd: "/",
      inSource: (text) => text === "rewound",
    });
    expect(problems(comparison)).toEqual(["extra"]);
  });

  it("may show reasoning that the target cannot replay", () => {
    const thought: WireItem = { kind: "reasoning", text: "Hm.", readable: true };
    const shown = judge(
      [user("a"), thought, assistant("b")],
      [user("a"), assistant("<thinking>\nHm.\n</thinking>"), assistant("b")],
    );
    expect(problems(shown)).toEqual([]);
    expect(problems(judge([user("a"), thought, assistant("b")], [user("a"), assistant("b")]))).toEqual([
      "reasoning",
    ]);
  });
});

describe("calls in the target's own tools", () => {
  const same: [string, WireItem, WireItem][] = [
    [
      "shell",
      call("a", "exec_command", { cmd: "ls -la", workdir: "/x" }),
      call("a", "Bash", { command: "ls -la" }),
    ],
    [
      "shell by vector",
      call("a", "shell", { command: ["bash", "-lc", "ls"] }),
      call("b", "run_shell_command", { command: "ls" }),
    ],
    [
      "read",
      call("a", "Read", { file_path: "/home/dev/projects/app/x", offset: 5, limit: 3 }),
      call("a", "read_file", { file_path: "x", start_line: 5, end_line: 7 }),
    ],
    [
      "edit",
      call("a", "Edit", { file_path: "/f", old_string: "a", new_string: "b" }),
      call("a", "replace", { file_path: "/f", old_string: "a", new_string: "b", instruction: "i" }),
    ],
    [
      "patch",
      call("a", "apply_patch", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch\n"),
      call("a", "Edit", { file_path: "/home/dev/projects/app/f", old_string: "a", new_string: "b" }),
    ],
    [
      "kept patch",
      call("a", "apply_patch", "*** Begin Patch\n*** Delete File: f\n*** End Patch"),
      call("a", "mcp__codex__apply_patch", { input: "*** Begin Patch\n*** Delete File: f\n*** End Patch" }),
    ],
    [
      "todo",
      call("a", "update_plan", { plan: [{ step: "x", status: "pending" }] }),
      call("a", "TodoWrite", { todos: [{ content: "x", status: "pending", activeForm: "x" }] }),
    ],
    [
      "namespaced",
      call("a", "clock.sleep", { duration_ms: 300 }),
      call("a", "mcp__codex__clock_sleep", { duration_ms: 300 }),
    ],
    ["unknown", call("a", "NoSuchTool", { a: 1, b: ["x"] }), call("a", "NoSuchTool", { a: 1, b: ["x"] })],
  ];

  it.each(same)("%s", (_, from, to) => {
    const [sourceCall, targetCall] = [from as { id: string }, to as { id: string }];
    expect(
      problems(
        judge(around(from, result(sourceCall.id, "x")), around(to, result(targetCall.id, "x", false))),
      ),
    ).toEqual([]);
  });

  const different: [string, WireItem, WireItem][] = [
    ["another command", call("a", "exec_command", { cmd: "ls" }), call("a", "Bash", { command: "ls -la" })],
    [
      "another range",
      call("a", "Read", { file_path: "/x", offset: 5 }),
      call("a", "read_file", { file_path: "/x" }),
    ],
    [
      "another text",
      call("a", "Edit", { file_path: "/f", old_string: "a", new_string: "b" }),
      call("a", "replace", { file_path: "/f", old_string: "a", new_string: "c" }),
    ],
    ["a lost argument", call("a", "NoSuchTool", { a: 1, b: "x" }), call("a", "NoSuchTool", { b: "x" })],
    ["another tool", call("a", "glob", { pattern: "*" }), call("a", "grep", { pattern: "*" })],
  ];

  it.each(different)("%s is a difference", (_, from, to) => {
    const found = problems(judge(around(from, result("a", "x")), around(to, result("a", "x", false))));
    expect(found).toEqual(["call", "invented", "result"]);
  });

  it("takes a patch of two files for two edits", () => {
    const patch = "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** Add File: g\n+c\n*** End Patch";
    const edit = call("e", "Edit", {
      file_path: "/home/dev/projects/app/f",
      old_string: "a",
      new_string: "b",
    });
    const write = call("w", "Write", { file_path: "/home/dev/projects/app/g", content: "c\n" });
    const target = around(edit, write, result("e", "ok", false), result("w", "ok", false));
    expect(problems(judge(around(call("p", "apply_patch", patch), result("p", "ok")), target))).toEqual([]);
  });

  it("finds calls that are missing, invented or unanswered", () => {
    const source = around(call("a", "Bash", { command: "ls" }), result("a", "x"));
    expect(problems(judge(source, [user("go"), assistant("done")]))).toEqual(["call", "result"]);
    expect(problems(judge([user("go"), assistant("done")], source))).toEqual(["invented"]);
    expect(problems(judge(source, around(call("a", "Bash", { command: "ls" }))))).toEqual([
      "broken",
      "result",
    ]);
    const twice = around(call("a", "Bash", { command: "ls" }), result("a", "x"), result("a", "x"));
    expect(problems(judge(source, twice))).toEqual(["broken"]);
  });
});

describe("results", () => {
  const withAnswer = (text: string, isError?: boolean) =>
    around(call("a", "Bash", { command: "x" }), result("a", text, isError));

  it.each([
    [
      "Codex exec",
      "Chunk ID: 06a758\nWall time: 0.0000 seconds\nProcess exited with code 0\nOriginal token count: 9\nOutput:\nhello\n",
      "hello",
    ],
    ["Codex JSON", '{"output":"hello\\n","metadata":{"exit_code":0,"duration_seconds":0.0}}', "hello"],
    [
      "Gemini shell",
      "hello",
      "<untrusted_context>\nOutput: hello\nProcess Group PGID: 12\n</untrusted_context>",
    ],
    [
      "Gemini silence",
      "(Bash completed with no output)",
      "<untrusted_context>\nOutput: (empty)\nProcess Group PGID: 12\n</untrusted_context>",
    ],
    ["line numbers", "1\tone\n2\ttwo", "one\ntwo"],
    ["old line numbers", "     1→one\n     2→two", "1\tone\n2\ttwo"],
    ["harness error", "<tool_use_error>no</tool_use_error>", "no"],
  ])("%s framing is no difference", (_, from, to) => {
    expect(problems(judge(withAnswer(from), withAnswer(to)))).toEqual([]);
  });

  it("must say the same and stand under the same call", () => {
    expect(problems(judge(withAnswer("hello"), withAnswer("hallo")))).toEqual(["result"]);
    const two = (first: string, second: string) => [
      call("a", "Bash", { command: "x" }),
      call("b", "Bash", { command: "y" }),
      result("a", first),
      result("b", second),
    ];
    expect(problems(judge(two("x", "y"), two("y", "x")))).toEqual(["result"]);
  });

  it("may be longer where the source agent cuts on sending", () => {
    expect(
      problems(judge(withAnswer("head…45000 tokens truncated…tail"), withAnswer("head and much more tail"))),
    ).toEqual([]);
    expect(
      problems(judge(withAnswer("head…45000 tokens truncated…tail"), withAnswer("another tail"))),
    ).toEqual(["result"]);
  });

  it("may be gathered behind parallel calls, but not behind the next text", () => {
    const one = [
      call("a", "Bash", { command: "x" }),
      result("a", "1"),
      call("b", "Bash", { command: "y" }),
      result("b", "2"),
      assistant("z"),
    ];
    const gathered = [one[0]!, one[2]!, one[1]!, one[3]!, one[4]!];
    expect(problems(judge(one, gathered))).toEqual([]);
    expect(problems(judge(one, [one[0]!, one[2]!, one[3]!, one[4]!, one[1]!]))).toEqual(["order"]);
  });

  it("keep what they say about failure", () => {
    const failed =
      "Chunk ID: 1\nWall time: 0 seconds\nProcess exited with code 3\nOriginal token count: 1\nOutput:\nno";
    expect(problems(judge(withAnswer(failed), withAnswer("Exit code 3\nno", true)))).toEqual([]);
    expect(problems(judge(withAnswer(failed), withAnswer("no", false)))).toEqual(["error"]);
    expect(problems(judge(withAnswer(failed), withAnswer("Exit code 1\nno", true)))).toEqual(["error"]);
    expect(problems(judge(withAnswer("fine", false), withAnswer("fine", true)))).toEqual(["error"]);
  });

  it("need words for failure where there is no flag", () => {
    expect(problems(judge(withAnswer("a.txt", true), withAnswer("a.txt"), ["claude-code", "codex"]))).toEqual(
      ["error"],
    );
    expect(
      problems(
        judge(withAnswer("File does not exist.", true), withAnswer("File does not exist."), [
          "claude-code",
          "codex",
        ]),
      ),
    ).toEqual([]);
  });

  it("of a call that answers twice may be joined", () => {
    const source = around(call("a", "exec", "x()"), result("a", "first"), result("a", "half way"));
    const target = around(call("a", "exec", { input: "x()" }), result("a", "first\nhalf way", false));
    expect(problems(judge(source, target))).toEqual([]);
  });
});

describe("images", () => {
  it("are compared by what they show", () => {
    const shown = (digest: string): WireItem[] => [
      { kind: "image", role: "user", image: image(digest) },
      user("look"),
      assistant("yes"),
    ];
    expect(problems(judge(shown("a"), [shown("a")[1]!, shown("a")[0]!, assistant("yes")]))).toEqual([]);
    expect(problems(judge(shown("a"), shown("b")))).toEqual(["image", "invented"]);
  });

  it("may move between an answer and the message behind it", () => {
    const source = around(call("a", "view_image", { path: "p" }), {
      ...(result("a", "") as object),
      images: [image("d")],
    } as WireItem);
    const target = around(call("a", "view_image", { path: "p" }), result("a", ""), {
      kind: "image",
      role: "user",
      image: image("d"),
    });
    const comparison = judge(source, target);
    expect(problems(comparison)).toEqual([]);
    expect(comparison.notes).toContain("a tool's image is sent as the person's");
  });
});
