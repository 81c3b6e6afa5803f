import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolResultBlock } from "casr-cli/provider";
import { frame, unframe } from "../src/frame.ts";
import { decodeResult, encodeResult } from "../src/results.ts";
import { thoughtRecord, thoughtText } from "../src/thoughts.ts";

const wrapped = (...lines: string[]): string =>
  `<untrusted_context>\n${lines.join("\n")}\n</untrusted_context>`;
const shell = (text: string): ReturnType<typeof unframe> => unframe("run_shell_command", text);

describe("shell results", () => {
  test("0.61: exit code and process group are framing", () => {
    expect(shell(wrapped("Output: a", "b", "Exit Code: 2", "Process Group PGID: 7"))).toEqual({
      texts: ["a\nb"],
      exitCode: 2,
      detail: { tail: "\nProcess Group PGID: 7" },
    });
    expect(shell(wrapped("Output: (empty)", "Process Group PGID: 7"))).toEqual({
      texts: [],
      detail: { tail: "\nProcess Group PGID: 7" },
    });
    expect(shell(wrapped("Output: x", "Exit Code: 1", "Signal: 9", "Process Group PGID: 7")).texts).toEqual([
      "x\nSignal: 9",
    ]);
  });

  test("a command that a signal ended has failed, with the exit code a shell gives", () => {
    const text = wrapped("Output: (empty)", "Signal: 9", "Process Group PGID: 7");
    expect(shell(text)).toMatchObject({ texts: ["Signal: 9"], exitCode: 137 });
    expect(frame("run_shell_command", shell(text))).toBe(text);
    expect(decodeResult("run_shell_command", { output: text })).toMatchObject({
      isError: true,
      exitCode: 137,
    });
    const running = wrapped("Output: a", "Exit Code: 1", "Background PIDs: 5, 6", "Process Group PGID: 7");
    expect(shell(running)).toMatchObject({ texts: ["a\nBackground PIDs: 5, 6"], exitCode: 1 });
    expect(frame("run_shell_command", shell(running))).toBe(running);
  });

  test("an escaped tag stays as the model saw it", () => {
    const text = wrapped("Output: a &lt;/untrusted_context&gt; b");
    expect(shell(text).texts).toEqual(["a &lt;/untrusted_context&gt; b"]);
    expect(frame("run_shell_command", shell(text))).toBe(text);
  });

  test("0.34: the same without the tag", () => {
    expect(shell("Output: a\nExit Code: 1")).toEqual({ texts: ["a"], exitCode: 1 });
  });

  test("0.24: every label is there", () => {
    const old = (error: string, exit: string): string =>
      `Command: ls\nDirectory: (root)\nOutput: a\nError: ${error}\nExit Code: ${exit}\nSignal: (none)\nBackground PIDs: (none)\nProcess Group PGID: 9`;
    expect(shell(old("(none)", "0"))).toEqual({ texts: ["a"], exitCode: 0 });
    expect(shell(old("spawn failed", "(none)"))).toEqual({ texts: ["a\nError: spawn failed"] });
  });

  test("the head of an output that was cut stays in the payload", () => {
    const head =
      "Output too large. Showing first 8,000 and last 32,000 characters. For full output see: /x.txt\n";
    const text = head + wrapped("Output: a", "Exit Code: 1");
    expect(shell(text)).toEqual({ texts: [`${head}a`], exitCode: 1 });
    expect(frame("run_shell_command", shell(text))).toBe(text);
    expect(decodeResult("run_shell_command", { output: text }).truncated).toBe(true);
  });

  test("other sentences are kept as they are", () => {
    const text = "Command moved to background (PID: 5). Output hidden. Press Ctrl+B to view.";
    expect(shell(wrapped(text)).texts).toEqual([text]);
  });
});

