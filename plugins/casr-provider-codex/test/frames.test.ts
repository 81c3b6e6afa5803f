import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ImageBlock, TextBlock, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { familyOf, isRunning, parseFrame } from "../src/frames.ts";
import { readItem } from "../src/items.ts";
import type { ItemContext } from "../src/piece.ts";
import { outputOf } from "../src/output.ts";
import { emptyHome, PNG, worldOn } from "./helpers.ts";

describe("frames Codex wrote", () => {
  it.each([
    [
      "exec_command",
      "Chunk ID: 79c9b8\nWall time: 0.0521 seconds\nProcess exited with code 2\nOriginal token count: 9\nOutput:\nhi\n",
      { payload: "hi\n", exitCode: 2, durationMs: 52, isError: true },
    ],
    ["exec_command", "Process exited with code 0\nOutput:\n", { payload: "", exitCode: 0, isError: false }],
    [
      "shell",
      '{"output":"a\\nb","metadata":{"exit_code":1,"duration_seconds":0.1}}',
      { payload: "a\nb", exitCode: 1, durationMs: 100, isError: true },
    ],
    [
      "shell",
      "Exit code: 0\nWall time: 1.5 seconds\nTotal output lines: 3\nOutput:\nok",
      { payload: "ok", exitCode: 0, durationMs: 1500, isError: false },
    ],
    [
      "apply_patch",
      "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess.\n",
      { payload: "Success.\n", exitCode: 0, durationMs: 0, isError: false },
    ],
    [
      "mcp__a__b",
      "Wall time: 0.0034 seconds\nOutput:\nhello",
      { payload: "hello", durationMs: 3, isError: false },
    ],
    [
      "exec",
      "Script failed\nWall time 0.2 seconds\nOutput:\nboom",
      { payload: "boom", durationMs: 200, isError: true },
    ],
  ])("%s: %j", (name, text, expected) => {
    const frame = parseFrame(text, name);
    expect(frame).toMatchObject(expected);
    const middle = frame.tail === undefined ? frame.payload : JSON.stringify(frame.payload);
    expect(frame.head + middle + (frame.tail ?? "")).toBe(text);
  });

  it.each([
    ["exec_command", "Output:\nplain"],
    ["exec_command", "Wall time: 1 seconds\nProcess running with session ID 73396\nOutput:\nx"],
    ["Read", "Process exited with code 1\nOutput:\nx"],
    ["exec", "Script running with cell ID 4\nWall time 0.3 seconds\nOutput:\n"],
    ["update_plan", '{"output":"x","metadata":{"exit_code":1}}'],
  ])("leaves %s: %j as it is", (name, text) => {
    expect(parseFrame(text, name)).toEqual({ head: "", payload: text, isError: false });
  });

  it.each([
    "apply_patch verification failed: no",
    "unsupported call: Bash",
    "aborted by user after 3.9s",
    "Wall time: 2.8 seconds\naborted by user",
    "unable to process image: invalid or unsupported image data",
    "image path `/a` is not a file",
    "failed to parse function arguments: x",
  ])("knows the failure %s", (text) => {
    expect(parseFrame(text, "anything").isError).toBe(true);
  });
});

const names = fc.constantFrom(
  "exec_command",
  "shell",
  "apply_patch",
  "mcp__srv__tool",
  "Read",
  "exec",
  "wait",
  "update_plan",
);
const tricky = fc.constantFrom(
  "",
  "Output:\n",
  "Process exited with code 1\nOutput:\n",
  "Wall time: 1.0000 seconds\nOutput:\nx",
  "Exit code: 0\nWall time: 0 seconds\nOutput:\ny",
  '{"output":"a","metadata":{"exit_code":3}}',
  "Script failed\nWall time 0.1 seconds\nOutput:\n",
  "aborted",
  "unsupported call: x",
);
const text = fc.oneof(
  tricky,
  fc.string({ unit: "binary" }).filter((value) => value.isWellFormed()),
  fc.tuple(tricky, fc.string()).map(([a, b]) => a + b),
);
const image: ImageBlock = { type: "image", mediaType: "image/png", data: { base64: PNG } };
const part: fc.Arbitrary<TextBlock | ImageBlock> = fc.oneof(
  text.filter((value) => value !== "").map((value): TextBlock => ({ type: "text", text: value })),
  fc.constant(image),
);

