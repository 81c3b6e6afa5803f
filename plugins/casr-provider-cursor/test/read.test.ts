import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/home.ts";
import { reader } from "../src/read.ts";
import { bytesField, numberField } from "../src/wire.ts";
import {
  agentChat,
  collect,
  composerRows,
  database,
  editorDatabase,
  editorHome,
  identifier,
  ITEMS,
  outline,
  ROWS,
  worldOn,
  type Composer,
} from "./helpers.ts";

const ID = "6f1b2c3d-0000-4000-8000-000000000001";

async function only(home: string) {
  const { world, warnings } = worldOn(home);
  const refs = await collect(reader.discover(world));
  expect(refs).toHaveLength(1);
  const ref = refs[0]!;
  const summary = await reader.summarize(ref, world);
  const reading = await reader.read(ref, world);
  const context = await collect(reading.messages({ history: "context" }));
  const full = await collect(reading.messages({ history: "full" }));
  return { world, warnings, ref, summary, reading, context, full };
}

/** Cursor 3.16, as the readers of three projects describe it. */
const CURRENT: Composer = {
  id: ID,
  data: {
    name: "Count lines",
    createdAt: 1785578400000,
    lastUpdatedAt: 1785578409000,
    status: "completed",
    isAgentic: true,
    unifiedMode: "agent",
    modelConfig: { modelName: "claude-opus-5" },
    subagentComposerIds: ["task-toolu_1"],
    workspaceIdentifier: identifier("/w/demo"),
  },
  head: {
    name: "Count lines",
    createdAt: 1785578400000,
    lastUpdatedAt: 1785578409000,
    workspaceIdentifier: identifier("/w/demo"),
  },
  bubbles: [
    {
      _v: 3,
      bubbleId: "b1",
      type: 1,
      text: "How many lines has a.txt?",
      createdAt: "2026-08-01T10:00:00.000Z",
    },
    {
      _v: 3,
      bubbleId: "b2",
      type: 2,
      text: "",
      capabilityType: 30,
      thinking: { text: "Use wc.", signature: "c2ln" },
    },
    {
      _v: 3,
      bubbleId: "b3",
      type: 2,
      text: "",
      capabilityType: 15,
      toolFormerData: {
        tool: 15,
        name: "run_terminal_command_v2",
        toolCallId: "tool_1\nfc_1",
        rawArgs: "",
        params: '{"command":"wc -l a.txt","cwd":"","options":{"timeout":30000}}',
        result: '{"output":"12 a.txt\\n","rejected":false,"notInterrupted":true}',
        status: "completed",
      },
    },
    {
      _v: 3,
      bubbleId: "b4",
      type: 2,
      text: "",
      capabilityType: 15,
      toolFormerData: {
        tool: 40,
        name: "read_file_v2",
        toolCallId: "tool_2",
        params: '{"targetFile":"/w/demo/no.txt","offset":3,"limit":2}',
        status: "error",
        error: '{"clientVisibleErrorMessage":"File not found","modelVisibleErrorMessage":"No such file"}',
      },
    },
    { _v: 3, bubbleId: "b5", type: 2, text: "12 lines." },
  ],
  orphans: [{ bubbleId: "gone", type: 1, text: "taken back" }],
};

