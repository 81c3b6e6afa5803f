import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "casr-cli/provider";
import { cutText } from "../src/estimate.ts";
import { frame, number, unframe, unnumber } from "../src/frame.ts";
import { selectKept } from "../src/kept.ts";
import { workspaceKey } from "../src/paths.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";

describe("frames", () => {
  const text = fc
    .string({ unit: "binary" })
    .filter((value) => value !== "Command executed successfully." && !value.startsWith("Process exited"));

  it("of commands come off as they were put on", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 255 }), (payload, exitCode) => {
        expect(unframe(frame({ text: payload, exitCode }), true)).toEqual({ text: payload, exitCode });
        expect(unframe(frame({ text: payload }), false)).toEqual({ text: payload });
      }),
    );
  });

  it("of files are numbers in front of lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.integer({ min: 1, max: 1e6 }),
        (lines, first) => {
          const payload = lines.join("\n");
          expect(unnumber(number(payload, first))).toBe(payload);
        },
      ),
    );
    for (const other of ["1\ta\n3\tb", "x", "01\ta", ""]) expect(unnumber(other)).toBeUndefined();
  });
});

describe("the tools", () => {
  const some = (members: Record<string, fc.Arbitrary<JsonValue>>, requiredKeys: string[]) =>
    fc.record(members, { requiredKeys }) as fc.Arbitrary<JsonObject>;
  const text = fc.string();
  const todo = fc.record({ title: text, status: fc.constantFrom("pending", "in_progress", "done") });
  const inputs: [string, fc.Arbitrary<JsonObject>][] = [
    [
      "Bash",
      some(
        {
          command: text,
          cwd: text,
          timeout: fc.integer(),
          description: text,
          run_in_background: fc.boolean(),
          disable_timeout: fc.boolean(),
        },
        ["command"],
      ),
    ],
    [
      "Read",
      some({ path: text, line_offset: fc.integer(), n_lines: fc.integer(), max_chars: fc.integer() }, [
        "path",
      ]),
    ],
    ["Write", some({ path: text, content: text }, ["path", "content"])],
    [
      "Edit",
      some(
        { path: text, old_string: fc.string({ minLength: 1 }), new_string: text, replace_all: fc.boolean() },
        ["path", "old_string", "new_string"],
      ),
    ],
    ["Glob", some({ pattern: text, path: text, head_limit: fc.integer() }, ["pattern"])],
    ["Grep", some({ pattern: text, path: text, glob: text, "-i": fc.boolean() }, ["pattern"])],
    ["FetchURL", some({ url: text }, ["url"])],
    ["WebSearch", some({ query: text }, ["query"])],
    ["TodoList", some({ todos: fc.array(todo) as fc.Arbitrary<JsonValue> }, ["todos"])],
    ["Agent", some({ prompt: text, description: text, subagent_type: text, resume: text }, ["prompt"])],
    ["ReadMediaFile", some({ path: text }, ["path"])],
    ["mcp__a__b", some({ x: text }, [])],
  ];
  it.each(inputs)("%s goes there and back", (name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (input) => {
        expect(nativeCall(canonicalTool(name, input)!)).toEqual({ name, input });
      }),
    );
  });

  it("of kimi-cli become those of today", () => {
    const there = (name: string, input: JsonObject) => nativeCall(canonicalTool(name, input)!);
    expect(there("Shell", { command: "ls", timeout: 5 })).toEqual({
      name: "Bash",
      input: { command: "ls", timeout: 5 },
    });
    expect(there("StrReplaceFile", { path: "a", edit: { old: "x", new: "y" } })).toEqual({
      name: "Edit",
      input: { path: "a", old_string: "x", new_string: "y" },
    });
    expect(there("SetTodoList", { todos: [{ title: "t", status: "done" }] })?.name).toBe("TodoList");
  });

  it("have no form for wrong types and for what Kimi Code cannot say", () => {
    const wrong: [string, JsonValue][] = [
      ["Bash", { command: 1 }],
      ["Edit", { path: "a", old_string: "x" }],
      ["Write", { path: "a", content: "b", mode: "append" }],
      ["TodoList", { todos: [{ title: "t", status: "odd" }] }],
      ["other", { path: "a" }],
      ["Read", "text"],
    ];
    for (const [name, input] of wrong) expect(canonicalTool(name, input)).toBeUndefined();
    expect(nativeCall({ kind: "edit", path: "a", edit: { oldText: "", newText: "y" } })).toBeUndefined();
    expect(nativeCall({ kind: "todo", items: [{ text: "t", status: "cancelled" }] })).toBeUndefined();
    expect(nativeCall({ kind: "list", path: "a" })).toBeUndefined();
  });
});

describe("what a compaction keeps", () => {
  it("is everything while it is little, and the two ends of it else", () => {
    expect(selectKept([10, 19_990])).toEqual({ head: [], tail: [{ at: 0 }, { at: 1 }] });
    expect(selectKept([1500, 1500, 30_000, 10])).toEqual({
      head: [{ at: 0 }, { at: 1, cut: { end: "head", tokens: 500 } }],
      tail: [{ at: 2, cut: { end: "tail", tokens: 17_990 } }, { at: 3 }],
      omitted: 13_008,
    });
  });

  it("cuts no character in two", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, tokens) => {
        expect(text.startsWith(cutText(text, { end: "head", tokens }))).toBe(true);
        expect(text.endsWith(cutText(text, { end: "tail", tokens }))).toBe(true);
      }),
    );
  });
});

describe("the folder of a workspace", () => {
  it("is named as Kimi Code names it", () => {
    expect(workspaceKey("/home/dev/projects/app")).toBe("wd_app_b6c1126a8611");
    expect(workspaceKey("/home/dev/projects/app/")).toBe("wd_app_b6c1126a8611");
    expect(workspaceKey("/")).toMatch(/^wd_workspace_[0-9a-f]{12}$/);
    expect(workspaceKey("C:\\Users\\Dev\\My App")).toMatch(/^wd_my-app_[0-9a-f]{12}$/);
  });
});
