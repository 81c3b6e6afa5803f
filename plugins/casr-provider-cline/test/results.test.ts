import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue, ToolResultBlock } from "casr-cli/provider";
import { decodeResult, encodeResult, type CallOf } from "../src/results.ts";
import { testWorld } from "./helpers.ts";

const CALLS: Record<string, JsonValue> = {
  run_commands: { commands: ["make"] },
  read_files: { files: [{ path: "/a", start_line: 9, end_line: 12 }] },
  search_codebase: { queries: ["x"] },
  fetch_web_content: { requests: [{ url: "http://x", prompt: "what" }] },
  editor: { path: "/a", new_text: "x" },
  apply_patch: { input: "p" },
  spawn_agent: { task: "t" },
  Foreign: { a: 1 },
};

/** Texts that look like framing, and long ones. */
const payload = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "\n",
    "a\n",
    "1 | a\n2 | b",
    "9 | a\n\n[Showing lines 9-9 of 12. Use start_line/end_line to read other sections.]",
    "[Command exited with code 3]\nboom",
    "Command exited with code 3",
    '{"query":"edit:/a","result":"x","success":true}',
    '[{"query":"make","result":"x","success":true}]',
    "The tool failed",
    "out\n[... output truncated: 9 chars total. ",
  ),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.integer({ min: 1000, max: 4000 }))
    .map(([a, n]) => a.repeat(n)),
  fc.integer({ min: 1, max: 3000 }).map((n) => Array.from({ length: n }, (_, i) => `line ${i}`).join("\n")),
);
const image = fc.constant({
  type: "image" as const,
  mediaType: "image/png",
  data: { base64: "iVBORw0KGgo=" },
});
const result = fc.record({
  texts: fc.array(payload, { maxLength: 3 }),
  images: fc.array(image, { maxLength: 2 }),
  isError: fc.boolean(),
  exitCode: fc.option(fc.integer({ min: -2, max: 255 }), { nil: undefined }),
  truncated: fc.boolean(),
  name: fc.constantFrom(...Object.keys(CALLS)),
});

/** What the CLI (3.0.65) does to an answer each time it sends it. */
function longestString(value: JsonValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(longestString));
}

test("every answer is read back as it was, and none is long enough to be cut", async () => {
  const { world } = await testWorld();
  await fc.assert(
    fc.asyncProperty(result, async ({ texts, images, isError, exitCode, truncated, name }) => {
      const isShell = name === "run_commands";
      const block: ToolResultBlock = {
        type: "tool_result",
        callId: "c",
        content: [...texts.map((text) => ({ type: "text" as const, text })), ...images],
        isError,
        ...(isShell && exitCode !== undefined ? { exitCode } : {}),
        ...(truncated ? { truncated } : {}),
      };
      const call: CallOf = { name, input: CALLS[name]!, foreign: name === "Foreign" };
      const { stored, mark } = await encodeResult(call, block, world);
      const json = JSON.parse(JSON.stringify({ stored, mark: mark ?? null })) as {
        stored: { content: JsonValue; is_error?: boolean };
        mark: JsonValue;
      };
      const found = decodeResult(
        call,
        { content: json.stored.content, isError: json.stored.is_error === true },
        json.mark,
      );
      const textOf = (content: ToolResultBlock["content"]): string =>
        content.map((part) => (part.type === "text" ? part.text : "")).join("");
      expect(textOf(found.content)).toBe(texts.join(""));
      expect(found.content.filter((part) => part.type === "image")).toEqual(images);
      expect(found.isError).toBe(isError);
      if (isShell)
        expect(found.exitCode ?? (isError ? undefined : 0)).toBe(exitCode ?? (isError ? undefined : 0));
      expect(longestString(json.stored.content)).toBeLessThanOrEqual(8000);
      // An error whose content is a list reaches the model as JSON text.
      if (json.stored.is_error === true) expect(json.stored.content).toBeTypeOf("string");
    }),
    { numRuns: 1000, seed: 20_261_121 },
  );
});

test.each<[string, JsonValue, Partial<ToolResultBlock>, JsonValue]>([
  [
    "run_commands",
    CALLS["run_commands"]!,
    { content: [{ type: "text", text: "boom" }], isError: true, exitCode: 3 },
    [
      {
        query: "make",
        result: "[Command exited with code 3]\nboom",
        error: "Command exited with code 3",
        success: false,
      },
    ],
  ],
  [
    "read_files",
    CALLS["read_files"]!,
    { content: [{ type: "text", text: "a\n\nb\n" }] },
    [{ query: "/a:9-12", result: " 9 | a\n10 | \n11 | b", success: true }],
  ],
  [
    "editor",
    CALLS["editor"]!,
    { content: [{ type: "text", text: "done" }] },
    '{"query":"edit:/a","result":"done","success":true}',
  ],
])("the answer of %s is worded as the CLI does", async (name, input, block, wanted) => {
  const { world } = await testWorld();
  const call = { name, input, foreign: false };
  const whole = { type: "tool_result" as const, callId: "c", content: [], isError: false, ...block };
  expect((await encodeResult(call, whole, world)).stored).toEqual({ content: wanted });
});