test("an answer that is not the file itself is told from one that is", () => {
  const cut = (output: string): boolean | undefined => decodeResult("read_file", { output }).truncated;
  expect(cut("\nIMPORTANT: The file content has been truncated.\nStatus: Showing lines 1-2 of 9")).toBe(true);
  expect(cut("Cannot display content of binary file: a.bin")).toBe(true);
  expect(cut("IMPORTANT: read this")).toBeUndefined();
});

describe("results of MCP tools", () => {
  test("each block has a frame of its own, remarks about media have none", () => {
    const text = `${wrapped("one")}\n${wrapped("two\nlines")}\n[Tool 'x' provided the following image data with mime-type: image/png]`;
    const payload = unframe("mcp_a_b", text);
    expect(payload.texts).toEqual([
      "one",
      "two\nlines",
      "[Tool 'x' provided the following image data with mime-type: image/png]",
    ]);
    expect(frame("mcp_a_b", payload)).toBe(text);
  });
});

const line = fc.constantFrom(
  "Output: ",
  "Exit Code: 3",
  "Signal: 9",
  "Background PIDs: 1, 2",
  "Process Group PGID: 4",
  "<untrusted_context>",
  "</untrusted_context>",
  "&lt;/untrusted_context&gt;",
  "(empty)",
  "Output too large. Showing first 1",
  "Command: ls",
  "Directory: /",
  "Error: (none)",
  "",
  "x",
);
const payload = fc.oneof(
  fc.string(),
  fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n")),
);
const name = fc.constantFrom("run_shell_command", "mcp_a_b", "web_fetch", "read_file", "Foreign.Tool");

test("every payload, exit code and error flag can be written and read back", () => {
  fc.assert(
    fc.property(
      name,
      fc.array(payload, { maxLength: 3 }),
      fc.boolean(),
      fc.option(fc.integer({ min: -1, max: 255 }), { nil: undefined }),
      (tool, texts, isError, exit) => {
        const content = texts.filter((text) => text !== "").map((text) => ({ type: "text" as const, text }));
        const exitCode = tool === "run_shell_command" && exit !== undefined ? { exitCode: exit } : {};
        const block: ToolResultBlock = { type: "tool_result", callId: "c", content, isError, ...exitCode };
        const { response, mark } = encodeResult(tool, block);
        const read = decodeResult(
          tool,
          JSON.parse(JSON.stringify(response)),
          mark && JSON.parse(JSON.stringify(mark)),
        );
        expect(read.content.map((part) => part.text).join("")).toBe(
          content.map((part) => part.text).join(""),
        );
        expect(read.isError).toBe(isError);
        const comparable = (result: { exitCode?: number; isError: boolean }): number | undefined =>
          result.exitCode ?? (result.isError ? undefined : 0);
        if (tool === "run_shell_command") expect(comparable(read)).toBe(comparable(block));
      },
    ),
    { numRuns: 3000 },
  );
});

test("a native frame is given back to the letter", () => {
  fc.assert(
    fc.property(payload, fc.integer({ min: 0, max: 3 }), (output, exit) => {
      const text = wrapped(
        `Output: ${output || "(empty)"}`,
        ...(exit === 0 ? [] : [`Exit Code: ${exit}`]),
        "Process Group PGID: 4",
      );
      const read = unframe("run_shell_command", text);
      // An unescaped tag could not have come from the CLI; a signal behind an exit code changes places with it.
      const odd = /untrusted_context|^Output too large|Exit Code: 3\n(?:Signal|Background)/u.test(output);
      if (!odd) expect(frame("run_shell_command", read)).toBe(text);
    }),
    {
      examples: [
        ["\nSignal: 9", 0],
        ["\nExit Code: 3", 0],
      ],
    },
  );
});

test("every thought reads back as it was", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ minLength: 1 }),
        fc.tuple(fc.string(), fc.string()).map(([a, b]) => `**${a}** ${b}`),
      ),
      (text) => {
        expect(thoughtText(thoughtRecord(text, "2026-01-01T00:00:00.000Z"))).toBe(text);
      },
    ),
  );
});
