import { describe, expect, test } from "vitest";
import { reader } from "../src/read.ts";
import {
  answer,
  callPart,
  chained,
  CHATS,
  copyHome,
  ID,
  model,
  outline,
  put,
  readPath,
  readRecords,
  readRef,
  system,
  testWorld,
  user,
  WORKSPACE,
} from "./helpers.ts";

describe("the active branch", () => {
  test("is the one that ends in the last record; a rewind's branch is gone", async () => {
    const { messages } = await readRecords([
      user("one"),
      model({ text: "1" }),
      user("two"),
      model({ text: "2" }),
      { ...system("rewind", { truncatedCount: 2 }), parentUuid: "r1" },
      user("three"),
    ]);
    expect(outline(messages)).toEqual(["user: one", "assistant: 1", "user: three"]);
  });

  test("ends where a parent is missing, with a warning", async () => {
    const { messages, warnings } = await readRecords([
      user("one"),
      { ...user("two"), parentUuid: "gone" },
      model({ text: "2" }),
    ]);
    expect(outline(messages)).toEqual(["user: two", "assistant: 2"]);
    expect(warnings).toMatchObject([{ code: "missing-parent", line: 2 }]);
  });

  test("records with one uuid are pieces of one message", async () => {
    const { messages } = await readRecords([
      user("one"),
      { ...model({ text: "a", thought: true }), uuid: "same" },
      { ...model({ text: "b" }), uuid: "same", parentUuid: "r0" },
    ]);
    expect(messages.map(({ content }) => content.length)).toEqual([1, 2]);
    expect(outline(messages)).toEqual(["user: one", "assistant: [thought] a", "assistant: b"]);
  });

  test("model turns with an empty part are left out with their neighbours, as the CLI does", async () => {
    const { messages } = await readRecords([
      user("one"),
      model({ text: "gone too" }),
      model({ text: "" }),
      user("two"),
      model({ text: "(request timeout)" }),
      user("three"),
      model({ text: "", thought: true }, { text: "kept" }),
    ]);
    expect(outline(messages)).toEqual(["user: one", "user: two", "user: three", "assistant: kept"]);
  });

  test("a command the CLI answered itself is not sent", async () => {
    const result = {
      phase: "result",
      rawCommand: "/about",
      outputHistoryItems: [{ type: "assistant", text: "…" }],
    };
    const records = [
      user("one"),
      model({ text: "1" }),
      user("/about"),
      system("slash_command", result),
      user("two"),
    ];
    expect(outline((await readRecords(records)).messages)).toEqual([
      "user: one",
      "assistant: 1",
      "user: two",
    ]);
    expect(outline((await readRecords(records, "full")).messages)[2]).toBe("(past) user: /about");
    const other = { ...result, outputHistoryItems: [{ type: "info", text: "…" }] };
    const kept = await readRecords([user("/about"), system("slash_command", other), user("two")]);
    expect(outline(kept.messages)).toEqual(["user: /about", "user: two"]);
  });

  test("what was said aloud or is the CLI's own state is no part of it", async () => {
    const { messages, warnings } = await readRecords([
      user("one"),
      user("spoken", { subtype: "realtime_message" }),
      system("ui_telemetry", { uiEvent: {} }),
      user("<task-notification>done</task-notification>", { subtype: "notification", provenance: "system" }),
      user("while tools ran", { subtype: "mid_turn_user_message" }),
    ]);
    expect(messages.map(({ origin }) => origin)).toEqual(["person", "injected", "person"]);
    expect(warnings).toEqual([]);
  });
});

test("neighbouring texts of an answer are one text, as they are for the model", async () => {
  const { messages } = await readRecords([
    user("q"),
    model({ text: "a" }, { text: "b" }, callPart("c", "x", {}), { text: "d" }),
  ]);
  expect(outline(messages)).toEqual(["user: q", "assistant: ab", "assistant: [call c] x {}", "assistant: d"]);
});

