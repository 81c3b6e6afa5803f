import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalTool, JsonObject, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { frame, unframe } from "../src/frames.ts";
import { decodeState, encodeState } from "../src/results.ts";
import { emptyHome, PNG, worldOn } from "./helpers.ts";

const { world } = worldOn("/");
const FILE = "<path>/a</path>\n<type>file</type>\n<content>\n";

function callOf(name: string, tool?: CanonicalTool, foreign = false): ToolCallBlock {
  const call: ToolCallBlock = { type: "tool_call", id: "c", name, input: {} };
  if (foreign) return { ...call, foreign: { provider: "codex", name } };
  return tool === undefined ? call : { ...call, tool };
}

async function thereAndBack(
  call: ToolCallBlock,
  result: ToolResultBlock,
  own = false,
): Promise<ToolResultBlock> {
  const state = await encodeState({ call, result, own, time: 1, world, attachment: () => ({ id: "prt_x" }) });
  const stored = JSON.parse(JSON.stringify(state)) as JsonObject;
  return decodeState(call, stored, { path: "x", world, cleared: true }).result;
}

const textOf = (result: ToolResultBlock): string =>
  result.content.map((part) => (part.type === "text" ? part.text : "")).join("");

const READ: CanonicalTool = { kind: "read", path: "/a" };
const SHELL: CanonicalTool = { kind: "shell", command: "ls" };

describe("frames", () => {
  const OWN: [string, string, string][] = [
    ["bash", "(no output)", ""],
    ["bash", "", ""],
    ["bash", "out\n", "out\n"],
    ["read", `${FILE}1: one\n2: \n\n(End of file - total 2 lines)\n</content>`, "one\n"],
    ["read", `${FILE}7: seven\n\n(Showing lines 7-7 of 90. Use offset=8 to continue.)\n</content>`, "seven"],
    ["read", `${FILE}\n\n(End of file - total 0 lines)\n</content>`, ""],
    [
      "read",
      "<path>/a</path>\n<type>file</type>\n<content>1: x\n2: \n\n(End of file - total 2 lines)\n</content>",
      "x\n",
    ],
    ["read", "<file>\n00001| x\n00002| y\n\n(End of file - total 2 lines)\n</file>", "x\ny"],
    [
      "read",
      "<path>/a</path>\n<type>directory</type>\n<entries>\nb\n\n(1 entries)\n</entries>",
      "<path>/a</path>\n<type>directory</type>\n<entries>\nb\n\n(1 entries)\n</entries>",
    ],
    [
      "read",
      `${FILE}1: x\n</content>\n\n<system-reminder>\nrules\n</system-reminder>`,
      `${FILE}1: x\n</content>\n\n<system-reminder>\nrules\n</system-reminder>`,
    ],
    ["task", '<task id="ses_1" state="completed">\n<task_result>\nDone.\n</task_result>\n</task>', "Done."],
    ["grep", "Found 1 matches", "Found 1 matches"],
  ];

  test.each(OWN)("%s: what the agent wrote is given back to the letter: %j", (name, text, payload) => {
    const found = unframe(name, text);
    expect(found.text).toBe(payload);
    expect(frame(found.text, { name, frame: found.frame, truncated: false })).toBe(text);
  });

  test("what another agent read is shown as the agent shows files", () => {
    const shape = { name: "read", truncated: false };
    expect(frame("a\nb", { ...shape, tool: READ })).toBe(
      `${FILE}1: a\n2: b\n\n(End of file - total 2 lines)\n</content>`,
    );
    expect(frame("a", { ...shape, tool: { ...READ, startLine: 9 } })).toBe(`${FILE}9: a\n</content>`);
    expect(frame("cut…", { ...shape, tool: READ, truncated: true })).toBe("cut…");
    expect(frame("a", { ...shape, tool: { kind: "view-image", path: "/a" } })).toBe("a");
  });

  test("texts that look framed are known to be none", () => {
    expect(frame("(no output)", { name: "bash", tool: SHELL, truncated: false })).toBeUndefined();
  });
});

describe("results", () => {
  test("a failed command is an error that names its exit code, as its source showed it", async () => {
    const result: ToolResultBlock = {
      type: "tool_result",
      callId: "c",
      content: [{ type: "text", text: "no such file\n" }],
      isError: true,
      exitCode: 2,
    };
    const state = await encodeState({
      call: callOf("bash", SHELL),
      result,
      own: false,
      time: 5,
      world,
      attachment: () => ({}),
    });
    expect(state).toMatchObject({
      status: "error",
      error: "Exit code 2\nno such file\n",
      metadata: { exit: 2 },
    });
    expect(await thereAndBack(callOf("bash", SHELL), result)).toMatchObject({ ...result });
    const quiet = { ...result, isError: false };
    expect(await thereAndBack(callOf("bash", SHELL), quiet)).toMatchObject({ isError: false, exitCode: 2 });
  });

  test("an error is never without a text, an image never either", async () => {
    const empty: ToolResultBlock = { type: "tool_result", callId: "c", content: [], isError: true };
    const image: ToolResultBlock = {
      ...empty,
      isError: false,
      content: [{ type: "image", mediaType: "image/png", data: { base64: PNG } }],
    };
    for (const result of [empty, image]) {
      const state = await encodeState({
        call: callOf("edit"),
        result,
        own: false,
        time: 5,
        world,
        attachment: () => ({}),
      });
      expect(state["error"] ?? state["output"]).not.toBe("");
      const back = await thereAndBack(callOf("edit"), result);
      expect(textOf(back)).toBe("");
      expect(back.content).toEqual(result.content);
    }
  });

  test("every payload comes back as it was, whatever the tool", async () => {
    expect(emptyHome()).toBeTruthy();
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "(no output)",
        "Exit code 1",
        "Exit code 1\nx",
        `${FILE}1: a\n</content>`,
        "Image read successfully",
        "\n",
        "1: a",
      ),
    );
    const calls = fc.constantFrom(
      callOf("bash", SHELL),
      callOf("read", READ),
      callOf("read", { ...READ, startLine: 4, lineCount: 2 }),
      callOf("task", { kind: "task", prompt: "p" }),
      callOf("edit"),
      callOf("bash", undefined, true),
    );
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.array(text, { maxLength: 3 }),
        fc.boolean(),
        fc.option(fc.integer({ min: -3, max: 255 }), { nil: undefined }),
        fc.boolean(),
        async (call, texts, isError, exit, truncated) => {
          const exitCode = call.tool?.kind === "shell" ? exit : undefined;
          const result: ToolResultBlock = {
            type: "tool_result",
            callId: "c",
            content: texts.map((one) => ({ type: "text" as const, text: one })),
            isError,
            ...(exitCode === undefined ? {} : { exitCode }),
            ...(truncated ? { truncated } : {}),
          };
          const back = await thereAndBack(call, result);
          expect(textOf(back)).toBe(texts.join(""));
          expect(back.isError).toBe(isError);
          expect(back.exitCode ?? (isError ? undefined : 0)).toBe(exitCode ?? (isError ? undefined : 0));
          // A copy of what was read back is written as it was.
          expect(textOf(await thereAndBack(call, back, true))).toBe(texts.join(""));
        },
      ),
    );
  });
});
