import { describe, expect, test } from "vitest";
import type { Block, Message } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import {
  apply,
  message,
  NEW_ID,
  outline,
  planFor,
  roundTrip,
  testWorld,
  text,
  WORKSPACE,
} from "./helpers.ts";

const call = (id: string, name: string, input: { [key: string]: string }, more: object = {}): Block => ({
  type: "tool_call",
  id,
  name,
  input,
  ...more,
});

const SESSION: Message[] = [
  {
    ...message("user", text("/etc is mine\u2028really"), {
      type: "image",
      mediaType: "image/png",
      data: { base64: "AAAA" },
    }),
    origin: "person",
  },
  {
    ...message(
      "assistant",
      { type: "reasoning", text: "Hm." },
      text("Running."),
      call("c1", "run_shell_command", { command: "ls" }, { tool: { kind: "shell", command: "ls" } }),
      call("c2", "exec", { js: "1" }, { foreign: { provider: "codex", name: "exec" } }),
    ),
    model: "m",
    timestamp: 1_800_000_000_000,
  },
  message(
    "tool",
    {
      type: "tool_result",
      callId: "c1",
      isError: true,
      exitCode: 2,
      content: [{ type: "text", text: "no" }],
    },
    {
      type: "tool_result",
      callId: "c2",
      isError: false,
      content: [
        { type: "text", text: "two" },
        { type: "text", text: "parts" },
        { type: "image", mediaType: "image/png", data: { base64: "AAAA" } },
      ],
    },
  ),
  { ...message("user", { type: "compaction", summary: "In short" }), origin: "compaction" },
  { ...message("user", text("told")), origin: "injected", timestamp: 5 },
];

describe("a written session", () => {
  test("reads back equal", async () => {
    const { messages, header, plan } = await roundTrip(SESSION, {
      nativeName: "A name",
      git: { branch: "main" },
    });
    expect(outline(messages)).toEqual([
      "user: /etc is mine\u2028really",
      "user: [image image/png]",
      "assistant: [thought] Hm.",
      "assistant: Running.",
      'assistant: [call c1] run_shell_command {"command":"ls"}',
      'assistant: [call c2] exec {"js":"1"}',
      "tool: [error c1 exit 2] no",
      "tool: [result c2] two|parts|<image/png>",
      "user: [compaction] In short",
      "user: told",
    ]);
    expect(messages.map(({ origin }) => origin).filter(Boolean)).toEqual([
      "person",
      "compaction",
      "injected",
    ]);
    const calls = messages.flatMap(({ content }) => content).filter((block) => block.type === "tool_call");
    expect(calls.map(({ tool, foreign }) => [tool?.kind, foreign])).toEqual([
      ["shell", undefined],
      [undefined, { provider: "codex", name: "exec" }],
    ]);
    expect(header).toMatchObject({
      id: NEW_ID,
      title: "A name",
      workspace: WORKSPACE,
      git: { branch: "main" },
    });
    expect(header.lineage).toMatchObject({ sourceProvider: "claude-code", sourceId: "source" });
    expect(plan.resume).toEqual([{ argv: ["qwen", "--resume", NEW_ID], cwd: WORKSPACE }]);
  });

  test("keeps the CLI's rules", async () => {
    const { records, plan } = await roundTrip(SESSION);
    expect(plan.path.endsWith(`/projects/-home-dev-projects-app/chats/${NEW_ID}.jsonl`)).toBe(true);
    expect(records.every((record) => record["sessionId"] === NEW_ID && record["cwd"] === WORKSPACE)).toBe(
      true,
    );
    expect(records.map((record) => record["parentUuid"])).toEqual([
      null,
      ...records.slice(0, -1).map((record) => record["uuid"]),
    ]);
    expect(new Set(records.map((record) => record["uuid"])).size).toBe(records.length);
    const times = records.map((record) => String(record["timestamp"]));
    expect(times.toSorted()).toEqual(times);
    expect(JSON.stringify(records)).not.toContain("usageMetadata");
    expect(records.map((record) => record["type"])).toEqual([
      "user",
      "assistant",
      "tool_result",
      "tool_result",
      "user",
      "user",
    ]);
    expect(records[2]).toMatchObject({
      message: { role: "user", parts: [{ functionResponse: { id: "c1", name: "run_shell_command" } }] },
      toolCallResult: { callId: "c1", status: "error", executionStatus: "error" },
    });
    expect(JSON.stringify(records[2])).toContain("Exit Code: 2");
  });

  test("keeps texts apart that the CLI would string together", async () => {
    const { messages, records } = await roundTrip([
      message("user", text("q")),
      message("assistant", text("one"), text("two"), { type: "reasoning", text: "Hm." }),
      message("assistant", text("three")),
      message("user", text("q2")),
      message("assistant", text("four")),
    ]);
    expect(outline(messages).filter((line) => line.startsWith("assistant"))).toEqual([
      "assistant: one",
      "assistant: two",
      "assistant: [thought] Hm.",
      "assistant: three",
      "assistant: four",
    ]);
    const said = records.map((record) => record["message"] as { role: string; parts: { text: string }[] });
    expect(said[1]!.parts.map((part) => part.text)).toEqual(["one", "\n\n", "two", "Hm."]);
    expect(said[2]!.parts.map((part) => part.text)).toEqual(["\n\n", "three"]);
    expect(said[4]!.parts.map((part) => part.text)).toEqual(["four"]);
  });

  test("of Qwen Code's own is strung together as before", async () => {
    const pieces = [message("assistant", text("one")), message("assistant", text("two"))];
    const { records } = await roundTrip(pieces, { provider: "qwen" });
    expect(JSON.stringify(records)).not.toContain("joints");
  });

  test("is the same each time", async () => {
    const texts = [];
    for (const { world } of [await testWorld(), await testWorld()])
      texts.push(await apply(await planFor(SESSION, world)));
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toContain("\u2028");
  });

  test("has a name only where the first prompt would not do", async () => {
    for (const [title, count] of [
      ["First prompt", 1],
      ["Another", 2],
    ] as const) {
      const { records } = await roundTrip([message("user", text("First prompt"))], { title });
      expect(records).toHaveLength(count);
    }
  });

  test("has a name where the list would show a text that nobody typed", async () => {
    const attached: Message = { ...message("user", text("# Attached Files")), origin: "injected" };
    const { records } = await roundTrip([attached, message("user", text("Read them"))], {
      title: "Read them",
    });
    expect(records.at(-1)).toMatchObject({
      subtype: "custom_title",
      systemPayload: { customTitle: "Read them" },
    });
  });

  test("is listed with its title", async () => {
    const { world } = await roundTrip(SESSION, { nativeName: "Ünï 🙏" });
    const [ref] = await Array.fromAsync(reader.discover(world));
    expect(await reader.summarize(ref!, world)).toMatchObject({
      nativeName: "Ünï 🙏",
      lineage: { sourceId: "source" },
    });
  });
});