describe("a session of the editor", () => {
  it("is read with thoughts, calls, answers and failures; what was taken back is not", async () => {
    const home = temporaryFolder();
    editorHome(home, [
      CURRENT,
      { id: "task-toolu_1", head: { isSubagent: true }, bubbles: [{ bubbleId: "x", type: 1, text: "sub" }] },
      { id: "11111111-0000-4000-8000-00000000000d", head: { isDraft: true }, bubbles: [] },
    ]);
    const { context, reading, summary, ref, world } = await only(home);
    expect(outline(context)).toEqual([
      "user: How many lines has a.txt?",
      "thought: Use wc.",
      'call tool_1\nfc_1 run_terminal_command_v2 {"command":"wc -l a.txt","cwd":"","options":{"timeout":30000}} (shell)',
      "result tool_1\nfc_1: 12 a.txt\n",
      'call tool_2 read_file_v2 {"targetFile":"/w/demo/no.txt","offset":3,"limit":2} (read)',
      "failed tool_2: No such file",
      "assistant: 12 lines.",
    ]);
    expect(context[1]!.content[0]).toMatchObject({ signature: "c2ln", issuer: "cursor" });
    expect(reading.header).toMatchObject({
      id: ID,
      title: "Count lines",
      nativeName: "Count lines",
      workspace: "/w/demo",
      startedAt: 1785578400000,
      endedAt: 1785578409000,
      model: "claude-opus-5",
      children: [{ id: "task-toolu_1", provider: "cursor", relation: "subagent" }],
    });
    expect(reading.records).toEqual({ total: 5, malformed: 0 });
    expect(summary).toMatchObject({
      title: "Count lines",
      workspace: "/w/demo",
      lastActiveAt: 1785578409000,
    });
    expect(ref.path).toBe(`${editorDatabase(home)}/${ID}`);
    const found = await collect(reader.locate("task-TOOLU", world));
    expect(found.map(({ id }) => id)).toEqual(["task-toolu_1"]);
    expect(await reader.summarize(found[0]!, world)).toMatchObject({ hidden: "subagent" });
    expect((await collect(reader.locate("6F1B2C", world))).map(({ id }) => id)).toEqual([ID]);
  });

  it("puts steps of one response together where the editor names it", async () => {
    const home = temporaryFolder();
    const call = (id: string, response: string) => ({
      bubbleId: id,
      type: 2,
      text: "",
      toolFormerData: {
        name: "list_dir",
        toolCallId: id,
        modelCallId: response,
        params: "{}",
        rawArgs: `{"target_directory":"${id}"}`,
        result: '{"files":[]}',
        status: "completed",
      },
    });
    editorHome(home, [
      {
        id: ID,
        bubbles: [{ bubbleId: "u", type: 1, text: "go" }, call("a", "m1"), call("b", "m1"), call("c", "m2")],
      },
    ]);
    const { context } = await only(home);
    expect(context.map(({ role, content }) => `${role} ${content.length}`)).toEqual([
      "user 1",
      "assistant 2",
      "tool 2",
      "assistant 1",
      "tool 1",
    ]);
  });

  it("tells rejected, cancelled and running calls apart, whatever the status says", async () => {
    const home = temporaryFolder();
    const call = (id: string, data: object) => ({
      bubbleId: id,
      type: 2,
      toolFormerData: { name: "run_terminal_command_v2", toolCallId: id, params: '{"command":"x"}', ...data },
    });
    editorHome(home, [
      {
        id: ID,
        bubbles: [
          { bubbleId: "u", type: 1, text: "go" },
          call("rejected", {
            status: "completed",
            result: '{"rejected":true}',
            additionalData: { status: "rejected" },
          }),
          call("failed", {
            status: "completed",
            result: '{"output":"no","exitCode":1}',
            additionalData: { status: "error" },
          }),
          call("cancelled", { status: "cancelled", error: '{"clientVisibleErrorMessage":"Edit rejected"}' }),
          call("running", { status: "loading" }),
          call("fine", { status: "completed", result: "plain text" }),
        ],
      },
    ]);
    const { context } = await only(home);
    expect(outline(context).filter((line) => !/^(?:call|user)/.test(line))).toEqual([
      'failed rejected: {"rejected":true}',
      "failed failed exit 1: no",
      "failed cancelled: Edit rejected",
      "result fine: plain text",
    ]);
  });

  it("gives an edit the text that was recorded by reference", async () => {
    const home = temporaryFolder();
    const path = editorHome(home, [
      {
        id: ID,
        bubbles: [
          { bubbleId: "u", type: 1, text: "go" },
          {
            bubbleId: "e",
            type: 2,
            toolFormerData: {
              tool: 38,
              name: "edit_file_v2",
              toolCallId: "e",
              params: '{"relativeWorkspacePath":"/w/a.ts","noCodeblock":true}',
              result:
                '{"beforeContentId":"composer.content.aaaaaa","afterContentId":"composer.content.bbbbbb"}',
              status: "completed",
            },
          },
        ],
      },
    ]);
    const { DatabaseSync } = await import("node:sqlite");
    const opened = new DatabaseSync(path);
    opened.prepare("INSERT INTO cursorDiskKV VALUES (?, ?)").run("composer.content.bbbbbb", "new text\n");
    opened.close();
    const { context } = await only(home);
    expect(context[1]!.content[0]).toMatchObject({
      tool: { kind: "write", path: "/w/a.ts", content: "new text\n", rest: { noCodeblock: true } },
    });
  });

  it("has a summary for what is no longer sent", async () => {
    const home = temporaryFolder();
    const summary = {
      summary: "They spoke of a.",
      truncationLastBubbleIdInclusive: "b",
      clientShouldStartSendingFromInclusiveBubbleId: "c",
    };
    editorHome(home, [
      {
        id: ID,
        data: { latestConversationSummary: { summary, lastBubbleId: "b" } },
        bubbles: ["a", "b", "c", "d"].map((id, index) => ({ bubbleId: id, type: 1 + (index % 2), text: id })),
      },
    ]);
    const { context, full } = await only(home);
    expect(outline(context)).toEqual(["compaction: They spoke of a.", "user: c", "assistant: d"]);
    expect(outline(full)).toEqual([
      "user: a",
      "assistant: b",
      "compaction: They spoke of a.",
      "user: c",
      "assistant: d",
    ]);
    expect(full.map(({ inContext }) => inContext)).toEqual([false, false, true, true, true]);
  });

  it("of 2.x is found by the list of heads, its folder by the workspace's list", async () => {
    const home = temporaryFolder();
    const inline = {
      id: ID,
      bubbles: [],
      data: {
        _v: 3,
        createdAt: 1700000000000,
        fullConversationHeadersOnly: [],
        conversation: [
          {
            bubbleId: "1",
            type: 1,
            richText:
              '{"root":{"children":[{"type":"paragraph","children":[{"text":"hi"},{"type":"linebreak"},{"text":"there"}]}]}}',
          },
          { bubbleId: "2", type: 2, text: "", capabilityType: 15 },
          { bubbleId: "3", type: 2, text: "See:", codeBlocks: [{ content: "x = 1", languageId: "python" }] },
        ],
        capabilities: [
          {
            type: 15,
            data: {
              bubbleDataMap:
                '{"2":{"tool":15,"name":"run_terminal_cmd","rawArgs":"{\\"command\\":\\"ls\\",\\"is_background\\":false}","result":"{\\"output\\":\\"a\\"}","status":"completed"}}',
            },
          },
        ],
      },
    };
    database(editorDatabase(home), ITEMS + ROWS, composerRows(inline));
    const folder = join(home, ".config/Cursor/User/workspaceStorage/w1");
    database(join(folder, "state.vscdb"), ITEMS, [
      [
        "INSERT INTO ItemTable VALUES (?, ?)",
        "composer.composerData",
        JSON.stringify({ allComposers: [{ composerId: ID }] }),
      ],
    ]);
    writeFileSync(join(folder, "workspace.json"), '{"folder":"file:///w/old%20app"}');
    const { context, summary } = await only(home);
    expect(outline(context)).toEqual([
      "user: hi\nthere",
      'call 2 run_terminal_cmd {"command":"ls","is_background":false} (shell)',
      "result 2: a",
      "assistant: See:\n\n```python\nx = 1\n```",
    ]);
    expect(summary).toMatchObject({ title: "hi", workspace: "/w/old app", startedAt: 1700000000000 });
  });

  it("of the chat panel of 2023 is read from the workspace's database", async () => {
    const home = temporaryFolder();
    const folder = join(home, ".config/Cursor/User/workspaceStorage/w1");
    const tabs = [
      {
        tabId: "0a0a0a0a-0000-4000-8000-000000000001",
        chatTitle: "Old chat",
        lastSendTime: 1690000000000,
        bubbles: [
          { type: "user", id: "1", text: "question" },
          { type: "ai", id: "2", rawText: "answer" },
        ],
      },
    ];
    database(join(folder, "state.vscdb"), ITEMS, [
      [
        "INSERT INTO ItemTable VALUES (?, ?)",
        "workbench.panel.aichat.view.aichat.chatdata",
        JSON.stringify({ tabs }),
      ],
    ]);
    writeFileSync(join(folder, "workspace.json"), '{"folder":"file:///w/old"}');
    const { context, summary } = await only(home);
    expect(outline(context)).toEqual(["user: question", "assistant: answer"]);
    expect(summary).toMatchObject({ title: "Old chat", workspace: "/w/old", lastActiveAt: 1690000000000 });
  });

  it.each([
    ["darwin", "Library/Application Support/Cursor", {}],
    ["win32", "AppData/Roaming/Cursor", {}],
    ["linux", "elsewhere", { CURSOR_HOME: "elsewhere" }],
  ])("is found on %s", async (platform, folder, env) => {
    const home = temporaryFolder();
    database(join(home, folder, "User/globalStorage/state.vscdb"), ITEMS + ROWS, composerRows(CURRENT));
    const { world } = worldOn(home, env as Record<string, string>, platform);
    expect((await collect(reader.discover(world))).map(({ id }) => id)).toEqual([ID]);
    expect((await reader.detect(world)).found).toBe(true);
  });
});