describe("results written and read again", () => {
  it("keep payload, pictures, exit code of shells, and the error flag", async () => {
    const { world } = worldOn(emptyHome());
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.array(part, { maxLength: 3 }),
        fc.boolean(),
        fc.option(fc.integer({ min: -1, max: 255 }), { nil: undefined }),
        fc.option(fc.nat(1e7), { nil: undefined }),
        async (name, content, isError, exitCode, durationMs) => {
          const shell = name === "exec_command" || name === "shell";
          const block: ToolCallBlock = {
            type: "tool_call",
            id: "c",
            name,
            input: {},
            ...(shell ? { tool: { kind: "shell", command: "x" } } : {}),
          };
          const result: ToolResultBlock = {
            type: "tool_result",
            callId: "c",
            content,
            isError: shell && exitCode !== undefined ? exitCode !== 0 : isError,
            ...(shell && exitCode !== undefined ? { exitCode } : {}),
            ...(durationMs === undefined ? {} : { durationMs }),
          };
          const { output, casr } = await outputOf(result, block, world);
          const context: ItemContext = {
            world,
            path: "x",
            callNames: new Map([["c", name]]),
            failed: new Set(),
            warned: new Set(),
          };
          const payload = { type: "function_call_output", call_id: "c", output };
          const [piece] = readItem(
            payload,
            { type: "response_item", payload, ...(casr === undefined ? {} : { casr }) },
            0,
            context,
          );
          const read = piece?.speaker === "tool" ? piece.result : undefined;
          const joined = (blocks: (TextBlock | ImageBlock)[]): string =>
            blocks.map((entry) => (entry.type === "text" ? entry.text : "")).join("");
          expect(joined(read!.content)).toBe(joined(content));
          expect(read!.content.filter((entry) => entry.type === "image")).toEqual(
            content.filter((entry) => entry.type === "image"),
          );
          if (shell) expect(read!.exitCode ?? 0).toBe(result.exitCode ?? 0);
          if (result.isError) expect(read!.isError).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives Codex's own outputs back byte for byte", async () => {
    const { world } = worldOn(emptyHome());
    const outputs: [string, string | { type: string; text: string }[]][] = [
      [
        "exec_command",
        "Chunk ID: a\nWall time: 0.1374 seconds\nProcess exited with code 1\nOriginal token count: 2\nOutput:\nx\n",
      ],
      ["exec_command", "Wall time: 1.0 seconds\nProcess running with session ID 7\nOutput:\n"],
      ["shell", '{"output":"ü\\n","metadata":{"exit_code":0,"duration_seconds":0.0}}'],
      [
        "mcp__a__b",
        [
          { type: "input_text", text: "Wall time: 0.5 seconds\nOutput:" },
          { type: "input_text", text: "one" },
        ],
      ],
      [
        "exec",
        [
          { type: "input_text", text: "Script completed\nWall time 0.1 seconds\nOutput:\n" },
          { type: "input_text", text: "one" },
          { type: "input_text", text: "two" },
        ],
      ],
      ["exec", [{ type: "input_text", text: "only part" }]],
    ];
    for (const [name, output] of outputs) {
      const context: ItemContext = {
        world,
        path: "x",
        callNames: new Map([["c", name]]),
        failed: new Set(),
        warned: new Set(),
      };
      const payload = { type: "function_call_output", call_id: "c", output };
      const [piece] = readItem(payload, { type: "response_item", payload }, 0, context);
      const read = piece?.speaker === "tool" ? piece.result : undefined;
      const call: ToolCallBlock = { type: "tool_call", id: "c", name, input: {} };
      if (familyOf(name) === "exec") call.tool = { kind: "shell", command: "x" };
      const written = await outputOf(read!, call, world);
      expect(written.output).toEqual(output);
      // From an agent that kept the words of a running command: no exit code is made up.
      const { native: _native, ...foreign } = read!;
      if (isRunning(String(output))) expect((await outputOf(foreign, call, world)).output).toEqual(output);
    }
  });

  it("says that a call failed where its text does not", async () => {
    const { world } = worldOn(emptyHome());
    const written = async (payload: string, isError: boolean) => {
      const content: TextBlock[] = [{ type: "text", text: payload }];
      const call: ToolCallBlock = { type: "tool_call", id: "c", name: "Read", input: {} };
      return outputOf({ type: "tool_result", callId: "c", content, isError }, call, world);
    };
    expect(await written("EISDIR: /a", true)).toEqual({
      output: "Exit code: 1\nWall time: 0 seconds\nOutput:\nEISDIR: /a",
      casr: { frame: "error", error: true },
    });
    expect((await written("File does not exist.", true)).output).toBe("File does not exist.");
    expect(await written("EISDIR: /a", false)).toEqual({ output: "EISDIR: /a" });
  });

  it("asks Codex to keep long outputs whole", async () => {
    const { world } = worldOn(emptyHome());
    const long = "ü".repeat(30_000);
    const { metadata } = await outputOf(
      { type: "tool_result", callId: "c", content: [{ type: "text", text: long }], isError: false },
      undefined,
      world,
    );
    expect(metadata?.["fallback_token_limit_override"]).toBeGreaterThanOrEqual(15_000);
  });
});
