import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolResultBlock } from "casr-cli/provider";
import { decodeResult, encodeResult } from "../src/results.ts";

const CALL = { name: "run_shell_command", input: { command: "ls\nDirectory: x", directory: "sub" } };

function shell(middle: string, call = CALL): string {
  return `Command: ${call.input.command}\nDirectory: ${call.input.directory || "(root)"}\nOutput: ${middle}`;
}

const TAIL = "\nError: (none)\nExit Code: 0\nSignal: (none)\nProcess Group PGID: (none)";

describe("what a command printed", () => {
  test.each([
    ["a\nb", { texts: ["a\nb"], exitCode: 0, isError: false }],
    ["(empty)", { texts: [], exitCode: 0, isError: false }],
    ["Error: no\nExit Code: 3", { texts: ["Error: no\nExit Code: 3"], exitCode: 0, isError: false }],
  ])("%j", (printed, wanted) => {
    expect(decodeResult(CALL, { output: shell(printed) + TAIL })).toMatchObject(wanted);
  });

  test("a failed one is an error with its exit code", () => {
    const tail = "\nError: (none)\nExit Code: 2\nSignal: (none)\nProcess Group PGID: (none)";
    const found = decodeResult(CALL, { error: shell("no") + tail });
    expect(found).toMatchObject({ texts: ["no"], exitCode: 2, isError: true, framed: shell("no") + tail });
  });

  test("errors, signals and remarks of the CLI stay visible", () => {
    const tail =
      "\nError: spawn failed\nExit Code: (none)\nSignal: 15\nProcess Group PGID: 77\n\nNote: this ran for 70s.";
    const found = decodeResult(CALL, { output: shell("part") + tail });
    expect(found.texts).toEqual(["part\nError: spawn failed\nSignal: 15\n\nNote: this ran for 70s."]);
    expect(found).toMatchObject({ exitCode: 143, isError: true });
  });

  test("a text without the frame stays as it is", () => {
    const said = "Command was cancelled by user before it could complete.";
    expect(decodeResult(CALL, { error: said })).toMatchObject({ texts: [said], isError: true });
  });

  test("a cut output has its exit code from the record", () => {
    const cut = "Tool output was too large and has been truncated.\nThe full output…";
    const recorded = { status: "success", resultDisplay: { type: "shell_result", exitCode: 0 } };
    expect(decodeResult(CALL, { output: cut }, recorded)).toMatchObject({ exitCode: 0, truncated: true });
  });

  test("a command ended by a signal without a number", () => {
    const tail = "\nError: (none)\nExit Code: (none)\nSignal: SIGKILL\nProcess Group PGID: 7";
    expect(decodeResult(CALL, { error: shell("x") + tail }).exitCode).toBe(137);
  });
});

test("a part of a file stands without its heading", () => {
  const read = { name: "read_file", input: { file_path: "a" } };
  const framed = "Showing lines 1-2 of 4 total lines.\n\n---\n\na\nb";
  expect(decodeResult(read, { output: framed })).toMatchObject({ texts: ["a\nb"], framed });
});

test("answers of odd shape are what the model sees", () => {
  const other = { name: "x", input: {} };
  expect(decodeResult(other, null).texts).toEqual([]);
  expect(decodeResult(other, "text").texts).toEqual(["text"]);
  expect(decodeResult(other, { output: 7 }).texts).toEqual(['{"output":7}']);
  expect(decodeResult(other, { error: { a: 1 } })).toMatchObject({
    texts: ['{"error":{"a":1}}'],
    isError: true,
  });
});

const word = fc.constantFrom(
  "a",
  "\n",
  "(empty)",
  "(none)",
  "Output: ",
  "\nError: ",
  "\nExit Code: 3",
  "\nSignal: 9",
  "\nProcess Group PGID: 1",

  "Command: ls\nDirectory: (root)\nOutput: ",
  "Showing lines 1-2 of 4 total lines.\n\n---\n\n",
  "Tool output was too large",
);
const payload = fc.array(word, { maxLength: 6 }).map((words) => words.join(""));

test("any result comes back equal: text, exit code, error", () => {
  const call = fc.constantFrom(
    CALL,
    { name: "run_shell_command", input: {} },
    { name: "read_file", input: { file_path: "a" } },
    { name: "other", input: {} },
  );
  const exit = fc.constantFrom(undefined, 0, 1, 130);
  fc.assert(
    fc.property(
      call,
      fc.array(payload, { maxLength: 3 }),
      exit,
      fc.boolean(),
      (used, texts, exitCode, flagged) => {
        const isShell = used.name === "run_shell_command";
        const isError = flagged || (isShell && (exitCode ?? 0) !== 0);
        const block: ToolResultBlock = {
          type: "tool_result",
          callId: "c",
          isError,
          content: texts.map((text) => ({ type: "text", text })),
          ...(isShell && exitCode !== undefined ? { exitCode } : {}),
        };
        const { response, mark } = encodeResult(used, block);
        const found = decodeResult(used, response, undefined, mark);
        expect(found.texts.join("")).toBe(texts.join(""));
        expect(found.isError).toBe(isError);
        if (isShell && (exitCode !== undefined || !isError)) expect(found.exitCode ?? 0).toBe(exitCode ?? 0);
      },
    ),
    { numRuns: 3000 },
  );
});

test("a genuine frame is written again to the letter", () => {
  const number = fc.constantFrom("0", "2", "(none)");
  const said = fc.constantFrom("(none)", "spawn", "9");
  const remark = fc.constantFrom("", "\n\nNote: long");
  fc.assert(
    fc.property(payload, number, said, said, remark, (printed, exit, error, signal, behind) => {
      const tail = `\nError: ${error}\nExit Code: ${exit}\nSignal: ${signal}\nProcess Group PGID: 12${behind}`;
      const framed = shell(printed === "" ? "(empty)" : printed) + tail;
      const { texts, ...decoded } = decodeResult(CALL, { output: framed });
      const content = texts.map((text) => ({ type: "text" as const, text }));
      const { response, mark } = encodeResult(CALL, {
        type: "tool_result",
        callId: "c",
        ...decoded,
        content,
      });
      const again = decodeResult(CALL, response, undefined, mark);
      expect(again.texts.join("")).toBe(texts.join(""));
      expect(again.exitCode ?? 0).toBe(decoded.exitCode ?? 0);
      expect(Object.values(response)).toEqual([framed]);
    }),
    { numRuns: 2000 },
  );
});
