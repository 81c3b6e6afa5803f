import { describe, expect, test } from "vitest";
import type { Message } from "casr-cli/provider";
import { dataFolder } from "../src/paths.ts";
import { reader } from "../src/read.ts";
import { nativeCall } from "../src/tools.ts";
import {
  answered,
  called,
  CASES,
  collect,
  ID,
  put,
  readMessages,
  readPath,
  refsOf,
  results,
  said,
  testWorld,
  threadText,
  THREADS,
} from "./helpers.ts";

const AMP_TOOLS = /^(?:Bash|Read|create_file|edit_file|glob|Grep|todo_write|read_web_page|web_search|Task)$/;

describe.each(CASES)("genuine threads %s", (testCase) => {
  test("are listed with what their header says, and read without a warning", async () => {
    const { world, warnings } = await testWorld({ testCase });
    const refs = await refsOf(world);
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) {
      const { header, messages, records } = await reader.read(ref, world);
      const summary = await reader.summarize(ref, world);
      expect(summary).toMatchObject({
        title: header.title,
        workspace: header.workspace,
        startedAt: header.startedAt,
      });
      expect(header).toMatchObject({
        id: ref.id,
        workspace: expect.stringMatching(/^\/home\/dev\/projects\//),
      });
      expect(records.malformed).toBe(0);
      expect(await reader.identify(ref.path, world)).toEqual(ref);
      const all = await collect(messages({ history: "full" }));
      const blocks = all.flatMap(({ content }) => content);
      const calls = blocks.flatMap((block) => (block.type === "tool_call" ? [block.id] : []));
      const answers = blocks.flatMap((block) => (block.type === "tool_result" ? [block.callId] : []));
      expect(answers).toEqual(calls);
      expect(all.map(({ index }) => index)).toEqual(all.keys().toArray());
    }
    expect(warnings).toEqual([]);
  });

  test("give every call of the tool table back as it was", async () => {
    const { world } = await testWorld({ testCase });
    for (const ref of await refsOf(world)) {
      for (const { content } of await readPath(ref.path, world)) {
        for (const block of content) {
          if (block.type !== "tool_call" || !AMP_TOOLS.test(block.name)) continue;
          expect(nativeCall(block.tool!)).toEqual({ name: block.name, input: block.input });
        }
      }
    }
  });
});

const texts = (messages: Message[]): string[] =>
  messages.flatMap(({ role, content }) =>
    content.map(
      (block) =>
        `${role} ${block.type === "text" ? block.text : block.type === "compaction" ? `(${block.summary})` : block.type}`,
    ),
  );

const summary = {
  role: "info",
  content: [{ type: "summary", summary: { type: "message", summary: "So far." } }],
};

describe("what is sent", () => {
  test("begins with the last summary; what it stands for is history", async () => {
    const messages = [said("old"), answered({ type: "text", text: "older" }), summary, said("new")];
    expect(texts(await readMessages(messages))).toEqual(["user (So far.)", "user new"]);
    const full = await readMessages(messages, "full");
    expect(full.map(({ inContext }) => inContext)).toEqual([false, false, true, true]);
    expect(full[2]?.origin).toBe("compaction");
  });

  test("holds mentioned files in front of the prompt, with numbers", async () => {
    const file = { uri: "file:///home/dev/a%20b.md", content: "one\ntwo\n", isImage: false };
    const [files, prompt] = await readMessages([{ ...said("see @it"), fileMentions: { files: [file] } }]);
    expect(files).toMatchObject({
      origin: "injected",
      content: [{ type: "text", text: "# Attached Files\n\n```a b.md\n1: one\n2: two\n```\n\n" }],
    });
    expect(prompt).toMatchObject({ origin: "person", content: [{ type: "text", text: "see @it" }] });
  });

  test("holds commands a person ran, but for hidden ones", async () => {
    const run = { status: "done", result: { output: "a\n\tb\n", exitCode: 1 } };
    const block = { type: "manual_bash_invocation", args: { cmd: "ls", cwd: "/w" }, toolRun: run };
    const messages = await readMessages([
      { role: "info", content: [block] },
      { role: "info", content: [{ ...block, hidden: true }] },
      said("x"),
    ]);
    expect(messages[0]).toMatchObject({ origin: "command" });
    // The indentation goes as it goes in Amp's own template.
    expect(texts(messages)[1]).toBe(
      "user <command>ls</command>\n\t<working_directory>/w</working_directory>\n\t<output>a\nb\n</output>\n\t<exit_code>1</exit_code>",
    );
    expect(messages).toHaveLength(2);
  });

  test("leaves out what Amp leaves out: editor state, unfinished calls, searches of the service", async () => {
    const unfinished = {
      type: "tool_use",
      id: "c",
      name: "Bash",
      input: {},
      inputPartialJSON: { json: "{" },
    };
    const messages = await readMessages([
      { ...said("hi"), userState: { currentlyVisibleFiles: ["file:///x"] } },
      answered({ type: "text", text: "a" }, unfinished, {
        type: "server_tool_use",
        id: "s",
        name: "web",
        input: {},
      }),
    ]);
    expect(texts(messages)).toEqual(["user hi", "assistant text".replace("text", "a")]);
  });

  test("answers calls that never got an answer as Amp does", async () => {
    const messages = await readMessages([said("x"), answered(called("c", "Bash", { cmd: "ls" }))]);
    expect(messages.at(-1)).toMatchObject({
      role: "tool",
      content: [
        {
          callId: "c",
          isError: true,
          synthetic: true,
          content: [{ text: "User cancelled tool invocation" }],
        },
      ],
    });
  });

  test.each([
    ["0.0.1767830505-ga62310", "User cancelled tool invocation"],
    ["0.0.1774569934-g39e3ec", "Progress until cancelation:\nhalf\n"],
  ])("a run that a crash of %s left open is cancelled", async (clientVersion, text) => {
    const env = { initial: { platform: { clientVersion } } };
    const run = { status: "in-progress", progress: { output: "half\n" } };
    const messages = await readMessages(
      [said("x"), answered(called("c", "Bash", { cmd: "ls" })), results({ c: run })],
      "context",
      { env },
    );
    expect(messages.at(-1)?.content[0]).toMatchObject({ content: [{ text: expect.stringContaining(text) }] });
  });
});

