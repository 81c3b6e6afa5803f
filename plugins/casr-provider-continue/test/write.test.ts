import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Block, Message } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import {
  apply,
  message,
  NEW_ID,
  outline,
  planFor,
  put,
  readPath,
  roundTrip,
  SESSIONS,
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
const thought = (said: string): Block => ({ type: "reasoning", text: said, displayOnly: true });

const SESSION: Message[] = [
  { ...message("user", text("hello")), origin: "person", timestamp: 1_800_000_000_000 },
  message("assistant", thought("alone")),
  message(
    "assistant",
    thought("Hm."),
    text("one"),
    thought("So."),
    text("two"),
    call("c1", "Bash", { command: "ls" }, { tool: { kind: "shell", command: "ls" } }),
    call("c2", "exec", { js: "1" }, { foreign: { provider: "codex", name: "exec" } }),
  ),
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
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
  ),
  {
    ...message("user", { type: "image", mediaType: "image/png", data: { base64: "AAAA" } }),
    origin: "injected",
  },
  { ...message("user", { type: "compaction", summary: "In short" }), origin: "compaction" },
  message("assistant", text("done")),
  message("assistant", thought("and then")),
];

describe("a written session", () => {
  test("reads back equal", async () => {
    const { messages, header } = await roundTrip(SESSION, {
      nativeName: "A name",
      startedAt: 1_700_000_000_000,
    });
    expect(outline(messages)).toEqual([
      "user: hello",
      "assistant: [thought] alone",
      "assistant: [thought] Hm.",
      "assistant: one",
      "assistant: [thought] So.",
      "assistant: two",
      'assistant: [call c1] Bash {"command":"ls"}',
      'assistant: [call c2] exec {"js":"1"}',
      "tool: [error c1 exit 2] no",
      "tool: [result c2] a|b",
      "user: [image image/png]",
      "user: [compaction] In short",
      "assistant: done",
      "assistant: [thought] and then",
    ]);
    expect(messages[0]).toMatchObject({ origin: "person", timestamp: 1_800_000_000_000 });
    expect(header).toMatchObject({
      id: NEW_ID,
      title: "A name",
      workspace: WORKSPACE,
      startedAt: 1_700_000_000_000,
    });
    expect(header.lineage).toMatchObject({ sourceProvider: "claude-code", sourceId: "source" });
  });

  test("is laid out as cn does it, with nothing that would be sent but is empty", async () => {
    const { text: whole, items, list } = await roundTrip(SESSION);
    expect(whole).toBe(JSON.stringify(JSON.parse(whole), undefined, 2));
    expect(items.every((item) => Array.isArray(item["contextItems"]))).toBe(true);
    expect(items.map((item) => (item["message"] as { content: unknown }).content)).not.toContain("");
    expect(list).toMatchObject([
      { sessionId: NEW_ID, title: "First prompt", workspaceDirectory: WORKSPACE, messageCount: 4 },
    ]);
    expect(items[1]).toMatchObject({
      reasoning: { active: false, text: "Hm.\n\nSo." },
      toolCallStates: [
        {
          toolCallId: "c1",
          status: "errored",
          output: [{ content: "Error executing tool Bash: Error (exit code 2): no" }],
        },
        { toolCallId: "c2", status: "done", output: [{ content: "a" }, { content: "b" }] },
      ],
    });
  });

  test("leaves other rows as they are", async () => {
    const { home, world } = await testWorld();
    const rows = [{ session_id: "old form", x: 1 }, { sessionId: "other", title: "t" }, "odd"];
    await put(home, `${SESSIONS}/sessions.json`, JSON.stringify(rows));
    const { list } = await apply(await planFor(SESSION, world));
    expect(list.slice(0, 3)).toEqual(rows);
    expect(list).toHaveLength(4);
    expect(await reader.summarize((await Array.fromAsync(reader.discover(world)))[0]!, world)).toMatchObject({
      title: "First prompt",
      lineage: { sourceId: "source" },
    });
  });

  test("is not put into a list that is none", async () => {
    const { home, world } = await testWorld();
    await put(home, `${SESSIONS}/sessions.json`, "{}");
    await expect(apply(await planFor(SESSION, world))).rejects.toThrow("leaves it alone");
  });

  test("of nothing is a session still", async () => {
    const { messages, text: whole } = await roundTrip([]);
    expect(messages).toEqual([]);
    expect(JSON.parse(whole)).toMatchObject({ sessionId: NEW_ID, history: [] });
  });
});

describe("resuming", () => {
  test("goes on with the newest session, and into a copy of any other", async () => {
    const { home, world } = await testWorld();
    const plan = await planFor(SESSION, world);
    await apply(plan);
    const at = { id: NEW_ID, workspace: WORKSPACE, path: plan.path };
    expect(plan.resume).toMatchObject([{ argv: ["cn", "--resume"], cwd: WORKSPACE }]);
    expect(plan.resume[0]!.note).toContain(NEW_ID);
    expect(await writer.resume(at, world)).toEqual(plan.resume);
    await new Promise((done) => setTimeout(done, 20));
    await writeFile(join(dirname(plan.path), "newer.json"), "{}");
    expect(await writer.resume(at, world)).toMatchObject([
      { argv: ["cn", "--fork", NEW_ID], cwd: WORKSPACE },
    ]);
    expect(await readPath(plan.path, world)).toBeDefined();
    expect(home).toBeTruthy();
  });
});