describe("compressions", () => {
  const compressed = system("chat_compression", {
    info: {},
    compressedHistory: [
      { role: "user", parts: [{ text: "Plan.\n\nResume the prior task using the summary above." }] },
      { role: "model", parts: [{ text: "Got it. Thanks for the additional context!" }] },
      { role: "user", parts: [{ text: "Recently accessed file" }] },
      { role: "model", parts: [callPart("c1", "glob", { pattern: "*" })] },
    ],
  });
  const records = [
    user("one"),
    model(callPart("c1", "glob", { pattern: "*" })),
    compressed,
    answer("c1", "glob", { output: "none" }),
    user("two"),
  ];

  test("stand in place of what was before", async () => {
    const { messages } = await readRecords(records);
    expect(outline(messages)).toEqual([
      "user: [compaction] Plan.\n\nResume the prior task using the summary above.",
      "assistant: Got it. Thanks for the additional context!",
      "user: Recently accessed file",
      'assistant: [call c1] glob {"pattern":"*"}',
      "tool: [result c1] none",
      "user: two",
    ]);
    expect(messages.map(({ origin }) => origin)).toEqual([
      "compaction",
      undefined,
      "injected",
      undefined,
      undefined,
      "person",
    ]);
  });

  test("have all of it in front of them in the whole history, and nothing twice", async () => {
    const { messages } = await readRecords(records, "full");
    expect(outline(messages).filter((line) => line.includes("call c1"))).toEqual([
      '(past) assistant: [call c1] glob {"pattern":"*"}',
    ]);
    expect(outline(messages).at(-1)).toBe("user: two");
  });
});

describe("calls and answers", () => {
  test("a call without an id is left out with its answer, a second answer too", async () => {
    const { messages } = await readRecords([
      model({ functionCall: { name: "glob", args: {} } }, callPart("a", "x", { y: 1 })),
      answer("a", "x", { output: "1" }),
      answer("a", "x", { output: "2" }),
      {
        type: "tool_result",
        message: { role: "user", parts: [{ functionResponse: { name: "glob", response: {} } }] },
      },
    ]);
    expect(outline(messages)).toEqual(['assistant: [call a] x {"y":1}', "tool: [result a] 1"]);
  });

  test("pictures belong to the answer, documents follow it", async () => {
    const parts = [
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
      { inlineData: { mimeType: "application/pdf", data: "AAAA" } },
      { text: "more" },
    ];
    const { messages } = await readRecords([
      model(callPart("a", "x", {})),
      answer("a", "x", { output: "o" }, { parts }),
    ]);
    expect(outline(messages).slice(1)).toEqual([
      "tool: [result a] o|more|<image/png>",
      "user: [document application/pdf]",
    ]);
  });

  test("an id that is used twice gets a second name", async () => {
    const { messages } = await readRecords([
      model(callPart("a", "x", {})),
      answer("a", "x", { output: "1" }),
      model(callPart("a", "x", {})),
      answer("a", "x", { output: "2" }),
    ]);
    expect(outline(messages).slice(1)).toEqual([
      "tool: [result a] 1",
      "assistant: [call a_2] x {}",
      "tool: [result a_2] 2",
    ]);
  });
});

test("the header and the list tell the same", async () => {
  const { world, path, header } = await readRecords([
    { ...user("Fix it\nplease"), gitBranch: "trunk", forkedFrom: { sessionId: "other", messageUuid: "m" } },
    { ...model({ text: "ok" }), model: "qwen3-coder-plus", timestamp: "2026-11-21T05:00:09.000Z" },
    system("custom_title", { customTitle: "A name", titleSource: "manual" }),
  ]);
  expect(header).toMatchObject({
    id: ID,
    title: "A name",
    nativeName: "A name",
    workspace: WORKSPACE,
    git: { branch: "trunk" },
    model: "qwen3-coder-plus",
    agentVersion: "0.24.4",
    parent: { id: "other", relation: "fork" },
  });
  const ref = await reader.identify(path, world);
  expect(await reader.summarize(ref!, world)).toMatchObject({
    title: "A name",
    workspace: WORKSPACE,
    gitBranch: "trunk",
    model: "qwen3-coder-plus",
    startedAt: header.startedAt,
  });
});