describe("the store", () => {
  test("tells threads of subagents, and finds them by id", async () => {
    const { home, world } = await testWorld();
    const child = ID.replace("aa", "bb").replace("00aa", "00bb");
    await put(home, `${THREADS}/${ID}.json`, threadText([said("main")]));
    await put(home, `${THREADS}/${child}.json`, threadText([said("sub")], { id: child, mainThreadID: ID }));
    await put(home, `${THREADS}/${ID}.json.amptmp`, "{");
    const summaries = await Promise.all((await refsOf(world)).map((ref) => reader.summarize(ref, world)));
    const shown = summaries.filter(({ hidden }) => hidden !== "subagent");
    expect(shown.map(({ ref }) => ref.id)).toEqual([ID]);
    expect(summaries).toHaveLength(2);
    const [found] = await collect(reader.locate(child.slice(2), world));
    expect(found?.id).toBe(child);
    expect(await reader.summarize(found!, world)).toMatchObject({ hidden: "subagent" });
    expect((await reader.read(found!, world)).header.parent).toEqual({
      id: ID,
      provider: "amp",
      relation: "subagent",
    });
  });

  test("is told by AMP_HOME, and, where that is Amp's program, by XDG_DATA_HOME until threads are in it", async () => {
    const empty = await testWorld({ env: { XDG_DATA_HOME: "data", AMP_HOME: "threads-only" } });
    expect(await dataFolder(empty.world)).toBe(`${empty.home}/threads-only`);
    const moved = await testWorld({ env: { XDG_DATA_HOME: "data", AMP_HOME: "program" } });
    await put(moved.home, "program/bin/amp", "");
    await put(moved.home, `data/amp/threads/${ID}.json`, threadText([said("x")]));
    expect(await refsOf(moved.world)).toHaveLength(1);
    await put(moved.home, `program/threads/${ID}.json`, threadText([said("x")]));
    expect((await refsOf(moved.world))[0]?.path).toContain("/program/threads/");
  });

  test("of the editor extension of 2025 is read too; Amp's own copy wins", async () => {
    const { home, world } = await testWorld();
    const old = ".config/Cursor/User/globalStorage/sourcegraph.amp/threads3";
    await put(home, `${old}/${ID}.json`, threadText([said("old")]));
    expect((await refsOf(world))[0]?.path).toContain("Cursor");
    await put(home, `${THREADS}/${ID}.json`, threadText([said("own")]));
    expect((await refsOf(world)).map(({ path }) => path)).toEqual([expect.stringContaining("/amp/threads/")]);
  });

  test("lists long threads from head and tail alone", async () => {
    const { home, world } = await testWorld();
    const long = Array.from({ length: 400 }, (_, index) => said(`${index} ${"x".repeat(1000)}`));
    const env = { initial: { trees: [{ uri: "file:///home/dev/a%20b" }] } };
    const events = Array.from({ length: 3000 }, (_, id) => ({ id, tokens: { input: 1, output: 2 } }));
    const path = await put(
      home,
      `${THREADS}/${ID}.json`,
      threadText(long, { env, title: "Long one", usageLedger: { events } }),
    );
    const ref = (await reader.identify(path, world))!;
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "Long one",
      workspace: "/home/dev/a b",
    });
    await put(home, `${THREADS}/${ID}.json`, threadText(long));
    expect((await reader.summarize((await reader.identify(path, world))!, world)).title).toMatch(/^0 x+…$/);
  });

  test("an export under any name is a thread; other JSON is none", async () => {
    const { home, world } = await testWorld();
    const path = await put(home, "saved.json", JSON.stringify({ id: ID, messages: [said("x")] }));
    expect((await reader.identify(path, world))?.id).toBe(ID);
    for (const text of ["[]", "{}", `{"id":"${ID}"}`, '{"id":"x","messages":[{}]}', "", "nothing"]) {
      expect(await reader.identify(await put(home, "other.json", text), world)).toBeUndefined();
    }
  });
});
