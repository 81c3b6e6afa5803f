import { describe, expect, test } from "vitest";
import { readPath, outline, put, readStored, stored, testWorld } from "./helpers.ts";
import { reader } from "../src/read.ts";

const user = (content: unknown, more: object = {}): object => ({ role: "user", content, ...more });
const assistant = (...content: unknown[]): object => ({ role: "assistant", content });
const said = (text: string): object => ({ type: "text", text });
const call = (id: string, name: string, input: object = {}): object => ({
  type: "tool_use",
  id,
  name,
  input,
});
const answer = (id: string, name: string, content: unknown, more: object = {}): object =>
  user([{ type: "tool_result", tool_use_id: id, name, content, ...more }]);

describe("prompts, as they are sent", () => {
  test.each([
    ['<user_input mode="act">Hello</user_input>', "Hello"],
    ["  Hello \n", "Hello"],
    [
      '<user_input mode="plan"><mode_notice>The user switched.</mode_notice>\nPlan it</user_input>',
      "<mode_notice>The user switched.</mode_notice>\nPlan it",
    ],
    ['<user_command slash="team">do it</user_command>', "do it"],
    ['a <user_input mode="act">b</user_input> c <user_input>d</user_input>', "a b c d"],
    ["an open <user_input x> tag", "an open  tag"],
    // The CLI takes any tag that begins like this one for it, unless one is closed.
    ["<user_inputs>go</user_inputs>", "go</user_inputs>"],
  ])("%s", async (text, wanted) => {
    expect(outline(await readStored([user([said(text)]), assistant(said("ok"))]))[0]).toBe(`user: ${wanted}`);
    expect(outline(await readStored([user(text), assistant(said("ok"))]))[0]).toBe(`user: ${wanted}`);
  });

  test("attached files, pictures and what the agent says by itself", async () => {
    const messages = await readStored([
      user([said("look"), { type: "file", path: "/a.txt", content: "x" }]),
      user([{ type: "image", data: "aGk=", mediaType: "image/png" }]),
      assistant(said("seen"), { type: "image", data: "aGk=", mediaType: "image/png" }),
      user([said("The user approved switching to act mode. Continue with the approved plan now.")]),
      assistant({ type: "hologram" }, said("")),
    ]);
    expect(outline(messages)).toEqual([
      "user: look",
      'user: <file_content path="/a.txt">\nx\n</file_content>',
      "user: [image image/png]",
      "assistant: seen",
      "assistant: [generated image]",
      "user: The user approved switching to act mode. Continue with the approved plan now.",
      "user: [image image/png]",
    ]);
    expect(messages.at(-1)?.origin).toBe("injected");
  });
});

describe("answers", () => {
  test("parallel calls, several outcomes in one answer, an answer without a call", async () => {
    const messages = await readStored([
      user("go"),
      assistant(
        { type: "thinking", thinking: "hm", signature: "c2ln" },
        { type: "redacted_thinking", data: "eA==" },
        call("a", "run_commands", { commands: ["x", "y"] }),
        call("b", "docs__find", { q: 1 }),
      ),
      answer("a", "run_commands", [
        { query: "x", result: "1", success: true },
        { query: "y", result: "2", error: "Command exited with code 2", success: false },
      ]),
      answer("b", "docs__find", [
        said("one"),
        said("two"),
        { type: "image", data: "aGk=", mediaType: "image/png" },
      ]),
      answer("c", "gone", "orphan"),
    ]);
    expect(outline(messages).slice(3)).toEqual([
      'assistant: [call a] run_commands {"commands":["x","y"]}',
      'assistant: [call b] docs__find {"q":1}',
      'tool: [result a] [{"query":"x","result":"1","success":true},{"query":"y","result":"2","error":"Command exited with code 2","success":false}]',
      "tool: [result b] one|two|<image/png>",
      "tool: [result c] orphan",
    ]);
    const [, turn] = messages;
    expect(turn?.content[0]).toEqual({
      type: "reasoning",
      text: "hm",
      signature: "c2ln",
      issuer: "anthropic",
    });
    expect(turn?.content[3]).toMatchObject({ tool: { kind: "mcp", server: "docs", tool: "find" } });
  });

  test("a stopped command and a file that was not read to its end", async () => {
    const messages = await readStored([
      user("go"),
      assistant(
        call("a", "run_commands", { commands: ["x"] }),
        call("b", "read_files", { files: [{ path: "/a" }] }),
      ),
      answer("a", "run_commands", [
        { query: "x", result: "", error: "Command failed: Command was aborted", success: false },
      ]),
      answer("b", "read_files", [
        { query: "/a", result: "9 | x\n\n[Showing lines 9-9 of 12. Use it.]", success: true },
      ]),
    ]);
    expect(outline(messages).slice(3)).toEqual([
      "tool: [error a] Command failed: Command was aborted",
      "tool: [result b] x\n\n[Showing lines 9-9 of 12. Use it.]",
    ]);
    expect(messages.at(-1)?.content[0]).toMatchObject({ truncated: true });
  });
});

