import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalTool, JsonObject, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { formatPatch, parsePatch } from "../../../src/session/patch.ts";
import { createToolkit } from "../../../src/core/toolkit.ts";
import { frameRead, frameShell, unframeRead, unframeShell } from "../src/agent-frame.ts";
import { userTexts, wrapPrompt } from "../src/agent-text.ts";
import { callOf, resultOf } from "../src/editor-calls.ts";
import { toolFormerData } from "../src/editor-tools.ts";
import { pathOfUri, uriOfPath } from "../src/paths.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";
import { bytesField, fieldsOf, numberField } from "../src/wire.ts";

const toolkit = createToolkit(() => {});
const notation = { parsePatch, formatPatch };

/** Texts with what could be taken for framing. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        "\n```",
        "```\n",
        "\n\nCommand completed in 5 ms.",
        "Exit code: 0\n\nCommand output:\n\n```\n",
        "     1|a",
        "\n     2|b",
        "... 1 lines not shown ...\n",
        "</user_query>",
        "<user_query>\n",
        "<user_info>x</user_info>",
        '{"output":"x"}',
        '{"result":"x"}',
        "Error: x",
        "\n",
        "x",
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join("")),
);

describe("what the agent puts around a tool's answer", () => {
  it("comes off a command's output as it was put on", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -200, max: 300 }), fc.nat(100000), (payload, exitCode, ms) => {
        const framed = frameShell(payload, exitCode, ms);
        if (framed === undefined) return;
        expect(unframeShell(framed)).toEqual({ payload, exitCode, durationMs: ms });
      }),
    );
  });

  it("comes off a file's lines", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 2_000_000 }), (payload, start) => {
        expect(unframeRead(frameRead(payload, start))).toEqual({ payload });
      }),
    );
  });

  it("is not found where it is not", () => {
    expect(unframeShell("Exit code: 0")).toBeUndefined();
    expect(unframeRead("plain\n     1|x")).toBeUndefined();
    expect(unframeRead("     1|x\n     3|y")).toBeUndefined();
  });
});

describe("a prompt", () => {
  it("comes out of its element unchanged", () => {
    fc.assert(
      fc.property(text, (prompt) => {
        expect(userTexts(wrapPrompt(prompt))).toEqual([{ text: prompt, origin: "person" }]);
      }),
    );
  });

  it("is told from what stands around it", () => {
    expect(userTexts("<user_info>\nx</user_info>")).toEqual([]);
    expect(userTexts("<timestamp>t</timestamp>\n<user_query>\nhi\n</user_query>")).toEqual([
      { text: "hi", origin: "person" },
    ]);
    expect(userTexts("<attached_files>f</attached_files>\n<user_query>\nhi\n</user_query>")).toEqual([
      { text: "<attached_files>f</attached_files>", origin: "injected" },
      { text: "hi", origin: "person" },
    ]);
    expect(userTexts("<rules>never closed")).toEqual([]);
    expect(userTexts("a < b")).toEqual([{ text: "a < b", origin: "person" }]);
  });
});

const word = fc.string({ maxLength: 12 });
const place = fc.string({ minLength: 1, maxLength: 12 });
const rest = fc.option(
  fc.dictionary(fc.constantFrom("zeta", "other", "_x"), fc.jsonValue() as fc.Arbitrary<never>),
  {
    nil: undefined,
  },
);

/** Inputs of the agent's own tools, with arguments nobody knows among them. */
const input = (own: { [name: string]: fc.Arbitrary<unknown> }, requiredKeys: string[]) =>
  fc
    .tuple(fc.record(own, { requiredKeys }), rest)
    .map(([known, more]) => ({ ...more, ...known }) as unknown as JsonObject);
const CALLS: [name: string, input: fc.Arbitrary<JsonObject>][] = [
  [
    "Shell",
    input(
      {
        command: word,
        working_directory: place,
        timeout: fc.integer({ min: 1 }),
        description: word,
        is_background: fc.boolean(),
      },
      ["command"],
    ),
  ],
  [
    "Read",
    input({ path: word, offset: fc.integer({ min: -3, max: 9 }), limit: fc.integer({ min: -3, max: 9 }) }, [
      "path",
    ]),
  ],
  ["Write", input({ path: word, contents: word }, ["path", "contents"])],
  [
    "StrReplace",
    input({ path: word, old_string: word, new_string: word, replace_all: fc.boolean() }, [
      "path",
      "old_string",
      "new_string",
    ]),
  ],
  ["LS", input({ path: word, ignore: fc.array(word) }, ["path"])],
  ["Glob", input({ glob_pattern: word, target_directory: word }, ["glob_pattern"])],
  ["Grep", input({ pattern: word, path: word, glob: word, output_mode: word }, ["pattern"])],
  ["WebFetch", input({ url: word }, ["url"])],
  ["WebSearch", input({ search_term: word, explanation: word }, ["search_term"])],
  ["Task", input({ prompt: word, description: word, subagent_type: word, model: word }, ["prompt"])],
  ["AskQuestion", input({ questions: fc.array(fc.record({ prompt: word })) }, ["questions"])],
  [
    "CallMcpTool",
    input({ server: word, toolName: word, arguments: fc.record({ a: word }) }, [
      "server",
      "toolName",
      "arguments",
    ]),
  ],
];

