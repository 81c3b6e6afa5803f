import { describe, expect, test } from "vitest";
import { emptyHome, outline, PNG, said, SETTINGS, type TestStore, tool, worldOn } from "./helpers.ts";

const S = "ses_one";

describe.each(SETTINGS)("$name", ({ fork, reader, storeIn, recorded, refTo, messagesIn }) => {
  function store(): { home: string; store: TestStore } {
    const home = emptyHome();
    return { home, store: storeIn(home).session(S) };
  }

  const read = (home: string, history: "context" | "full" = "context") =>
    messagesIn(S, worldOn(home).world, history);

  describe("recorded sessions", () => {
    test("a session with thoughts, parallel calls, failures and an image", async () => {
      const home = recorded("rich-git");
      const { world, warnings } = worldOn(home);
      const [ref] = await Array.fromAsync(reader.discover(world));
      const reading = await reader.read(ref!, world);
      expect(reading.header).toMatchObject({
        workspace: "/home/dev/projects/inventory-api",
        model: "claude-sonnet-4-5",
        agentVersion: fork.version,
        usage: { inputTokens: 12_000, outputTokens: 420 },
      });
      const messages = await Array.fromAsync(reading.messages({ history: "context" }));
      const calls = messages.flatMap(({ content }) => content.filter((block) => block.type === "tool_call"));
      expect(calls.map((call) => call.tool?.kind)).toEqual(
        "read read glob todo edit write shell read grep shell todo".split(" "),
      );
      const results = messages.flatMap(({ content }) =>
        content.filter((block) => block.type === "tool_result"),
      );
      expect(results.map(({ isError }) => isError).indexOf(true)).toBe(7);
      expect(results[0]!.content[0]).toMatchObject({
        text: expect.stringMatching(/^\/\/ Stock levels[^]*\n}$/),
      });
      // What the command's exit code was the model is not told.
      expect(results[6]).toMatchObject({ isError: false, content: [{ text: "v24.21.0\n" }] });
      expect(results[6]!.exitCode).toBeUndefined();
      expect(results[9]!.truncated).toBe(true);
      const thoughts = messages.flatMap(({ content }) =>
        content.filter((block) => block.type === "reasoning"),
      );
      expect(
        thoughts.every(({ issuer, signature }) => issuer === "anthropic" && signature !== undefined),
      ).toBe(true);
      expect(outline(messages).slice(-6)).toEqual([
        expect.stringMatching(/^user\/injected: Called the Read tool/),
        "user/injected: Image read successfully",
        "user: <image/png>",
        "user: What does this chart show?",
        "thought: An image of a curve.",
        "assistant: The chart shows a rising orange curve on white.",
      ]);
      expect(warnings).toEqual([]);
    });

    test("a subagent's report, and its session by id", async () => {
      const home = recorded("subagent-compaction");
      const { world } = worldOn(home);
      const refs = await Array.fromAsync(reader.discover(world));
      expect(refs).toHaveLength(1);
      const { header } = await reader.read(refs[0]!, world);
      expect(header.children).toEqual([
        { id: expect.stringMatching(/^ses_/), provider: fork.slug, relation: "subagent" },
      ]);
      const child = await reader.read(await refTo(header.children![0]!.id, world), world);
      expect(child.header.parent).toMatchObject({ id: refs[0]!.id, relation: "subagent" });
      const full = await messagesIn(refs[0]!.id, world, "full");
      const report = full.flatMap(({ content }) => content).find((block) => block.type === "tool_result");
      expect(report).toMatchObject({
        content: [{ text: "Exports: `reserve(stock, sku, n)` and `release(stock, sku, n)`." }],
      });
    });
  });

  describe("what is sent", () => {
    test("ignored and empty texts, files with text beside them and files on answers are not", async () => {
      const { home, store: made } = store();
      made.user(S, said("hidden", { ignored: true }), said(""), "shown", {
        type: "file",
        mime: "text/plain",
        url: "data:,x",
      });
      made.answer(S, [{ type: "file", mime: "image/png", url: `data:image/png;base64,${PNG}` }, "answer"]);
      expect(outline(await read(home))).toEqual(["user: shown", "assistant: answer"]);
    });

    test("each step of an answer has its own results", async () => {
      const { home, store: made } = store();
      made.user(S, "go");
      made.answer(S, [
        { type: "step-start" },
        tool("a", "bash", { status: "completed", output: "1" }),
        { type: "step-finish" },
        { type: "step-start" },
        "between",
        tool("b", "bash", { status: "completed", output: "2" }),
      ]);
      expect(outline(await read(home))).toEqual([
        "user: go",
        "call a bash",
        "result a: 1",
        "assistant: between",
        "call b bash",
        "result b: 2",
      ]);
    });

    test("answers with an error are not, but one that a person stopped is", async () => {
      const { home, store: made } = store();
      made.user(S, "go");
      made.answer(S, ["lost"], { error: { name: "APIError", data: {} } });
      made.answer(S, [{ type: "step-start" }, { type: "reasoning", text: "hm" }], {
        error: { name: "MessageAbortedError" },
      });
      made.answer(S, ["stopped here"], { error: { name: "MessageAbortedError" } });
      expect(outline(await read(home))).toEqual(["user: go", "assistant: stopped here"]);
    });

    test("calls that never ended, were interrupted or pruned", async () => {
      const { home, store: made } = store();
      made.user(S, "go");
      made.answer(S, [
        tool("a", "bash", { status: "running" }),
        tool("b", "bash", { status: "error", error: "x", metadata: { interrupted: true, output: "half" } }),
        tool("c", "bash", {
          status: "completed",
          output: "long ago",
          time: { start: 1, end: 2, compacted: 3 },
        }),
        tool("d", "bash", { status: "error", error: "broken" }),
      ]);
      expect(outline(await read(home)).slice(5)).toEqual([
        "result a failed: [Tool execution was interrupted]",
        "result b: half",
        "result c: [Old tool result content cleared]",
        "result d failed: broken",
      ]);
      expect(outline(await read(home, "full"))).toContain("result c: long ago");
    });

    test("thoughts of another model than the one it goes on with are sent as text", async () => {
      const { home, store: made } = store();
      const thought = (text: string) => ({
        type: "reasoning",
        text,
        metadata: { anthropic: { signature: "c2ln" } },
      });
      made.user(S, "go");
      made.answer(S, [thought("mine"), "one"]);
      made.answer(S, [thought("another's"), thought(""), "two"], {
        modelID: "gpt-5.1",
        providerID: "openai",
      });
      const sent = ["user: go", "thought: mine", "assistant: one", "assistant: another's", "assistant: two"];
      expect(outline(await read(home))).toEqual(sent);
      expect(outline(await read(home, "full"))).toContain("thought: another's");
    });

    test("undone messages are not, and of a message undone in part what comes before", async () => {
      const { home, store: made } = store();
      made.user(S, "one");
      made.answer(S, ["two"]);
      const third = made.user(S, "three", "four");
      made.answer(S, ["five"]);
      const revert = (value: unknown) =>
        made.run((database) => database.prepare("UPDATE session SET revert = ?").run(JSON.stringify(value)));
      revert({ messageID: third });
      expect(outline(await read(home))).toEqual(["user: one", "assistant: two"]);
      revert({ messageID: third, partID: "prt_000004" });
      expect(outline(await read(home))).toEqual(["user: one", "assistant: two", "user: three"]);
      revert({ messageID: "msg_nowhere" });
      expect(await read(home)).toHaveLength(4);
    });

    test("a summary that failed leaves everything, and the question for it", async () => {
      const { home, store: made } = store();
      made.user(S, "one");
      const asked = made.user(S, { type: "compaction", auto: true });
      made.answer(S, ["half"], {
        parentID: asked,
        summary: true,
        finish: "stop",
        error: { name: "APIError" },
      });
      expect(outline(await read(home))).toEqual(["user: one", "user/injected: What did we do so far?"]);
    });

    test("images and documents of tools", async () => {
      const { home, store: made } = store();
      made.user(S, "go");
      made.answer(S, [
        tool("a", "read", {
          status: "completed",
          output: "ok",
          attachments: [
            { type: "file", mime: "image/png", url: `data:image/png;base64,${PNG}` },
            { type: "file", mime: "application/pdf", url: "data:application/pdf;base64,JVBERg==" },
          ],
        }),
      ]);
      expect(outline(await read(home)).slice(2)).toEqual([
        "result a: ok|<image/png>",
        "user: <application/pdf>",
      ]);
    });

    test("an attachment that is only a name", async () => {
      const { home, store: made } = store();
      made.user(S, "look", { type: "file", mime: "image/png", filename: "a.png", url: "file:///tmp/a.png" });
      const { world, warnings } = worldOn(home);
      expect(outline(await messagesIn(S, world))).toEqual(["user: look"]);
      expect(warnings.map(({ code }) => code)).toEqual(["missing-file"]);
    });
  });

  describe("damaged records", () => {
    test("are left out with a warning, and counted", async () => {
      const { home, store: made } = store();
      made.user(S, "one");
      made.message(S, "{ torn");
      made.message(S, "[1]");
      made.message(S, '{"role":7}');
      made.answer(
        S,
        [
          "two",
          "{ torn",
          '"text"',
          { type: 5 },
          tool("", "x", {}),
          tool("c", "bash", { status: 3, input: [], output: 4 }),
        ].map((part) => part as never),
      );
      made.user(S, { type: "text", text: 5 }, { type: "from-tomorrow" }, { type: "from-tomorrow" }, "three");
      made.run((database) =>
        database.prepare("UPDATE part SET data = x'00ff' WHERE data LIKE '%{ torn%'").run(),
      );
      const { world, warnings } = worldOn(home);
      const reading = await reader.read(await refTo(S, world), world);
      const lines = outline(await Array.fromAsync(reading.messages({ history: "context" })));
      expect(lines[0]).toBe("user: one");
      expect(lines.at(-1)).toBe("user: three");
      expect(lines).toContain("result c failed: [Tool execution was interrupted]");
      expect(reading.records.malformed).toBeGreaterThan(0);
      const unknown = warnings.filter(
        ({ code, message }) => code === "unknown-record" && message.includes("tomorrow"),
      );
      expect(unknown).toHaveLength(1);
      expect(warnings.some(({ code, path }) => code === "bad-record" && path === made.path)).toBe(true);
    });

    test("a session of which nothing can be read is refused, another one beside it is not", async () => {
      const { home, store: made } = store();
      made.message(S, "{ torn");
      made.session("ses_two").user("ses_two", "fine");
      const { world } = worldOn(home);
      await expect(reader.read(await refTo(S, world), world)).rejects.toMatchObject({
        code: "source-unreadable",
      });
      expect(outline(await messagesIn("ses_two", world))).toEqual(["user: fine"]);
    });

    test("odd values in the session's row", async () => {
      const home = emptyHome();
      const made = storeIn(home).session(S, {
        title: "",
        directory: "relative",
        revert: "{",
        time_created: "soon",
        time_updated: -4,
      });
      made.user(S, "one");
      const { world } = worldOn(home);
      const ref = await refTo(S, world);
      const summary = await reader.summarize(ref, world);
      expect(summary).toEqual({ ref });
      expect((await reader.read(ref, world)).header.workspace).toBeUndefined();
    });

    test("a digest changes with its session and with no other", async () => {
      const { home, store: made } = store();
      made.user(S, "one");
      made.session("ses_two").user("ses_two", "x");
      const digest = async () => {
        const { world } = worldOn(home);
        return reader.digest!(await refTo(S, world), world);
      };
      const before = await digest();
      made.user("ses_two", "y");
      made.run((database) => database.exec("UPDATE session SET title = 'z', time_updated = 99"));
      expect(await digest()).toBe(before);
      made.user(S, "two");
      expect(await digest()).not.toBe(before);
    });
  });
});
