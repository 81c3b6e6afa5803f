import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Message, SessionRef } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { nativeCall } from "../src/tools.ts";
import { copyHome, CORPUS, outline, readRef, roundTrip, testWorld, type TestWorld } from "./helpers.ts";

const folder = join(CORPUS, "gemini");
const cases = existsSync(folder) ? await readdir(folder) : [];

async function open(testCase: string): Promise<TestWorld & { refs: SessionRef[] }> {
  const made = await testWorld({ home: await copyHome(testCase) });
  const refs: SessionRef[] = [];
  for await (const ref of reader.discover(made.world)) refs.push(ref);
  return { ...made, refs };
}

async function openOne(testCase: string): Promise<TestWorld & { ref: SessionRef }> {
  const made = await open(testCase);
  expect(made.refs).toHaveLength(1);
  return { ...made, ref: made.refs[0]! };
}

const lines = (messages: Message[]): string[] => outline(messages).map((line) => line.slice(0, 120));

describe.each(cases)("genuine session %s", (testCase) => {
  test("every call has one answer behind it, every block something in it", async () => {
    const { world, refs, warnings } = await open(testCase);
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      const { messages, header } = await readRef(ref, world);
      const calls = messages.flatMap(({ content }) =>
        content.flatMap((block) => (block.type === "tool_call" ? [block.id] : [])),
      );
      const answers = messages.flatMap(({ content }) =>
        content.flatMap((block) => (block.type === "tool_result" ? [block.callId] : [])),
      );
      expect(answers).toEqual(calls);
      expect(new Set(calls).size).toBe(calls.length);
      expect(messages.every(({ content }) => content.length > 0)).toBe(true);
      expect(messages[0]?.role).toBe("user");
      expect(header.id).toBe(ref.id);
      const summary = await reader.summarize(ref, world);
      expect(summary).toMatchObject({
        title: header.title,
        startedAt: header.startedAt,
        model: header.model,
      });
      expect(await reader.identify(ref.path, world)).toEqual(ref);
    }
    expect(warnings).toEqual([]);
  });

  test("every call of the tool table comes back as it was", async () => {
    const { world, refs } = await open(testCase);
    for (const ref of refs) {
      const { messages } = await readRef(ref, world);
      for (const block of messages.flatMap(({ content }) => content)) {
        if (block.type !== "tool_call" || block.tool === undefined) continue;
        const { tool } = block;
        const mcp = tool.kind === "mcp" ? `mcp_${tool.server}_${tool.tool}` : undefined;
        // Tools that were renamed come back under their present name.
        const name = mcp ?? block.name.replace("search_file_content", "grep_search");
        expect(nativeCall(tool)).toEqual({ name, input: block.input });
      }
    }
  });

  test("written again it reads the same", async () => {
    const { world, refs } = await open(testCase);
    for (const ref of refs) {
      const { messages, header } = await readRef(ref, world);
      const again = await roundTrip(messages, header);
      expect(outline(again.messages)).toEqual(outline(messages));
    }
  });
});