describe("the table of tools", () => {
  it.each(CALLS)("gives %s back as it was", (name, inputs) => {
    fc.assert(
      fc.property(inputs, (given) => {
        const tool = canonicalTool(name, given, toolkit);
        expect(tool).toBeDefined();
        expect(nativeCall(tool!)).toEqual({ name, input: given });
      }),
    );
  });

  it("knows no tool by arguments of a wrong type, and none by a name of Object's", () => {
    expect(canonicalTool("Shell", { command: 1 }, toolkit)).toBeUndefined();
    expect(canonicalTool("Shell", ["x"], toolkit)).toBeUndefined();
    expect(canonicalTool("constructor", {}, toolkit)).toBeUndefined();
    expect(
      canonicalTool("TodoWrite", { todos: [{ id: "a", content: "x", status: "pending" }] }, toolkit),
    ).toBeUndefined();
    const todos = [{ id: "1", content: "x", status: "pending" }];
    const tool = canonicalTool("TodoWrite", { todos, merge: true }, toolkit);
    expect(nativeCall(tool!)).toEqual({ name: "TodoWrite", input: { merge: true, todos } });
  });

  it("takes a patch of one place as an edit", () => {
    const patch = "*** Begin Patch\n*** Update File: a.ts\n@@\n-old\n+new\n*** End Patch";
    const tool = canonicalTool("ApplyPatch", patch, notation) as CanonicalTool;
    expect(nativeCall(tool)).toEqual({
      name: "StrReplace",
      input: { path: "a.ts", old_string: "old", new_string: "new" },
    });
  });
});

describe("a call in the editor's bubble", () => {
  const calls: [string, JsonObject, CanonicalTool | undefined][] = [
    ["Shell", { command: "ls", working_directory: "/w", timeout: 5 }, { kind: "shell", command: "ls" }],
    ["Read", { path: "/w/a", offset: 2 }, { kind: "read", path: "/w/a" }],
    ["Grep", { pattern: "x" }, { kind: "grep", pattern: "x" }],
    ["Write", { path: "a", contents: "b" }, { kind: "write", path: "a", content: "b" }],
    ["exec_command", { cmd: "ls" }, undefined],
  ];
  it("comes back with its name, input and answer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...calls),
        text,
        fc.boolean(),
        fc.option(fc.integer({ min: -1, max: 3 }), { nil: undefined }),
        ([name, given, tool], payload, isError, exitCode) => {
          const foreign = tool === undefined ? { foreign: { provider: "codex", name } } : { tool };
          const call: ToolCallBlock = { type: "tool_call", id: "c", name, input: given, ...foreign };
          const content = payload === "" ? [] : [{ type: "text" as const, text: payload }];
          const isShell = tool?.kind === "shell";
          const result: ToolResultBlock = {
            type: "tool_result",
            callId: "c",
            content,
            isError,
            ...(isShell && exitCode !== undefined ? { exitCode } : {}),
          };
          const { data, mark } = toolFormerData(call, result, "r");
          const stored = JSON.parse(JSON.stringify(data)) as JsonObject;
          const back = callOf(stored, "x", mark, () => undefined, toolkit)!;
          expect(back).toMatchObject({ id: "c", name, input: given });
          expect(back.foreign).toEqual(call.foreign);
          expect(resultOf(stored, back)).toEqual(result);
        },
      ),
    );
  });
});

describe("the wire format", () => {
  it("gives back what was written, and never throws", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.maxSafeNat(),
        (number, bytes, value) => {
          const message = Buffer.concat([bytesField(number, bytes), numberField(number, value)]);
          const [first, second] = fieldsOf(message)!;
          expect(isDeepStrictEqual([...first!.bytes!], [...bytes])).toBe(true);
          expect(second).toMatchObject({ number, value: BigInt(value) });
          fieldsOf(bytes);
        },
      ),
    );
  });
});

describe("a folder as a URI", () => {
  it.each(["/w/demo", "/w/with space/ü#?%", "c:\\Users\\a b\\x"])("%s and back", (path) => {
    expect(pathOfUri(uriOfPath(path))).toBe(path);
  });
  it("of another machine is none", () => {
    expect(pathOfUri("vscode-remote://ssh-remote%2Bbox/w")).toBeUndefined();
    expect(pathOfUri("file:///%zz")).toBeUndefined();
  });
});

it.each<[string, JsonObject, unknown]>([
  [
    "read_file",
    { target_file: "a", start_line_one_indexed: 3, end_line_one_indexed_inclusive: 4 },
    { kind: "read", path: "a", startLine: 3, lineCount: 2 },
  ],
  [
    "read_file",
    {
      target_file: "a",
      should_read_entire_file: true,
      start_line_one_indexed: 1,
      end_line_one_indexed_inclusive: 4,
    },
    {
      kind: "read",
      path: "a",
      rest: { should_read_entire_file: true, start_line_one_indexed: 1, end_line_one_indexed_inclusive: 4 },
    },
  ],
  ["grep_search", { query: "x", include_pattern: "*.ts" }, { kind: "grep", pattern: "x", include: "*.ts" }],
  ["list_dir", { relative_workspace_path: "src" }, { kind: "list", path: "src" }],
  [
    "MultiEdit",
    { file_path: "a", edits: [{ old_string: "x", new_string: "y", replace_all: true }] },
    { kind: "multi-edit", path: "a", edits: [{ oldText: "x", newText: "y", replaceAll: true }] },
  ],
  ["MultiEdit", { file_path: "a", edits: [{ old_string: "x" }] }, undefined],
])("%s of older versions is understood: %j", (name, given, tool) => {
  expect(canonicalTool(name, given, toolkit)).toEqual(tool);
});