const CHAT = "5667590a-e4c7-4f28-9d99-027f84c10837";
const CONTEXT =
  "<user_info>\nOS Version: linux\n\nWorkspace Path: /w/demo\n</user_info>\n<rules>be brief</rules>";

/** cursor-agent 2026.09: the shapes public readers test with. */
const MESSAGES = [
  { role: "system", content: "SYSTEM PROMPT" },
  { role: "user", content: CONTEXT },
  {
    role: "user",
    content: [
      {
        type: "text",
        text: "<timestamp>Monday, Sep 28, 2026, 9:25 PM</timestamp>\n<user_query>\nRun echo\n</user_query>",
      },
    ],
    providerOptions: { cursor: { requestId: "r" } },
  },
  {
    role: "assistant",
    id: "1",
    content: [
      {
        type: "redacted-reasoning",
        data: "ENCRYPTED",
        providerOptions: { cursor: { modelName: "composer-2.5" } },
      },
      {
        type: "tool-call",
        toolCallId: "t1",
        toolName: "Shell",
        args: { command: "echo hi", description: "echo" },
      },
      { type: "tool-call", toolCallId: "t2", toolName: "Read", args: { path: "/w/x", offset: 2, limit: 1 } },
    ],
  },
  {
    role: "tool",
    id: "t1",
    content: [
      {
        type: "tool-result",
        toolCallId: "t1",
        toolName: "Shell",
        result:
          "Exit code: 3\n\nCommand output:\n\n```\nhi\n\n```\n\nCommand completed in 9 ms.\n\nShell state (cwd, env vars) persists for subsequent calls.\n\nCurrent directory: /w",
        experimental_content: [{ type: "text", text: "dup" }],
      },
    ],
    providerOptions: {
      cursor: { highLevelToolCallResult: { output: { failure: { exitCode: 3 } }, isError: false } },
    },
  },
  {
    role: "tool",
    id: "t2",
    content: [
      {
        type: "tool-result",
        toolCallId: "t2",
        toolName: "Read",
        result: "... 1 lines not shown ...\n     2|two\n... 2 lines not shown ...",
      },
    ],
  },
  {
    role: "user",
    content: [{ type: "text", text: "They ran echo." }],
    providerOptions: { cursor: { isSummary: true } },
  },
  { role: "assistant", id: "1", content: [{ type: "text", text: "done" }] },
];

