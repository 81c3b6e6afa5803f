import { existsSync, readdirSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reader } from "../src/read.ts";
import {
  assistant,
  callOf,
  copyHome,
  ID,
  outline,
  put,
  readItems,
  readPath,
  readRef,
  SESSIONS,
  sessionText,
  stateOf,
  testWorld,
  user,
  WORKSPACE,
} from "./helpers.ts";

const ls = callOf("a", "Bash", { command: "ls" });

describe("items", () => {
  test("are what cn sends: context in front of a prompt, calls, answers in their order", async () => {
    const picture = { type: "imageUrl", imageUrl: { url: "data:image/png;base64,AAAA" } };
    const other = callOf("b", "NoSuchTool", { x: 1 });
    const { messages, warnings } = await readItems([
      user("Look", { contextItems: [{ name: "a.txt", content: "A", description: "d" }] }),
      assistant(
        "Running",
        [ls, other],
        [
          stateOf(ls, "errored", "Error executing tool Bash: Error (exit code 7): oops"),
          stateOf(other, "errored", "Tool NoSuchTool not found"),
        ],
      ),
      user([{ type: "text", text: "And this" }, picture]),
      { message: { role: "system", content: "You are" }, contextItems: [] },
      assistant("ok", [], [], {
        message: { role: "assistant", content: "ok", usage: { model: "gpt-4o", prompt_tokens: 5 } },
      }),
    ]);
    expect(outline(messages)).toEqual([
      'user: <context name="a.txt">\nA\n</context>\n\nLook',
      "assistant: Running",
      'assistant: [call a] Bash {"command":"ls"}',
      'assistant: [call b] NoSuchTool {"x":1}',
      "tool: [error a exit 7] oops",
      "tool: [error b] Tool NoSuchTool not found",
      "user: And this",
      "user: [image image/png]",
      "assistant: ok",
    ]);
    expect(messages.at(-1)).toMatchObject({ model: "gpt-4o", usage: { inputTokens: 5 } });
    expect(warnings).toEqual([]);
  });

  test("of the extensions and of older versions", async () => {
    const read = callOf("r", "read_file", { filepath: "a" });
    const { messages, header } = await readItems(
      [
        { message: { role: "thinking", content: "Hm.", signature: "s" } },
        {
          message: { role: "assistant", content: "", toolCalls: [read] },
          toolCallState: stateOf(read, "done", "one", "two"),
        },
        { message: { role: "assistant", content: [{ type: "text", text: "x" }], toolCalls: [ls] } },
        { message: { role: "tool", content: "out", toolCallId: "a" } },
        { message: { role: "tool", content: "again", toolCallId: "a" } },
      ],
      { workspaceDirectory: "file:///home/dev/my%20app", title: "Named", chatModelTitle: "Claude" },
    );
    expect(outline(messages)).toEqual([
      "assistant: [thought] Hm.",
      'assistant: [call r] read_file {"filepath":"a"}',
      "tool: [result r] one|two",
      "assistant: x",
      'assistant: [call a] Bash {"command":"ls"}',
      "tool: [result a] out",
    ]);
    expect(header).toMatchObject({ workspace: "/home/dev/my app", nativeName: "Named", model: "Claude" });
  });

  test("a file that was read stands without its heading, a cut output is marked", async () => {
    const read = callOf("r", "Read", { filepath: "/a" });
    const { messages } = await readItems([
      assistant(
        "",
        [read, ls],
        [
          stateOf(read, "done", "Content of /a:\nl1\n"),
          stateOf(ls, "done", "(previous 5 lines truncated)\n\n6"),
        ],
      ),
    ]);
    expect(messages[1]!.content).toMatchObject([
      { content: [{ text: "l1\n" }], framed: "Content of /a:\nl1\n" },
      { truncated: true },
    ]);
  });

  test("a call without an answer was cancelled; arguments that are no JSON stay as they are", async () => {
    const odd = callOf("o", "Bash", "{ls");
    const { messages } = await readItems([assistant("", [odd], [{ toolCallId: "o", status: "generated" }])]);
    expect(outline(messages)).toEqual(['assistant: [call o] Bash "{ls"', "tool: [error o] Tool cancelled"]);
  });

  test("of wrong types are passed over, with one warning for a kind", async () => {
    const { messages, warnings } = await readItems([
      null,
      7,
      "x",
      [],
      {},
      { message: null },
      { message: { role: 7 } },
      { message: { role: "hologram" } },
      { message: { role: "hologram" } },
      user(null),
      user([null, 7, { type: 7 }, { type: "imageUrl", imageUrl: null }, { type: "text" }]),
      assistant({ a: 1 }, [{ id: 7 }, { id: "x", function: null }], [{ toolCallId: 7, output: "x" }]),
      {
        message: { role: "assistant", content: "kept", toolCalls: "x" },
        toolCallStates: 7,
        reasoning: [],
        casr: "x",
      },
    ]);
    expect(outline(messages)).toEqual(["assistant: kept"]);
    expect(warnings.filter(({ message }) => message.includes("hologram"))).toHaveLength(1);
  });
});