describe("compactions", () => {
  const conversation = [
    user("one", { id: "u1" }),
    { ...assistant(said("two")), id: "a1" },
    user("three", { id: "u2" }),
    { ...assistant(said("four")), id: "a2" },
    user("five", { id: "u3" }),
  ];
  const summary = user([said("Context summary:\n\nearlier")], { metadata: { kind: "compaction_summary" } });

  async function compacted(sidecar: object): Promise<string[][]> {
    const made = await stored(conversation);
    const path = made.path.replace(".messages.json", ".compaction.json");
    await put("", path, JSON.stringify({ version: 1, updated_at: "2026-08-01T10:00:00.000Z", ...sidecar }));
    const context = await readPath(made.path, made.world);
    const full = await readPath(made.path, made.world, "full");
    return [outline(context.messages), outline(full.messages.filter((message) => !message.inContext))];
  }

  test("without a hash the last message tells", async () => {
    const kept = { ...assistant(said("four")), id: "a2" };
    const sidecar = { source_message_count: 4, source_last_message_key: "id:a2", messages: [summary, kept] };
    expect(await compacted(sidecar)).toEqual([
      ["user: [compaction] Context summary:\n\nearlier", "assistant: four", "user: five"],
      ["user: one", "assistant: two", "user: three"],
    ]);
  });

  test.each([
    ["another last message", { source_message_count: 4, source_last_message_key: "id:other" }],
    ["too many messages", { source_message_count: 40, source_last_message_key: "id:a2" }],
    [
      "a wrong hash",
      { source_message_count: 4, source_prefix_hash: "sha256:00", source_last_message_key: "id:a2" },
    ],
    ["a count that is none", { source_message_count: "4", source_last_message_key: "id:a2" }],
  ])("%s: passed over", async (_name, facts) => {
    const [context] = await compacted({ ...facts, messages: [summary] });
    expect(context).toHaveLength(5);
  });
});

describe("tasks of the extension", () => {
  const ID = "1785578400000";
  const store = ".config/Code/User/globalStorage/saoudrizwan.claude-dev";
  const history = [
    user([
      said("<task>\nCount the lines\n</task>"),
      said(
        "<environment_details>\n# Current Working Directory (/w/demo) Files\na.txt\n</environment_details>",
      ),
    ]),
    assistant(
      said("Checking."),
      call("t1", "execute_command", { command: "wc -l a.txt", requires_approval: false }),
    ),
    user([
      { type: "tool_result", tool_use_id: "t1", content: [said("12 a.txt")] },
      said("<environment_details>\nnow\n</environment_details>"),
    ]),
    assistant(said("12 lines.")),
    user([
      said("<feedback>\nthanks\n</feedback>"),
      { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
    ]),
    assistant(said("Bye.")),
  ];

  test("what was said, with the names and folders of the list", async () => {
    const { home, world, warnings } = await testWorld();
    await put(home, `${store}/tasks/${ID}/api_conversation_history.json`, JSON.stringify(history));
    const item = {
      id: ID,
      ts: 1785578409000,
      task: "Count the lines\nplease",
      cwdOnTaskInitialization: "/w/demo",
      modelId: "m",
    };
    await put(home, `${store}/state/taskHistory.json`, JSON.stringify([item]));
    const refs = [];
    for await (const ref of reader.discover(world)) refs.push(ref);
    expect(refs.map(({ id }) => id)).toEqual([ID]);
    const { messages, header } = await readPath(refs[0]!.path, world);
    expect(outline(messages)).toEqual([
      "user: Count the lines",
      "assistant: Checking.",
      'assistant: [call t1] execute_command {"command":"wc -l a.txt","requires_approval":false}',
      "tool: [result t1] 12 a.txt",
      "assistant: 12 lines.",
      "user: thanks",
      "user: [image image/png]",
      "assistant: Bye.",
    ]);
    expect(header).toMatchObject({
      title: "Count the lines",
      workspace: "/w/demo",
      model: "m",
      startedAt: 1785578400000,
    });
    expect(await reader.summarize(refs[0]!, world)).toMatchObject({
      title: "Count the lines",
      lastActiveAt: 1785578409000,
    });
    expect(warnings).toEqual([]);
  });

  test("without a list its first prompt names it", async () => {
    const { home, world } = await testWorld();
    const path = await put(
      home,
      `${store}/tasks/${ID}/api_conversation_history.json`,
      JSON.stringify(history),
    );
    const { header } = await readPath(path, world);
    expect(header).toMatchObject({ title: "Count the lines", workspace: "/w/demo" });
  });

  test("what was truncated away is in the whole history alone", async () => {
    const { home, world } = await testWorld();
    const path = await put(
      home,
      `${store}/tasks/${ID}/api_conversation_history.json`,
      JSON.stringify(history),
    );
    const ui = [{ ts: 1, type: "say", say: "text", conversationHistoryDeletedRange: [2, 3] }];
    await put(home, `${store}/tasks/${ID}/ui_messages.json`, JSON.stringify(ui));
    const context = outline((await readPath(path, world)).messages);
    expect(context).toEqual([
      "user: Count the lines",
      "assistant: Checking.",
      expect.stringContaining("[call t1]"),
      "user: thanks",
      "user: [image image/png]",
      "assistant: Bye.",
    ]);
    const full = (await readPath(path, world, "full")).messages;
    expect(outline(full.filter(({ inContext }) => !inContext))).toEqual([
      "tool: [result t1] 12 a.txt",
      "assistant: 12 lines.",
    ]);
  });

  test("the files of extensions that grew out of Cline are theirs", async () => {
    const { home, world } = await testWorld();
    for (const folder of ["rooveterinaryinc.roo-cline", "kilocode.kilo-code"]) {
      const path = await put(
        home,
        `${folder}/tasks/${ID}/api_conversation_history.json`,
        JSON.stringify(history),
      );
      expect(await reader.identify(path, world)).toBeUndefined();
    }
    const copy = await put(home, `copy/${ID}/api_conversation_history.json`, JSON.stringify(history));
    expect(await reader.identify(copy, world)).toMatchObject({ id: ID });
    await put(home, `copy/${ID}/history_item.json`, "{}");
    expect(await reader.identify(copy, world)).toBeUndefined();
  });
});