describe("a chat of cursor-agent", () => {
  it("is read as its root lists it, without what the agent makes anew", async () => {
    const home = temporaryFolder();
    agentChat(home, {
      id: CHAT,
      workspace: "/w/demo",
      messages: MESSAGES,
      more: Buffer.concat([bytesField(5, numberField(1, 7)), numberField(26, 1790645113982)]),
      meta: { lastUsedModel: "composer-2.5" },
    });
    const { context, reading, summary } = await only(home);
    expect(outline(context)).toEqual([
      "user: Run echo",
      "thought: ",
      'call t1 Shell {"command":"echo hi","description":"echo"} (shell)',
      'call t2 Read {"path":"/w/x","offset":2,"limit":1} (read)',
      "failed t1 exit 3: hi\n",
      "result t2: two",
      "compaction: They ran echo.",
      "assistant: done",
    ]);
    expect(context[1]).toMatchObject({
      model: "composer-2.5",
      content: [{ encrypted: "ENCRYPTED", redacted: true }, {}, {}],
    });
    expect(context[2]!.content[0]).toMatchObject({
      durationMs: 9,
      framed: expect.stringContaining("Exit code: 3"),
    });
    expect(reading.header).toMatchObject({
      id: CHAT,
      title: "Run echo",
      workspace: "/w/demo",
      model: "composer-2.5",
      startedAt: 5000,
    });
    expect(reading.header.nativeName).toBeUndefined();
    expect(summary).toMatchObject({ title: "Run echo", workspace: "/w/demo" });
  });

  it("without a list in its root is read in the order it was stored", async () => {
    const home = temporaryFolder();
    agentChat(home, {
      id: CHAT,
      workspace: "/w/demo",
      messages: MESSAGES.slice(2, 6),
      withRoot: false,
      file: { schemaVersion: 1, title: "A title", cwd: "/w/demo", createdAtMs: 77, updatedAtMs: 88 },
    });
    const { context, warnings, summary } = await only(home);
    expect(context).toHaveLength(4);
    expect(warnings.map(({ code }) => code)).toContain("missing-root");
    expect(summary).toMatchObject({
      title: "A title",
      nativeName: "A title",
      startedAt: 77,
      lastActiveAt: 88,
    });
  });

  it("names the folder of its root; one that was never used is not a session worth a failure", async () => {
    const home = temporaryFolder();
    agentChat(home, {
      id: CHAT,
      workspace: "/w/it",
      messages: [{ role: "user", content: "plain words" }],
      more: bytesField(9, "file:///w/with%20space"),
    });
    const { context, summary } = await only(home);
    expect(outline(context)).toEqual(["user: plain words"]);
    expect(summary.workspace).toBe("/w/with space");
  });

  it("of which only a transcript is left is read without the tools' answers", async () => {
    const home = temporaryFolder();
    const folder = join(home, ".cursor/projects/w-demo/agent-transcripts", CHAT);
    mkdirSync(folder, { recursive: true });
    const lines = [
      { role: "user", message: { content: [{ type: "text", text: "<user_query>\nhello\n</user_query>" }] } },
      {
        role: "assistant",
        message: {
          content: [
            { type: "text", text: "I look.\n\n[REDACTED]" },
            { type: "tool_use", name: "Read", input: { path: "/w/x" } },
          ],
        },
      },
    ];
    writeFileSync(
      join(folder, `${CHAT}.jsonl`),
      `\uFEFF${lines.map((line) => JSON.stringify(line)).join("\r\n")}\n{"role":`,
    );
    const { context, summary, reading, warnings } = await only(home);
    expect(outline(context)).toEqual([
      "user: hello",
      "assistant: I look.",
      'call call_2_1 Read {"path":"/w/x"} (read)',
    ]);
    expect(summary.title).toBe("hello");
    expect(reading.records).toEqual({ total: 3, malformed: 1 });
    expect(warnings.map(({ code }) => code)).toContain("incomplete-session");
    // The same session in a store hides it.
    agentChat(home, { id: CHAT, workspace: "/w/demo", messages: [{ role: "user", content: "store" }] });
    expect((await only(home)).ref.path).toMatch(/store\.db$/);
  });
});
