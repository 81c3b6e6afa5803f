import { describe, expect, it } from "vitest";
import type { JsonObject, Message, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { casesOf, fixtureHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { answer, attachment, contextOf, open, outline, result, system, use, user } from "./helpers.ts";

async function recorded(
  name: string,
  id: string,
): Promise<{ messages: Message[]; header: Awaited<ReturnType<typeof reader.read>>["header"] }> {
  const { world } = worldOn(fixtureHome(`claude-code/${name}`));
  const [ref] = await collect(reader.locate(id, world));
  const reading = await reader.read(ref!, world);
  return { messages: await collect(reading.messages({ history: "context" })), header: reading.header };
}

const blocks = <T extends string>(messages: Message[], type: T) =>
  messages.flatMap((message) => message.content.filter((block) => block.type === type));
const calls = (messages: Message[]): ToolCallBlock[] => blocks(messages, "tool_call") as ToolCallBlock[];
const results = (messages: Message[]): ToolResultBlock[] =>
  blocks(messages, "tool_result") as ToolResultBlock[];

describe("recorded sessions", () => {
  it.each(casesOf("claude-code"))("%s reads the same twice, without warnings", async (name) => {
    const { world, warnings } = worldOn(fixtureHome(`claude-code/${name}`));
    for await (const ref of reader.discover(world)) {
      const reading = await reader.read(ref, world);
      const full = await collect(reading.messages({ history: "full" }));
      const context = await collect(reading.messages({ history: "context" }));
      expect(context.length).toBeGreaterThan(0);
      expect(outline(full.filter((message) => message.inContext))).toEqual(outline(context));
      expect(await collect(reading.messages({ history: "context" }))).toEqual(context);
      expect(reading.records.malformed).toBe(0);
      expect(reading.header.workspace).toMatch(/^\/home\/dev\//);
    }
    expect(warnings).toEqual([]);
  });

  it("takes frames off results", async () => {
    const { messages } = await recorded("rich-headless", "5b8f6a52");
    const failed = results(messages).find((block) => block.exitCode === 3)!;
    expect(failed).toMatchObject({ isError: true });
    expect(failed.framed).toMatch(/^Exit code 3\n/);
    const read = results(messages).find((block) => block.callId === "toolu_01mwpxjg4q000001")!;
    expect((read.content[0] as { text: string }).text).toMatch(
      /^export function total\(items\) \{\n {2}let sum = 0;/,
    );
    const wrong = results(messages).find((block) => block.callId === "toolu_01mwpxjgox00000k")!;
    expect(wrong.content).toEqual([
      { type: "text", text: "String to replace not found in file.\nString: this text is not in the file" },
    ]);
    expect(results(messages).find((block) => block.callId === "toolu_01mwpxjgrb00000u")!.content).toEqual([]);
    const long = results(messages).find((block) => block.truncated === true)!;
    expect((long.content[0] as { text: string }).text).toMatch(/^<persisted-output>\nOutput too large/);
    expect(long.native).toMatchObject({
      persistedOutput: expect.stringMatching(/tool-results\/bldif2km3\.txt$/),
    });
    expect(results(messages).some((block) => block.content.some((part) => part.type === "image"))).toBe(true);
  });

  it("keeps signed reasoning with its model, and answers parallel calls once", async () => {
    const { messages } = await recorded("rich-headless", "5b8f6a52");
    const thought = messages.find((message) => message.content[0]?.type === "reasoning")!;
    expect(thought.model).toBe("claude-opus-5-5");
    expect(thought.content[0]).toMatchObject({
      issuer: "anthropic",
      signature: expect.stringMatching(/^EsV/),
    });
    expect(thought.content.filter((block) => block.type === "tool_call")).toHaveLength(3);
    expect(
      results(messages)
        .map((block) => block.callId)
        .sort(),
    ).toEqual(
      calls(messages)
        .map((block) => block.id)
        .sort(),
    );
  });

  it("reads the layout of 2025: inline subagents, summaries, padded numbers", async () => {
    const { messages, header } = await recorded("old-1.0.128", "2f6e1d0c");
    expect(outline(messages)).not.toContain("assistant: Yes: test/cart.test.js.");
    expect(header).toMatchObject({ title: "Comment the cart total", agentVersion: "1.0.128" });
    expect((results(messages)[0]!.content[0] as { text: string }).text).toMatch(/^export function total/);
    expect((results(messages)[0]!.content[0] as { text: string }).text).not.toContain("system-reminder");
  });

  it("links subagents but leaves their messages out; keeps notifications", async () => {
    const { messages, header } = await recorded("subagents", "c3d9e0aa");
    expect(header.children).toHaveLength(3);
    expect(header.children?.[0]).toEqual({
      id: "agent-a3b2f6e83fec597c5",
      provider: "claude-code",
      relation: "subagent",
    });
    expect(messages.find((message) => message.extra?.["originKind"] === "task-notification")).toMatchObject({
      role: "user",
      origin: "injected",
    });
    expect(calls(messages).map((call) => call.tool?.kind)).toEqual(["task", "task", "task"]);
  });

  it("follows a compaction with kept messages, commands and files", async () => {
    const { messages, header } = await recorded("interactive-compact", "160d8024");
    expect(header).toMatchObject({
      title: "EUR price formatting",
      nativeName: "EUR price formatting",
      git: { branch: "main" },
    });
    expect(messages[0]).toMatchObject({ origin: "compaction" });
    expect(outline(messages)[1]).toBe("assistant: Short version: the README needs a currency section.");
    expect(messages.filter((message) => message.origin === "command")).toHaveLength(4);
    expect(outline(messages)[2]).toContain("Called the Read tool with the following input");
  });

  it("shows an image named in a prompt in front of the prompt", async () => {
    const { messages } = await recorded("forks-rewind-two-workspaces", "0d9c8b7a");
    expect(outline(messages).slice(1, 3)).toEqual(["user: [image]", "user: Describe @logo.png please"]);
  });

  it("follows forks and rewinds", async () => {
    const branch = await recorded("forks-rewind-two-workspaces", "764d2b8d");
    expect(branch.header).toMatchObject({
      title: "playful",
      parent: { id: "328e553e-443c-476f-b886-59e6e6c617db", relation: "fork" },
    });
    const rewound = await recorded("forks-rewind-two-workspaces", "328e553e");
    expect(outline(rewound.messages)).not.toContain("user: Another tagline");
    const copy = await recorded("forks-rewind-two-workspaces", "171ce1eb");
    expect(copy.header.parent?.id).toBe("7e0c4b1f-95d2-4a38-b6e7-0f3d2c1b5a49");
  });
});

describe("what is sent", () => {
  const start = (): JsonObject[] => [user("u1", null, "one"), answer("a1", "u1", "m1", "A1")];

  it("leaves out error notices, reasoning alone and empty texts", async () => {
    const records = [
      ...start(),
      user("u2", "a1", "two"),
      answer("e", "u2", "me", "API Error: 500", {
        isApiErrorMessage: true,
        message: { model: "<synthetic>" },
      }),
      user("u3", "e", "   "),
      answer("t", "u3", "mt", { type: "thinking", thinking: "hm", signature: "sig" }),
      user("u4", "t", "four"),
      answer("a4", "u4", "m4", "A4"),
    ];
    expect((await contextOf(records)).slice(2)).toEqual(["user: two", "user: four", "assistant: A4"]);
  });

  it("has slash commands and hidden texts, with their origin", async () => {
    const records = [
      ...start(),
      system("s1", "a1", "local_command", { content: "<command-name>/x</command-name>" }),
      system("s2", "s1", "informational", { content: "INFO" }),
      user("u2", "s2", "META", { isMeta: true }),
      user("u3", "u2", [{ type: "text", text: "[Request interrupted by user]" }]),
    ];
    const messages = await collect((await open(records)).messages({ history: "context" }));
    expect(outline(messages).slice(2)).toEqual([
      "user: <command-name>/x</command-name>",
      "user: META",
      "user: [Request interrupted by user]",
    ]);
    expect(messages.slice(2).map((message) => message.origin)).toEqual(["command", "injected", "injected"]);
  });

  it("has prompts typed while a tool ran, in their place", async () => {
    const queued = attachment(
      "q",
      "r1",
      { type: "queued_command", prompt: "and this", commandMode: "prompt" },
      {
        rendered: [
          {
            content:
              "<system-reminder>\nThe user sent a new message while you were working:\nand this\n</system-reminder>",
          },
        ],
        renderedRole: "system",
      },
    );
    const records = [
      ...start(),
      user("u2", "a1", "go"),
      answer("x", "u2", "m2", use("t1")),
      user("r1", "x", [result("t1")]),
      queued,
      answer("a2", "q", "m3", "A2"),
    ];
    expect((await contextOf(records)).slice(4)).toEqual([
      "result t1: ok",
      "user: The user sent a new message while you were working:\nand this",
      "assistant: A2",
    ]);
  });

  it("has files named in prompts in front of them, and no other attachments", async () => {
    const file = attachment("f", "u2", {
      type: "file",
      filename: "/a.js",
      content: { type: "text", file: { content: "x\ny", startLine: 4 } },
    });
    const chatter = attachment(
      "c",
      "f",
      { type: "environment" },
      { rendered: [{ content: "ENV" }], renderedRole: "user" },
    );
    const texts = (
      await contextOf([
        ...start(),
        user("u2", "a1", "see @a.js"),
        file,
        chatter,
        answer("a2", "c", "m2", "A2"),
      ])
    ).slice(2);
    expect(texts[0]).toContain('{"file_path":"/a.js"}');
    expect(texts[1]).toContain("4\tx\n5\ty");
    expect(texts.slice(2)).toEqual(["user: see @a.js", "assistant: A2"]);
  });

  it("knows whose reasoning it is", async () => {
    const thinking = (signature: string): JsonObject => ({ type: "thinking", thinking: "T", signature });
    const records = [
      user("u1", null, "one"),
      answer("a1", "u1", "m1", thinking("claudes")),
      answer("a2", "a1", "m1", thinking("ours"), {
        casr: { reasoning: "display" },
        message: { model: "gpt-5.5" },
      }),
      answer("a3", "a2", "m1", thinking("others"), { message: { model: "gpt-5.5" } }),
      answer("a4", "a3", "m1", { type: "redacted_thinking", data: "enc" }),
      answer("a5", "a4", "m1", "text"),
    ];
    const messages = await collect((await open(records)).messages({ history: "context" }));
    expect(blocks(messages, "reasoning")).toEqual([
      { type: "reasoning", text: "T", signature: "claudes", issuer: "anthropic" },
      { type: "reasoning", text: "T", displayOnly: true },
      { type: "reasoning", text: "T", signature: "others" },
      { type: "reasoning", text: "", redacted: true, encrypted: "enc", issuer: "anthropic" },
    ]);
  });
});

describe("damage", () => {
  it("warns with file and line and goes on", async () => {
    const reading = await open([
      user("u1", null, "one"),
      '{"type":"user",',
      "[1]",
      "",
      answer("a1", "u1", "m1", "A1"),
      '{"type":"assistant"',
    ]);
    expect(reading.records).toEqual({ total: 5, malformed: 3 });
    expect(reading.warnings).toEqual(["bad-line:2", "bad-line:3", "bad-line:6"]);
    expect(outline(await collect(reading.messages({ history: "context" })))).toEqual([
      "user: one",
      "assistant: A1",
    ]);
  });

  it("survives values of any type", async () => {
    const odd: JsonObject[] = [
      { type: "user", uuid: "x1", parentUuid: "u1", message: 7 },
      {
        type: "assistant",
        uuid: "x2",
        parentUuid: "x1",
        message: { content: [null, 3, { type: "tool_use" }, { type: "text", text: {} }] },
      },
      { type: "attachment", uuid: "x3", parentUuid: "x2", attachment: { type: "file", content: [] } },
      {
        type: "system",
        uuid: "x4",
        parentUuid: "x3",
        subtype: "compact_boundary",
        compactMetadata: "no",
        logicalParentUuid: 3,
      },
      {
        type: "user",
        uuid: "x5",
        parentUuid: "x4",
        message: {
          content: [
            { type: "tool_result", tool_use_id: 5 },
            { type: "image", source: null },
          ],
        },
      },
      { type: { a: 1 }, uuid: 9 },
      { type: "user", uuid: "x6", parentUuid: ["x"], message: { content: "end" } },
    ];
    expect(await contextOf([user("u1", null, "one"), ...odd])).toContain("user: end");
  });

  it("refuses a file without messages", async () => {
    await expect(open([{ type: "summary", summary: "x" }])).rejects.toMatchObject({
      code: "source-unreadable",
    });
    await expect(open([""])).rejects.toMatchObject({ code: "source-unreadable" });
  });

  it("names unknown record types once", async () => {
    const reading = await open([
      user("u1", null, "one"),
      { type: "novel" },
      { type: "novel" },
      answer("a1", "u1", "m1", "A1"),
    ]);
    expect(reading.warnings).toEqual(["unknown-record:2"]);
  });
});
