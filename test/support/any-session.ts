import fc from "fast-check";
import type { JsonValue } from "../../src/session/json.ts";
import type { CanonicalTool } from "../../src/session/tool-types.ts";
import type { Block, ImageBlock, Message, TextBlock, ToolCallBlock } from "../../src/session/types.ts";
import { pngBase64 } from "../../src/testing/golden/png.ts";

/** What agents put around texts, and what they say in place of one: a target must not take it for its own. */
const LOOK_ALIKES = [
  "Exit code 3\nfoo",
  "Exit code: 1\nWall time: 0 seconds\nOutput:\n",
  "Process exited with code 2\nOutput:\nx",
  "x\n\nCommand exited with code 3",
  "x\n\n[Process exited with code 5]",
  "<shellId: 0 completed with exit code 5>",
  "Error (exit code 3): x",
  "Output: x\nExit Code: 7",
  '{"output":"x","metadata":{"exit_code":4}}',
  '[{"query":"x","result":"","error":"y","success":false}]',
  "<output>x</output>\n<exitCode>3</exitCode>",
  "<path>/a</path>\n<type>file</type>\n<content>\n1: a\n</content>",
  "Command: x\nDirectory: (root)\nOutput: y\nError: (none)\nExit Code: 0",
  "1\tone\n2\ttwo",
  "     1→one",
  "1: one\n2: two",
  "00001| a",
  "Content of /a/b:",
  "(no output)",
  "(empty)",
  "(Bash completed with no output)",
  "<error>nope</error>",
  "<system>",
  "<system-reminder>x</system-reminder>",
  "<tool_use_error>x</tool_use_error>",
  "<untrusted_context>\n",
  "<environment_context>\n</environment_context>",
  "<command-name>/x</command-name>",
  '<user_input mode="act">hi</user_input>',
  "<bash_metadata>\nx\n</bash_metadata>",
  "[Request interrupted by user]",
  "# Attached Files\n",
  "@README.md",
];

const PIECES = [
  "",
  " ",
  "\n",
  "\n\n",
  "\t",
  "\r\n",
  "a",
  "one\ntwo",
  "é馬😀",
  "\u0000",
  "\u001b[31m",
  "null",
  "{}",
];

const looseText = fc
  .array(fc.constantFrom(...PIECES, ...LOOK_ALIKES), { maxLength: 3 })
  .chain((pieces) => fc.constantFrom("", "\n", " ").map((between) => pieces.join(between)));
const text = looseText.map((made) => (made.trim() === "" ? `${made}z` : made));
const path = fc.constantFrom("/home/dev/p/a.txt", "src/b.ts", "/home/dev/p/a b/ünï.md");
const edit = fc.record({ oldText: looseText, newText: looseText, replaceAll: fc.boolean() });

const anyJson = fc.jsonValue().map((value) => value as JsonValue);

const shell = fc.record(
  {
    kind: fc.constant("shell" as const),
    command: fc.constantFrom("ls", "echo 'a b'", "cat <<E\nx\nE"),
    workdir: path,
    timeoutMs: fc.constantFrom(500, 120_000),
    background: fc.boolean(),
  },
  { requiredKeys: ["kind", "command"] },
);