describe("files", () => {
  test("of which the end is missing keep their complete items", async () => {
    const { home, world, warnings } = await testWorld();
    const whole = sessionText([user("one"), assistant("1"), user("two")]);
    const path = await put(home, `${SESSIONS}/${ID}.json`, whole.slice(0, whole.indexOf('"two"') + 2));
    const { messages, records } = await readPath(path, world);
    expect(outline(messages)).toEqual(["user: one", "assistant: 1"]);
    expect(records.malformed).toBe(1);
    expect(warnings.map(({ code }) => code)).toContain("torn-file");
  });

  test.each(["", "{", "[]", "{}", '{"history":{}}', "\0\0\0"])("with %j are no sessions", async (text) => {
    const { home, world } = await testWorld();
    await put(home, `${SESSIONS}/${ID}.json`, text);
    const [ref] = await Array.fromAsync(reader.discover(world));
    expect(await reader.summarize(ref!, world)).toMatchObject({ ref });
    expect(await reader.identify(ref!.path, world)).toBeUndefined();
    await expect(reader.read(ref!, world)).rejects.toMatchObject({ code: "source-unreadable" });
  });

  test("with a BOM, CRLF and bad UTF-8 are read", async () => {
    const { home, world } = await testWorld();
    const text = `\uFEFF${sessionText([user("one")]).replaceAll("\n", "\r\n")}\r\n`;
    expect(
      outline((await readPath(await put(home, `${SESSIONS}/${ID}.json`, text), world)).messages),
    ).toEqual(["user: one"]);
  });
});

describe("the list", () => {
  test("gives titles and times; what it does not know is found all the same", async () => {
    const { home, world } = await testWorld();
    const old = await put(home, `${SESSIONS}/${ID}.json`, sessionText([user("first\nprompt")]));
    await utimes(old, 1000, 1000);
    await put(
      home,
      `${SESSIONS}/abc-x.json`,
      sessionText([user([{ type: "text", text: "parts" }])], { title: "Mine" }),
    );
    const row = {
      sessionId: ID,
      title: "Listed",
      dateCreated: "1795239674617",
      workspaceDirectory: WORKSPACE,
      messageCount: 1,
    };
    await put(home, `${SESSIONS}/sessions.json`, JSON.stringify([row, { session_id: "old" }, null]));
    const refs = await Array.fromAsync(reader.discover(world));
    expect(refs.map(({ id }) => id)).toEqual(["abc-x", ID]);
    const summaries = await Promise.all(refs.map((ref) => reader.summarize(ref, world)));
    expect(summaries).toMatchObject([
      { title: "Mine", workspace: WORKSPACE },
      { title: "Listed", startedAt: 1_795_239_674_617, lastActiveAt: 1_000_000 },
    ]);
    expect(await Array.fromAsync(reader.locate("1111", world))).toHaveLength(1);
    expect((await reader.detect(world)).evidence).toEqual([`${home}/.continue/sessions exists (2 sessions)`]);
  });

  test("may be damaged", async () => {
    const { home, world, warnings } = await testWorld();
    const path = await put(home, `${SESSIONS}/${ID}.json`, sessionText([user("hello"), assistant("hi")]));
    await put(home, `${SESSIONS}/sessions.json`, "[{");
    const ref = await reader.identify(path, world);
    expect(await reader.summarize(ref!, world)).toMatchObject({ title: "hello" });
    expect(warnings.map(({ code }) => code)).toEqual(["bad-index"]);
  });

  test("of 5,000 sessions is read once", async () => {
    const { home, world } = await testWorld();
    const ids = Array.from({ length: 5000 }, (_, index) => `${String(index).padStart(8, "0")}${ID.slice(8)}`);
    const rows = ids.map((sessionId) => ({
      sessionId,
      title: "t",
      workspaceDirectory: "/w",
      dateCreated: "1",
    }));
    await put(home, `${SESSIONS}/sessions.json`, JSON.stringify(rows));
    await Promise.all(ids.map((id) => put(home, `${SESSIONS}/${id}.json`, "{}")));
    for await (const ref of reader.discover(world))
      expect((await reader.summarize(ref, world)).title).toBe("t");
  });

  test("lies where CONTINUE_GLOBAL_DIR says", async () => {
    const { home, world } = await testWorld({ env: { CONTINUE_GLOBAL_DIR: "moved" } });
    await put(home, `moved/sessions/${ID}.json`, sessionText([user("x")]));
    expect(await Array.fromAsync(reader.discover(world))).toHaveLength(1);
    const windows = await testWorld({ platform: "win32", env: { CONTINUE_GLOBAL_DIR: "C:\\c" } });
    expect((await reader.detect(windows.world)).roots).toEqual(["C:\\c\\sessions"]);
  });
});

const corpus = join(
  process.env["CASR_CORPUS"] ?? new URL("../../../fixtures", import.meta.url).pathname,
  "continue",
);
const cases = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, "home")));

test.each(cases)(
  "the recorded sessions of %s are listed with a title and read without a warning",
  async (name) => {
    const { world, warnings } = await testWorld({ home: await copyHome(name) });
    const refs = await Array.fromAsync(reader.discover(world));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      const summary = await reader.summarize(ref, world);
      const { messages, header } = await readRef(ref, world);
      expect(summary).toMatchObject({
        title: header.title,
        workspace: header.workspace,
        startedAt: header.startedAt,
      });
      expect(messages.length).toBeGreaterThan(1);
      const blocks = messages.flatMap(({ content }) => content);
      const results = blocks.filter((block) => block.type === "tool_result").map(({ callId }) => callId);
      expect(results).toEqual(blocks.filter((block) => block.type === "tool_call").map(({ id }) => id));
    }
    expect(warnings).toEqual([]);
  },
);
