import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { casesOf, fixtureHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { contextOf, Journal, open, outline, WORKSPACE } from "./helpers.ts";

describe("what is sent after a resume", () => {
  it("is texts, thoughts, calls and results, without frames and without what is made anew", async () => {
    const journal = new Journal()
      .user("Go.")
      .user("<system-reminder>\nToday\n</system-reminder>", { kind: "injection", variant: "date_change" })
      .begin("s")
      .part("s", { type: "think", think: "Hm." })
      .part("s", { type: "text", text: "Look." })
      .call("s", "a", "Bash", { command: "x" })
      .call("s", "b", "Read", { path: "a" })
      .call("s", "c", "Bash", { command: "true" })
      .result("b", { output: "7\tone\n8\ttwo", note: "<system>2 lines</system>" })
      .result("a", { output: "x\nCommand failed with exit code: 3.", isError: true, durationMs: 31 })
      .result("c", { output: "Command executed successfully." })
      .end("s", "tool_use")
      .answer("Done.");
    expect(await contextOf(journal)).toEqual([
      "user: Go.",
      "reasoning: Hm.",
      "assistant: Look.",
      "call a Bash",
      "call b Read",
      "call c Bash",
      "result b 0 false: one\ntwo",
      "result a 3 true: x",
      "result c 0 false: ",
      "assistant: Done.",
    ]);
    const { reading } = await open(journal.text);
    const results = (await collect(reading.messages({ history: "context" }))).flatMap(
      ({ content }) => content,
    );
    expect(results.find((block) => block.type === "tool_result" && block.callId === "a")).toMatchObject({
      framed:
        "Wall time: 0.031 seconds\n<system>ERROR: Tool execution failed.</system>\nx\nCommand failed with exit code: 3.",
      durationMs: 31,
    });
  });

  it("is one prompt where prompts follow one another, but not in the full history", async () => {
    const journal = new Journal().user("One.").user("Two.").answer("Yes.");
    expect(await contextOf(journal)).toEqual(["user: One.\n\nTwo.", "assistant: Yes."]);
    const { reading } = await open(journal.text);
    expect(outline(await collect(reading.messages({ history: "full" })))).toEqual([
      "user: One.",
      "user: Two.",
      "assistant: Yes.",
    ]);
  });

  it("is the kept prompts and the summary after a compaction", async () => {
    const journal = new Journal().user("Old.").answer("Gone.");
    journal.user("More.").add("context.apply_compaction", {
      summary: "S",
      contextSummary: "P S",
      compactedCount: 3,
      keptUserMessageCount: 2,
    });
    journal.answer("New.");
    const now = ["summary: P S", "assistant: New."];
    expect(await contextOf(journal)).toEqual(["user: Old.\n\nMore.", ...now]);
    const { reading } = await open(journal.text);
    const full = await collect(reading.messages({ history: "full" }));
    expect(outline(full)).toEqual(["user: Old.", "assistant: Gone.", "user: More.", ...now]);
    expect(full.map(({ inContext }) => inContext)).toEqual([true, false, true, true, true]);
  });

  it("is the ends of long prompts that a compaction kept, with a word on what is missing", async () => {
    const journal = new Journal().user(`a${"b".repeat(40_000)}`).user(`${"c".repeat(80_000)}d`);
    journal.add("context.apply_compaction", { summary: "S", compactedCount: 2, keptUserMessageCount: 2 });
    const [head, elision, tail, summary] = await contextOf(journal);
    expect(head).toBe(`user: a${"b".repeat(7999)}`);
    expect(elision).toContain("roughly 10002 tokens in between were dropped");
    expect(tail).toBe(`user: ${"c".repeat(71_999)}d`);
    expect(summary).toBe("summary: S");
  });

  it("is the summary and the tail of an older compaction", async () => {
    const journal = new Journal().user("Old.").answer("Gone.").user("Kept.");
    journal.add("context.apply_compaction", { summary: "S", compactedCount: 2, tokensBefore: 9 });
    expect(await contextOf(journal)).toEqual(["summary: S", "user: Kept."]);
  });

  it("is what is left after undoing, and nothing before a clearing", async () => {
    const undone = new Journal().user("One.").answer("A.").user("Two.").answer("B.");
    undone.add("context.undo", { count: 1 }).user("Three.");
    expect(await contextOf(undone)).toEqual(["user: One.", "assistant: A.", "user: Three."]);
    const cleared = new Journal().user("One.").add("context.clear", {}).user("Two.");
    expect(await contextOf(cleared)).toEqual(["user: Two."]);
  });

  it("is the branch that was gone back to", async () => {
    const journal = new Journal().user("One.").answer("A.").user("Two.").answer("B.");
    const line = journal.list.length + 1;
    const base = { branch: "main", line: 5 };
    journal.add("agent.switched", { branch: "b1", base, turns: 1, legacyUndoLine: line + 1 });
    journal.add("context.undo", { count: 1 }).add("context.undone", { turns: 1 }).user("Three.");
    expect(await contextOf(journal)).toEqual(["user: One.", "assistant: A.", "user: Three."]);
    const circle = new Journal().user("One.");
    circle.add("agent.switched", { branch: "x", base: { branch: "x", line: 9 } }).user("Two.");
    expect(await contextOf(circle)).toEqual(["user: One.\n\nTwo."]);
  });

  it("says of calls without an answer that they were interrupted, and keeps what came meanwhile", async () => {
    const journal = new Journal()
      .user("Go.")
      .begin("s")
      .call("s", "a", "Bash", { command: "x" })
      .user("Wait.");
    const lost = /^result a 0 true: Tool execution was interrupted before its result was recorded\./;
    const context = await contextOf(journal);
    expect(context[2]).toMatch(lost);
    expect(context[3]).toBe("user: Wait.");
    expect(await contextOf(new Journal().user("Go.").begin("s").user("Again."))).toEqual([
      "user: Go.\n\nAgain.",
    ]);
  });

  it("is messages of a session taken over from kimi-cli too", async () => {
    const journal = new Journal().user("Go.", undefined);
    const call = { type: "function", id: "a", function: { name: "Shell", arguments: '{"command":"ls"}' } };
    journal.message({ role: "assistant", content: [{ type: "text", text: "Look." }], toolCalls: [call] });
    journal.message({ role: "tool", content: [{ type: "text", text: "x" }], toolCallId: "a" });
    expect(await contextOf(journal)).toEqual([
      "user: Go.",
      "assistant: Look.",
      "call a Shell",
      "result a 0 false: x",
    ]);
  });
});

describe("pictures", () => {
  it("are read where they are, inline or beside the journal", async () => {
    const hash = "a".repeat(64);
    const part = (url: string) => ({ type: "image_url", imageUrl: { url } });
    const urls = ["data:image/png;base64,AAAA", `blobref:image/png;${hash}`, "blobref:image/png;../../x"];
    const journal = new Journal().message({
      role: "user",
      content: urls.map(part),
      origin: { kind: "user" },
    });
    const { reading, folder } = await open(journal.text);
    mkdirSync(join(folder, "agents/main/blobs"));
    writeFileSync(join(folder, "agents/main/blobs", hash), "xyz");
    const [message] = await collect(reading.messages({ history: "context" }));
    expect(message!.content).toMatchObject([
      { type: "image", data: { base64: "AAAA" } },
      { type: "image", data: { length: 3, encoding: "raw" } },
      { type: "text", text: "[media: blobref:image/png;../../x]" },
    ]);
  });
});

describe("damaged journals", () => {
  it("give what can be kept, with warnings", async () => {
    const good = new Journal().user("One.").answer("Two.").text;
    const bad = `\uFEFF${good.replaceAll("\n", "\r\n")}\n{"type":"context.append_message","message":{"role":7}}\n{"type":"odd"}\n[1]\n{"type":"context.app`;
    const { reading, warnings } = await open(bad);
    expect(outline(await collect(reading.messages({ history: "full" })))).toEqual([
      "user: One.",
      "assistant: Two.",
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(["unknown-record", "bad-line", "torn-line"]);
    expect(reading.records.malformed).toBe(2);
  });

  it("are refused where they hold nothing", async () => {
    await expect(open(new Journal().text)).rejects.toMatchObject({ code: "source-unreadable" });
  });
});

describe("the facts about a session", () => {
  it("come from its state, else from its prompts", async () => {
    const journal = new Journal()
      .add("llm.request", { model: "kimi-for-coding", provider: "kimi" })
      .add("usage.record", { usage: { inputOther: 3, output: 2, inputCacheRead: 0, inputCacheCreation: 0 } })
      .user("Title here.");
    const { reading, ref, world } = await open(journal.text);
    const { header } = reading;
    expect(header).toMatchObject({ title: "Title here.", workspace: WORKSPACE, model: "kimi-for-coding" });
    expect(header.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "Title here.",
      model: "kimi-for-coding",
    });
    const named = await open(journal.text, { title: "Named", titleKind: "custom", isCustomTitle: true });
    expect(named.reading.header).toMatchObject({ title: "Named", nativeName: "Named" });
  });
});

describe.each(casesOf("kimi"))("the recorded session %s", (name) => {
  it("is read without a warning, and listed as it is read", async () => {
    const { world, warnings } = worldOn(fixtureHome(`kimi/${name}`));
    const refs = await collect(reader.discover(world));
    expect(refs).toHaveLength(1);
    const { header, messages } = await reader.read(refs[0]!, world);
    const summary = await reader.summarize(refs[0]!, world);
    expect(summary.title).toBe(header.title);
    expect(summary.workspace).toBe("/home/dev/projects/app");
    const blocks = (await collect(messages({ history: "context" }))).flatMap(({ content }) => content);
    const calls = blocks.flatMap((block) => (block.type === "tool_call" ? block.id : []));
    const answered = blocks.flatMap((block) => (block.type === "tool_result" ? block.callId : []));
    expect(answered.sort()).toEqual(calls.sort());
    expect(blocks.length).toBeGreaterThan(3);
    const texts = blocks.flatMap((block) => (block.type === "text" ? block.text : []));
    // Of what the agent adds by itself, only that it was interrupted belongs to the conversation.
    const added = texts.filter((text) => text.startsWith("<system"));
    expect(added.filter((text) => !text.includes("was interrupted by the user"))).toEqual([]);
    expect(warnings).toEqual([]);
  });
});
