import { describe, expect, it } from "vitest";
import { WrittenRecord } from "../../src/core/verify.ts";
import { createWorld } from "../../src/core/world.ts";
import type { Block, Message } from "../../src/session/types.ts";
import tinyProviders from "../plugins/casr-provider-tiny/hook.js";
import type { Registration } from "../../src/provider/registration.ts";

const { capabilities } = tinyProviders()[0] as unknown as Registration;
const world = createWorld({ home: "/", cwd: "/", env: {}, warn: () => {} });

const message = (role: string, ...content: Block[]): Message => ({
  index: 0,
  role,
  content,
  inContext: true,
});
const image = (base64: string): Block => ({ type: "image", mediaType: "image/png", data: { base64 } });
const SHELL = { kind: "shell", command: "ls" } as const;

const WRITTEN: Message[] = [
  message("user", { type: "text", text: "look" }, image("AAAA")),
  message("assistant", { type: "reasoning", text: "hm" }, { type: "text", text: "I look" }),
  message("assistant", { type: "tool_call", id: "1", name: "run", input: { b: 1, a: 2 }, tool: SHELL }),
  message("tool", {
    type: "tool_result",
    callId: "1",
    content: [{ type: "text", text: "out" }],
    isError: true,
    exitCode: 2,
  }),
];

async function* stream(messages: Message[]): AsyncIterable<Message> {
  yield* messages;
}

async function verify(found: Message[]): Promise<void> {
  const record = new WrittenRecord(capabilities, world);
  for await (const _ of record.tap(stream(WRITTEN)));
  await record.verify(stream(found), () => stream(WRITTEN), "/target");
}

/** WRITTEN with one block replaced. */
function changed(position: number, block: number, change: object): Message[] {
  return WRITTEN.map((one, index) =>
    index === position
      ? {
          ...one,
          content: one.content.map((part, at) => (at === block ? ({ ...part, ...change } as Block) : part)),
        }
      : one,
  );
}

describe("verification", () => {
  it("does not mind message boundaries, key order, times and models", async () => {
    const [first, second, third, fourth] = WRITTEN as [Message, Message, Message, Message];
    const call = { ...third.content[0]!, input: { a: 2, b: 1 } } as Block;
    await verify([
      first,
      { ...message("assistant", ...second.content, call), timestamp: 5, model: "m" },
      fourth,
    ]);
  });

  it.each([
    [
      "a text",
      changed(0, 0, { text: "looks" }),
      'block 1 should be user text "look", found user text "looks"',
    ],
    [
      "an image",
      changed(0, 1, { data: { base64: "AAAB" } }),
      "block 2 should be image image/png of the user",
    ],
    ["reasoning", changed(1, 0, { text: "hmm" }), 'block 3 should be reasoning "hm"'],
    ["a call's name", changed(2, 0, { name: "Run" }), "block 5 should be call 1 of run"],
    ["an argument", changed(2, 0, { input: { a: 2, b: "1" } }), "block 5"],
    ["a call's id", changed(2, 0, { id: "2" }), "block 5"],
    [
      "an output",
      changed(3, 0, { content: [] }),
      'block 6 should be result of 1 "out", found result of 1 ""',
    ],
    ["an error flag", changed(3, 0, { isError: false }), "block 6"],
    ["an exit code", changed(3, 0, { exitCode: 3 }), "block 6"],
    ["the speaker", [message("assistant", { type: "text", text: "look" })], "block 1"],
    ["the end", WRITTEN.slice(0, 3), "block 6 should be result of 1"],
    [
      "an addition",
      [...WRITTEN, message("user", { type: "text", text: "more" })],
      'block 7 should be nothing more, found user text "more"',
    ],
  ])("notices %s that differs", async (_what, found, told) => {
    await expect(verify(found)).rejects.toMatchObject({
      code: "verification-failed",
      message: expect.stringContaining(told),
    });
  });
});
