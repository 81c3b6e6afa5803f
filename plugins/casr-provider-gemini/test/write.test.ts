import { readFile as readText } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block, Message } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import {
  apply,
  jsonl,
  message,
  METADATA,
  NEW_ID,
  NOW,
  outline,
  planFor,
  put,
  readFile,
  roundTrip,
  testWorld,
  text,
  WORKSPACE,
} from "./helpers.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const png: Block = { type: "image", mediaType: "image/png", data: { base64: PNG } };
const think = (value: string): Block => ({ type: "reasoning", text: value, displayOnly: true });
const shell = (id: string, command: string): Block => ({
  type: "tool_call",
  id,
  name: "run_shell_command",
  input: { command },
  tool: { kind: "shell", command },
});
const result = (callId: string, value: string, more: object = {}): Block => ({
  type: "tool_result",
  callId,
  content: value === "" ? [] : [{ type: "text", text: value }],
  isError: false,
  ...more,
});

/** The records of a written file. */
async function records(path: string): Promise<Record<string, unknown>[]> {
  return (await readText(path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const CONVERSATION: Message[] = [
  { ...message("user", text("Look at this"), png), timestamp: Date.parse("2026-01-02T03:04:05.678Z") },
  message(
    "assistant",
    think("**Plan** Look."),
    text("I look."),
    think("**X**\n\nThen more."),
    shell("toolu_1", "ls"),
    shell("toolu_2", "false"),
  ),
  message("tool", result("toolu_1", "a\nb\n"), result("toolu_2", "bad", { isError: true, exitCode: 1 })),
  message("assistant", text("Done.")),
];

describe("a written session", () => {
  test("reads back block for block", async () => {
    const { messages } = await roundTrip(CONVERSATION);
    expect(outline(messages)).toEqual(outline(CONVERSATION));
  });

  test("has its place, name and first line as the CLI wants them", async () => {
    const { plan, home, header, world } = await roundTrip(CONVERSATION, {
      title: "The title — всё",
      startedAt: Date.parse("2025-05-06T07:08:09Z"),
    });
    expect(plan.path).toMatch(/\/\.gemini\/tmp\/app\/chats\/session-2025-05-06T07-08-cs[a-z0-9]{6}\.jsonl$/u);
    expect(plan.path).not.toContain(NEW_ID.slice(0, 8));
    expect(plan.roots).toEqual([join(home, ".gemini/tmp")]);
    expect(plan.resume).toEqual([{ argv: ["gemini", "--resume", NEW_ID], cwd: WORKSPACE }]);
    expect(await readText(join(home, ".gemini/tmp/app/.project_root"), "utf8")).toBe(WORKSPACE);
    expect((await records(plan.path))[0]).toEqual({
      sessionId: NEW_ID,
      projectHash: createHash("sha256").update(WORKSPACE).digest("hex"),
      startTime: "2025-05-06T07:08:09.000Z",
      lastUpdated: new Date(NOW).toISOString(),
      kind: "main",
      summary: "The title — всё",
      casr: {
        source: { provider: "claude-code", id: "source" },
        digest: "d".repeat(64),
        version: "0.1.0",
        converted_at: new Date(NOW).toISOString(),
      },
    });
    const lineage = {
      sourceProvider: "claude-code",
      sourceId: "source",
      digest: "d".repeat(64),
      casrVersion: "0.1.0",
      convertedAt: NOW,
    };
    expect(header).toMatchObject({ lineage, nativeName: "The title — всё", workspace: WORKSPACE });
    for await (const ref of reader.locate(NEW_ID.slice(0, 6), world))
      expect((await reader.summarize(ref, world)).lineage).toEqual(lineage);
  });

  test("has calls and answers only in the content, and nothing the CLI would send twice", async () => {
    const { plan } = await roundTrip(CONVERSATION);
    const written = await records(plan.path);
    const toolCalls = written.flatMap(
      (record) => (record["toolCalls"] ?? []) as { id: string; result?: unknown }[],
    );
    expect(toolCalls.map(({ id }) => id)).toEqual(["ui:toolu_1", "ui:toolu_2"]);
    expect(toolCalls.every((call) => call.result === undefined)).toBe(true);
    const answers = written.filter((record) =>
      JSON.stringify(record["content"] ?? "").includes("functionResponse"),
    );
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({
      type: "user",
      content: [
        {
          functionResponse: {
            id: "toolu_1",
            name: "run_shell_command",
            response: { output: "<untrusted_context>\nOutput: a\nb\n\n</untrusted_context>" },
          },
        },
        {
          functionResponse: {
            id: "toolu_2",
            name: "run_shell_command",
            response: { output: "<untrusted_context>\nOutput: bad\nExit Code: 1\n</untrusted_context>" },
          },
        },
      ],
    });
    expect(JSON.stringify(written)).not.toContain('{"text":""}');
  });

  test("is the same for the same input", async () => {
    const [first, second] = [await roundTrip(CONVERSATION), await roundTrip(CONVERSATION)];
    expect(await readText(first.plan.path, "utf8")).toBe(await readText(second.plan.path, "utf8"));
  });

  test("keeps times in order", async () => {
    const times = [5, 3, undefined, 9].map((time, n) => ({
      ...message("user", text(`m${n}`)),
      ...(time === undefined ? {} : { timestamp: NOW + time }),
    }));
    const { messages } = await roundTrip(times, { startedAt: NOW });
    expect(messages.map(({ timestamp }) => timestamp! - NOW)).toEqual([5, 5, 6, 9]);
  });

  test("marks a text the CLI would not send, and shows it plainly", async () => {
    const { plan, messages } = await roundTrip([
      message("user", text("/etc/hosts is odd")),
      message("user", text(" ? really"), text("b")),
      message("user", text("<hook_context>x")),
      message("user", png, text("/x")),
    ]);
    expect(outline(messages)).toEqual([
      "user: /etc/hosts is odd",
      "user:  ? really",
      "user: b",
      "user: <hook_context>x",
      "user: [image image/png]",
      "user: /x",
    ]);
    const [, first, second, third, fourth] = await records(plan.path);
    expect(first).toMatchObject({
      content: [{ text: "/etc/hosts is odd", thought: false }],
      displayContent: [{ text: "/etc/hosts is odd" }],
    });
    expect(second).toMatchObject({ content: [{ text: " ? really", thought: false }, { text: "b" }] });
    expect(third).toMatchObject({ content: [{ text: "<hook_context>x", thought: false }] });
    expect(fourth).not.toHaveProperty("displayContent");
  });

  test("has no line separator inside a line", async () => {
    const { plan, messages } = await roundTrip([message("user", text("a\u2028b\u2029c"))]);
    expect(await readText(plan.path, "utf8")).not.toMatch(/[\u2028\u2029]/u);
    expect(outline(messages)).toEqual(["user: a\u2028b\u2029c"]);
  });

  test("keeps summaries, origins, foreign tools and ids that look like the CLI's own", async () => {
    const foreign = { provider: "codex", name: "update plan" };
    const { messages } = await roundTrip([
      { ...message("user", { type: "compaction", summary: "Before." }, text("and")), origin: "compaction" },
      { ...message("user", text("background task ended")), origin: "injected" },
      message("system", text("be brief")),
      message(
        "assistant",
        { type: "tool_call", id: "glob__1", name: "glob", input: { pattern: "*" } },
        { type: "tool_call", id: "c2", name: "update_plan", input: { input: "x" }, foreign },
      ),
      message("tool", result("glob__1", "found"), result("c2", "ok")),
    ]);
    expect(messages.map(({ origin }) => origin)).toEqual([
      "compaction",
      "injected",
      "injected",
      undefined,
      undefined,
    ]);
    expect(messages[0]?.content[0]).toEqual({ type: "compaction", summary: "Before." });
    expect(
      messages[3]?.content.map((block) => (block.type === "tool_call" ? [block.id, block.foreign] : [])),
    ).toEqual([
      ["glob__1", undefined],
      ["c2", foreign],
    ]);
    expect(outline(messages).slice(-2)).toEqual(["tool: [result glob__1] found", "tool: [result c2] ok"]);
  });
});

describe("the folder of a workspace", () => {
  const folderOf = async (files: Record<string, string>): Promise<string> => {
    const { home, world } = await testWorld();
    for (const [path, content] of Object.entries(files)) await put(home, path, content);
    const plan = await planFor([message("user", text("x"))], world);
    return plan.path.split("/").at(-3)!;
  };
  const projects = (map: Record<string, string>): string => JSON.stringify({ projects: map });

  test("is the registered one", async () => {
    expect(await folderOf({ ".gemini/projects.json": projects({ [WORKSPACE]: "my-app" }) })).toBe("my-app");
  });
  test("is not the registered one when a marker there names another workspace", async () => {
    expect(
      await folderOf({
        ".gemini/projects.json": projects({ [WORKSPACE]: "my-app" }),
        ".gemini/history/my-app/.project_root": "/other",
      }),
    ).toBe("app");
  });
  test("is one whose marker names the workspace", async () => {
    expect(await folderOf({ ".gemini/tmp/app-7/.project_root": `${WORKSPACE}\n` })).toBe("app-7");
    expect(await folderOf({ ".gemini/history/app-8/.project_root": WORKSPACE })).toBe("app-8");
  });
  test("is else a new one, beside those that are taken", async () => {
    expect(await folderOf({})).toBe("app");
    expect(
      await folderOf({
        ".gemini/projects.json": projects({ "/x/app": "app" }),
        ".gemini/tmp/app-1/.project_root": "/y/app",
      }),
    ).toBe("app-2");
  });
  test("does not trust a registry the CLI would throw away", async () => {
    expect(await folderOf({ ".gemini/projects.json": projects({ [WORKSPACE]: "../../evil" }) })).toBe("app");
    expect(
      await folderOf({ ".gemini/projects.json": projects({ [WORKSPACE]: "good", "/x": "Bad Slug" }) }),
    ).toBe("app");
  });
});

test("a session that is there already is resumed from its workspace", async () => {
  const { world } = await testWorld();
  expect(await writer.resume({ id: "a", workspace: "/w", path: "/p" }, world)).toEqual([
    { argv: ["gemini", "--resume", "a"], cwd: "/w" },
  ]);
});

test("what the CLI makes of a written session at a resume reads the same", async () => {
  const { plan, world, messages } = await roundTrip(CONVERSATION);
  const [, ...rest] = await records(plan.path);
  // Thoughts go into the content of records without calls, everything else stays.
  const rewritten = rest.map((record) => {
    const calls = JSON.stringify(record["content"]).includes("functionCall");
    const thoughts = (record["thoughts"] ?? []) as { subject: string; description: string }[];
    const parts = thoughts.map(({ subject, description }) => ({
      text: subject === "" ? description : `**${subject}** ${description}`,
      thought: true,
    }));
    return calls || parts.length === 0
      ? record
      : { ...record, content: [...parts, ...(record["content"] as object[])] };
  });
  const before = await readText(plan.path, "utf8");
  const path = plan.path.replace("chats/", "chats/again-");
  await put(
    "/",
    path,
    `${before}${jsonl({ $set: { sessionId: METADATA.sessionId } }, { $set: { messages: rewritten } })}`,
  );
  expect(outline((await readFile(path, world)).messages)).toEqual(outline(messages));
});

const words = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom(
    "/x",
    "? y",
    "<session_context>\na\n</session_context>",
    " \n",
    "**A** b",
    "\u2028",
    "<state_snapshot>x</state_snapshot>",
  ),
);
const textBlock = words.map(text);
const userMessage = fc.array(fc.oneof(textBlock, fc.constant(png)), { minLength: 1, maxLength: 3 });
const toolName = fc.constantFrom("run_shell_command", "mcp_a_b", "read_file", "Other");
const turn = fc.record({
  user: userMessage,
  blocks: fc.array(fc.oneof(textBlock, words.map(think), toolName), { minLength: 1, maxLength: 5 }),
  results: fc.array(
    fc.record({
      texts: fc.array(words, { maxLength: 2 }),
      isError: fc.boolean(),
      exitCode: fc.integer({ min: 1, max: 9 }),
      image: fc.boolean(),
    }),
    { minLength: 5, maxLength: 5 },
  ),
});

/** Blocks in order, with results in the form in which they are compared. */
function comparable(messages: Message[]): string[] {
  return messages.flatMap(({ role, content }) =>
    content.map((block) => {
      if (block.type === "text" || block.type === "compaction")
        return `${role} ${block.type === "text" ? block.text : block.summary}`;
      if (block.type === "reasoning") return `thought ${block.text}`;
      if (block.type !== "tool_result")
        return `${role} ${block.type} ${block.type === "tool_call" ? `${block.id} ${block.name}` : ""}`;
      const texts = block.content.map((part) => (part.type === "text" ? part.text : "")).join("");
      return `result ${block.callId} ${texts} ${block.content.filter((part) => part.type === "image").length} ${block.isError}`;
    }),
  );
}

test("any conversation reads back as it was written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 3 }), async (turns) => {
      let calls = 0;
      const messages = turns.flatMap(({ user, blocks, results }) => {
        const answer = blocks.map((block): Block =>
          typeof block === "string"
            ? { type: "tool_call", id: `c${(calls += 1)}`, name: block, input: { n: calls } }
            : block,
        );
        const made = answer.filter((block) => block.type === "tool_call");
        const tool = made.map((call, n): Block => {
          const { texts, isError, exitCode, image } = results[n]!;
          const content = [
            ...texts.map((value) => ({ type: "text" as const, text: value })),
            ...(image ? [png as Extract<Block, { type: "image" }>] : []),
          ];
          return {
            type: "tool_result",
            callId: call.id,
            content,
            isError,
            ...(isError && call.name === "run_shell_command" ? { exitCode } : {}),
          };
        });
        return [
          message("user", ...user),
          message("assistant", ...answer),
          ...(tool.length > 0 ? [message("tool", ...tool)] : []),
        ];
      });
      // The core leaves blank texts out before a writer sees them.
      const wanted = messages
        .map((item) => ({
          ...item,
          content: item.content.filter((block) => block.type !== "text" || block.text.trim() !== ""),
        }))
        .filter((item) => item.content.length > 0);
      const { messages: read } = await roundTrip(wanted);
      expect(comparable(read)).toEqual(comparable(wanted));
    }),
    { numRuns: 150 },
  );
});

test("a plan is carried out only once", async () => {
  const { world } = await testWorld();
  const plan = await planFor(CONVERSATION, world);
  await apply(plan);
  await expect(apply(plan)).rejects.toThrow();
});

test("pictures that Google's service may refuse are written, and people are told", async () => {
  const picture = (mediaType: string): Block => ({ type: "image", mediaType, data: { base64: "R0lGODlh" } });
  const common = await roundTrip([message("user", picture("image/png"))]);
  expect(common.plan.notes).toEqual([]);
  const { plan, messages } = await roundTrip([message("user", text("look"), picture("image/gif"))]);
  expect(messages[0]?.content[1]).toMatchObject({ mediaType: "image/gif" });
  expect(plan.notes).toEqual([expect.stringContaining("image/gif")]);
});