test("a helper's transcript is read whole and names its session", async () => {
  const { world } = await testWorld({ home: await copyHome("subagent") });
  const listed = [];
  for await (const ref of reader.discover(world)) listed.push(ref);
  expect(listed).toHaveLength(1);
  const main = await readRef(listed[0]!, world);
  const child = main.header.children![0]!;
  const found = [];
  for await (const ref of reader.locate(child.id, world)) found.push(ref);
  expect(found).toHaveLength(1);
  expect(await reader.summarize(found[0]!, world)).toMatchObject({ hidden: "subagent" });
  const { messages, header } = await readRef(found[0]!, world);
  expect(header.parent).toEqual({ id: listed[0]!.id, provider: "qwen", relation: "subagent" });
  expect(messages.filter(({ role }) => role === "tool").length).toBeGreaterThan(1);
});

test("two records in one line, as after a crash, are both read", async () => {
  const { home, world, warnings } = await testWorld();
  const lines = chained([user("one"), model({ text: "1" }), user("two"), model({ text: "2 } {" })]).split(
    "\n",
  );
  const content = [lines[0], `${lines[1]}{"uuid":"torn","mess`, `${lines[2]}${lines[3]}`, ""].join("\n");
  const path = await put(home, `${CHATS}/${ID}.jsonl`, content);
  const { messages, records } = await readPath(path, world);
  expect(outline(messages)).toEqual(["user: one", "assistant: 1", "user: two", "assistant: 2 } {"]);
  expect(records).toEqual({ total: 4, malformed: 2 });
  expect(warnings.map(({ code, line }) => [code, line])).toContainEqual(["bad-line", 3]);
});

test("sessions of the first versions are read", async () => {
  const { home, world } = await testWorld();
  const session = {
    sessionId: "5a5a5a5a-0000-4000-8000-000000000000",
    projectHash: "00",
    startTime: "2025-10-01T05:00:00.000Z",
    lastUpdated: "2025-10-01T05:01:00.000Z",
    messages: [
      { id: "1", timestamp: "2025-10-01T05:00:01.000Z", type: "user", content: "List it" },
      { id: "2", type: "info", content: "shown only" },
      {
        id: "3",
        type: "qwen",
        content: "Here:",
        model: "qwen3-coder-plus",
        thoughts: [{ subject: "Look", description: "first" }],
        toolCalls: [
          {
            id: "c",
            name: "glob",
            args: { pattern: "*" },
            status: "error",
            result: [{ functionResponse: { id: "c", name: "glob", response: { output: "no" } } }],
          },
        ],
      },
    ],
  };
  const hash = "a".repeat(64);
  await put(
    home,
    `.qwen/tmp/${hash}/chats/session-2025-10-01T05-00-5a5a5a5a.json`,
    JSON.stringify(session, null, 2),
  );
  await put(home, `.qwen/tmp/${hash}/chats/session-2025-10-01T05-01-6b6b6b6b.json`, "{ half");
  const refs = [];
  for await (const ref of reader.locate("5a5a", world)) refs.push(ref);
  expect(refs).toHaveLength(1);
  expect(await reader.summarize(refs[0]!, world)).toMatchObject({
    title: "List it",
    model: "qwen3-coder-plus",
  });
  expect(await reader.identify(refs[0]!.path, world)).toMatchObject({ id: session.sessionId });
  const { messages, header } = await readRef(refs[0]!, world);
  expect(outline(messages)).toEqual([
    "user: List it",
    "assistant: [thought] **Look** first",
    "assistant: Here:",
    'assistant: [call c] glob {"pattern":"*"}',
    "tool: [error c] no",
  ]);
  expect(header.startedAt).toBe(Date.parse(session.startTime));
});

test("an empty file and another agent's file are no sessions", async () => {
  const { home, world } = await testWorld();
  const empty = await put(home, `${CHATS}/${ID}.jsonl`, "");
  const [ref] = await Array.fromAsync(reader.discover(world));
  expect(ref?.path).toBe(empty);
  await expect(reader.read(ref!, world)).rejects.toMatchObject({ code: "source-unreadable" });
  const claude = {
    ...user("x"),
    uuid: "u",
    parentUuid: null,
    sessionId: ID,
    message: { role: "user", content: "x" },
  };
  const other = await put(home, "claude.jsonl", `${JSON.stringify(claude)}\n`);
  expect(await reader.identify(other, world)).toBeUndefined();
});