describe.runIf(cases.length > 0)("what the genuine sessions say", () => {
  test("a resumed session: each answer once, a failing command with its exit code", async () => {
    const { ref, world } = await openOne("basic-tools");
    const { messages } = await readRef(ref, world);
    expect(lines(messages).filter((line) => line.startsWith("tool: [error"))).toEqual([
      expect.stringMatching(/^tool: \[error run_shell_command_\d+_0 exit 2\] ok — всё хорошо ✓/u),
      expect.stringMatching(/^tool: \[error read_file_\d+_0\] File not found/u),
    ]);
    expect(lines(messages).at(-1)).toBe("assistant: Nothing left to tidy.");
    expect(messages).toHaveLength(18);
  });

  test("a compressed session: the model has the summary, the history has the prompt it was made from", async () => {
    const { ref, world } = await openOne("interactive-cancel-compress");
    const context = lines((await readRef(ref, world)).messages);
    expect(context[0]).toMatch(/^user: \[compaction\] <state_snapshot>/u);
    expect(context.slice(1)).toEqual([
      "assistant: Got it. Thanks for the additional context!",
      "user: Give a short answer then",
      "assistant: Short answer: the second rule trims each line.",
      "user: Do you still know the rules",
      "assistant: After compression: I still know the three rules.",
    ]);
    const full = lines((await readRef(ref, world, "full")).messages);
    expect(full.slice(0, 5)).toEqual([
      "user: What do the notes say",
      "assistant: Reading the notes.",
      expect.stringMatching(/^assistant: \[call read_file_\d+_0\] read_file/u),
      expect.stringMatching(/^tool: \[result read_file_\d+_0\] # Notes/u),
      "assistant: There are three rules in the notes.",
    ]);
    // The rejected prompt and the one stopped by Esc were rolled back.
    expect(full.slice(5)).toEqual(context);
  });

  test("pictures of prompts and tools, and an output that was cut", async () => {
    const { ref, world } = await openOne("image-and-big-output");
    const { messages } = await readRef(ref, world);
    const blocks = messages.flatMap(({ content }) => content);
    expect(blocks.filter((block) => block.type === "image")).toHaveLength(1);
    const results = blocks.filter((block) => block.type === "tool_result");
    expect(results.map((block) => block.truncated ?? false)).toEqual([true, false]);
    expect(results[1]?.content.map((part) => part.type)).toEqual(["text", "image"]);
  });

  test("tools of MCP servers: frames off, server and tool told apart", async () => {
    const { ref, world } = await openOne("mcp-tools");
    const { messages } = await readRef(ref, world);
    const blocks = messages.flatMap(({ content }) => content);
    expect(blocks.flatMap((block) => (block.type === "tool_call" ? [block.tool] : []))).toMatchObject([
      { kind: "mcp", server: "city", tool: "population" },
      { kind: "mcp", server: "city", tool: "population" },
      { kind: "mcp", server: "city", tool: "skyline" },
    ]);
    expect(lines(messages).filter((line) => line.startsWith("tool: [result"))).toEqual([
      expect.stringMatching(/\] Lisbon: 1,234,567\|source: census$/u),
      expect.stringMatching(/\] Skyline of Porto\|\[Tool 'skyline' provided/u),
    ]);
  });

  test("servers are known also where a resume dropped the labels, and under the names of 0.30", async () => {
    const tools = async (name: string): Promise<string[]> => {
      const { ref, world } = await openOne(name);
      const { messages } = await readRef(ref, world);
      const calls = messages.flatMap(({ content }) => content.filter((block) => block.type === "tool_call"));
      return calls.flatMap(({ tool }) => (tool?.kind === "mcp" ? [`${tool.server} ${tool.tool}`] : []));
    };
    expect(await tools("mcp-resumed")).toEqual([
      "qa get-weather",
      "qa list.items",
      "qa big-image",
      "qa fail-hard",
      "my-srv mixed",
      "under_score snake_case_tool",
      "qa resource-link",
      "qa structured",
      "qa empty",
      "qa throws",
      "qa audio",
      "qa nonexistent",
      "qa get-weather",
    ]);
    expect(await tools("slug-json-0.30")).toEqual([
      "qa get-weather",
      "qa get-weather",
      "qa get-weather",
      "qa list.items",
      "qa mixed",
      "qa mixed",
      "my_srv get-weather",
      "my_srv get-weather",
      "qa mixed",
      "qa fail-hard",
      "qa fail-hard",
    ]);
  });

  test("a session resumed within its first minute is whole", async () => {
    const { refs, world } = await open("same-name-workspaces");
    const found = await Promise.all(refs.map((ref) => readRef(ref, world)));
    const whole = found.find(({ header }) => header.nativeName === "Short title")!;
    expect(whole.header).toMatchObject({
      workspace: "/home/dev/projects/two/site",
      startedAt: Date.parse("2026-11-21T05:19:10.954Z"),
    });
    expect(lines(whole.messages).filter((line) => line.startsWith("user"))).toEqual([
      "user: Make a page in German and Russian",
      "user: Add a footer",
    ]);
  });

  test("a subagent is linked, not listed", async () => {
    const { ref, world } = await openOne("subagent");
    const { header } = await readRef(ref, world);
    expect(header.children).toEqual([
      { id: "67f2efb3-0827-4c58-9753-0c8338eb78ce", provider: "gemini", relation: "subagent" },
    ]);
  });
});