/** Shell calls come twice: their answers have the most around them. */
const tool: fc.Arbitrary<CanonicalTool> = fc.oneof(
  shell,
  shell,
  fc.record(
    { kind: fc.constant("read" as const), path, startLine: fc.nat(5), lineCount: fc.nat(5) },
    { requiredKeys: ["kind", "path"] },
  ),
  fc.record({ kind: fc.constant("write" as const), path, content: looseText }),
  fc.record({ kind: fc.constant("edit" as const), path, edit }),
  fc.record({
    kind: fc.constant("multi-edit" as const),
    path,
    edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("list" as const), path }),
  fc.record({ kind: fc.constant("grep" as const), pattern: text, path }),
  fc.record({
    kind: fc.constant("todo" as const),
    items: fc.array(
      fc.record({ text, status: fc.constantFrom("pending", "in_progress", "completed", "cancelled") }),
      { maxLength: 3 },
    ),
  }),
  fc.record(
    { kind: fc.constant("web-fetch" as const), url: fc.webUrl(), prompt: text },
    { requiredKeys: ["kind"] },
  ),
  fc.record({ kind: fc.constant("task" as const), prompt: text, description: text, agent: text }),
  fc.record({
    kind: fc.constant("mcp" as const),
    server: fc.constantFrom("srv", "my-server", "a_b"),
    tool: fc.constantFrom("do_it", "x-y"),
    args: fc.dictionary(fc.constantFrom("a", "b"), anyJson),
  }),
);

const image: fc.Arbitrary<ImageBlock> = fc.constant({
  type: "image",
  mediaType: "image/png",
  data: { base64: pngBase64(2, 2, () => [200, 40, 40]) },
});
const textBlock = (value: fc.Arbitrary<string>): fc.Arbitrary<TextBlock> =>
  value.map((made) => ({ type: "text", text: made }));

/** A call and what came of it. */
const exchange = fc.record({
  tool: fc.option(tool, { nil: undefined }),
  input: anyJson,
  answered: fc.boolean(),
  content: fc.array(fc.oneof({ weight: 4, arbitrary: textBlock(looseText) }, image), { maxLength: 3 }),
  isError: fc.boolean(),
  exitCode: fc.option(fc.constantFrom(0, 1, 127), { nil: undefined }),
});

const turn = fc.record({
  prompt: fc.array(fc.oneof({ weight: 3, arbitrary: textBlock(text) }, image), {
    minLength: 1,
    maxLength: 3,
  }),
  origin: fc.constantFrom("person", "injected", "command"),
  reasoning: fc.option(text, { nil: undefined }),
  words: fc.option(text, { nil: undefined }),
  exchanges: fc.array(exchange, { maxLength: 3 }),
  last: fc.option(text, { nil: undefined }),
});

type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

function messagesOf(turns: readonly Turn[]): Message[] {
  const messages: Message[] = [];
  const add = (message: Omit<Message, "index" | "inContext">): void => {
    if (message.content.length > 0) messages.push({ index: messages.length, ...message, inContext: true });
  };
  let calls = 0;
  for (const { prompt, origin, reasoning, words, exchanges, last } of turns) {
    add({ role: "user", origin: origin as "person", content: prompt });
    const made = exchanges.map((one) => ({ ...one, id: `call-${calls++}` }));
    const answer: Block[] = [];
    if (reasoning !== undefined) answer.push({ type: "reasoning", text: reasoning });
    if (words !== undefined) answer.push({ type: "text", text: words });
    add({ role: "assistant", content: [...answer, ...made.map(callOf)] });
    add({
      role: "tool",
      content: made
        .filter(({ answered }) => answered)
        .map(({ id, content, isError, exitCode, tool: known }) => ({
          type: "tool_result",
          callId: id,
          content,
          isError,
          ...(exitCode === undefined || known?.kind !== "shell" ? {} : { exitCode }),
        })),
    });
    if (last !== undefined) add({ role: "assistant", content: [{ type: "text", text: last }] });
  }
  // A session without an answer is none.
  add({ role: "assistant", content: [{ type: "text", text: "Done." }] });
  return messages;
}

function callOf({ id, tool: known, input }: Turn["exchanges"][number] & { id: string }): ToolCallBlock {
  return known === undefined
    ? { type: "tool_call", id, name: "odd tool", input }
    : { type: "tool_call", id, name: known.kind, input: { ...known } as never, tool: known };
}

/** The messages of a session as a reader might give them, whatever agent it is of. */
export const anyMessages: fc.Arbitrary<Message[]> = fc
  .array(turn, { minLength: 1, maxLength: 4 })
  .map(messagesOf);
