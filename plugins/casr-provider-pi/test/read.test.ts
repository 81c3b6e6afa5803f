import { describe, expect, it } from "vitest";
import { collect } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { call, contextOf, Entries, open, outline, WORKSPACE } from "./helpers.ts";

const PREFIX =
  "summary: The conversation history before this point was compacted into the following summary:\n\n";
const text = (value: string) => ({ type: "text", text: value });

describe("what is sent after a resume", () => {
  it("is texts, calls and results, without the frame of commands", async () => {
    const entries = new Entries()
      .add("model_change", { provider: "anthropic", modelId: "m" })
      .user("Go.")
      .answer([
        { type: "thinking", thinking: "Hm.", thinkingSignature: "s" },
        text("Look."),
        call("a"),
        call("b"),
      ])
      .result("a", "(no output)")
      .result("b", "x\n\nCommand exited with code 3", true)
      .answer([text("Done.")]);
    expect(await contextOf(entries)).toEqual([
      "user: Go.",
      "reasoning: Hm.",
      "assistant: Look.",
      "call a bash",
      "call b bash",
      "result a 0 false: ",
      "result b 3 true: x",
      "assistant: Done.",
    ]);
  });

  it("is the branch of the last entry, with what was said of the one that was left", async () => {
    const entries = new Entries()
      .user("One.")
      .answer([text("Left.")])
      .user("Left too.");
    entries.add("branch_summary", { parentId: "e1", fromId: "e3", summary: "S" }).answer([text("Other.")]);
    expect(await contextOf(entries)).toEqual([
      "user: One.",
      "user: The following is a summary of a branch that this conversation came back from:\n\n<summary>\nS</summary>",
      "assistant: Other.",
    ]);
  });

  it("begins anew behind an entry without a parent, and ends where parents go in circles", async () => {
    const anew = new Entries()
      .user("Lost.")
      .add("message", { parentId: null, message: { role: "user", content: "New." } });
    expect(await contextOf(anew)).toEqual(["user: New."]);
    const circle = new Entries()
      .add("message", { parentId: "e2", message: { role: "user", content: "A" } })
      .user("B");
    expect(await contextOf(circle)).toEqual(["user: A", "user: B"]);
  });

  it("is the last summary, what it kept and what came after", async () => {
    const entries = new Entries()
      .user("Old.")
      .user("Kept.")
      .add("compaction", { summary: "S", firstKeptEntryId: "e2", tokensBefore: 9 })
      .user("New.");
    const now = [`${PREFIX}<summary>\nS\n</summary>`, "user: Kept.", "user: New."];
    expect(await contextOf(entries)).toEqual(now);
    const { reading } = await open(entries.text);
    const full = await collect(reading.messages({ history: "full" }));
    expect(outline(full)).toEqual(["user: Old.", ...now]);
    expect(full.map(({ inContext }) => inContext)).toEqual([false, true, true, true]);
  });

  it("has entries in the form they were edited to, while the edit is in context", async () => {
    const entries = new Entries()
      .user("A")
      .answer([text("B")])
      .user("C");
    entries.add("context_edit", { targetId: "e1", replacement: { content: "A2" } });
    entries.add("context_edit", { targetId: "e2", replacement: null });
    entries.add("usage", { kind: "x" });
    expect(await contextOf(entries)).toEqual(["user: A2", "user: C"]);
    entries.add("compaction", { summary: "S", firstKeptEntryId: "e2" }).user("D");
    expect((await contextOf(entries)).slice(1)).toEqual(["user: C", "user: D"]);
  });

  it("leaves out answers that broke off and commands kept from the model", async () => {
    const command = { role: "bashExecution", command: "ls", output: "a", exitCode: 1 };
    const entries = new Entries()
      .user("Go.")
      .answer([text("Part")], { stopReason: "aborted" })
      .message({ ...command, excludeFromContext: true })
      .message(command)
      .add("custom_message", { customType: "x", content: "Said by an extension.", display: true });
    expect(await contextOf(entries)).toEqual([
      "user: Go.",
      "user: Ran `ls`\n```\na\n```\n\nCommand exited with code 1",
      "user: Said by an extension.",
    ]);
  });

  it("is read from files of versions 1 and 2 too", async () => {
    const one = new Entries({ version: 1 })
      .user("Old.")
      .user("Kept.")
      .add("compaction", { summary: "S", firstKeptEntryIndex: 2 });
    for (const entry of one.list.slice(1)) {
      delete entry["id"];
      delete entry["parentId"];
    }
    delete one.list[0]!["version"];
    expect((await contextOf(one)).slice(1)).toEqual(["user: Kept."]);
    const two = new Entries({ version: 2 }).message({ role: "hookMessage", content: "From a hook." });
    expect(await contextOf(two)).toEqual(["user: From a hook."]);
  });
});

describe("a damaged file", () => {
  it("keeps what stands around the damage", async () => {
    const lines = new Entries().user("A").user("B").user("C").text.split("\n");
    lines[2] = '{"type":"message","id":"e2';
    const { reading, warnings } = await open(`\uFEFF${lines.join("\r\n\r\n")}{"torn`);
    const messages = await collect(reading.messages({ history: "context" }));
    expect(outline(messages)).toEqual(["user: A", "user: C"]);
    expect(reading.records.malformed).toBe(2);
    expect(warnings.map(({ line }) => line)).toEqual([5, 9]);
  });

  it("of wrong types gives what can be read", async () => {
    const entries = new Entries({ cwd: 5, parentSession: {} })
      .user([1, null, { type: "text" }, { type: "image", data: 1 }])
      .answer({ not: "a list" })
      .answer([call("a", "read", { path: 3 }), { type: "toolCall", id: 3 }])
      .result("zz", "orphan")
      .user("End.");
    const { reading, warnings } = await open(entries.text);
    expect(outline(await collect(reading.messages({ history: "context" })))).toEqual([
      "call a read",
      "user: End.",
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(["orphan-result"]);
  });

  it("without messages cannot be read", async () => {
    await expect(open(new Entries().text)).rejects.toMatchObject({ code: "source-unreadable" });
  });
});

describe("what a session says of itself", () => {
  it("is its name, workspace, model and the session it was forked off", async () => {
    const entries = new Entries({ parentSession: "/x/2026-11-20T10-00-00-000Z_other.jsonl" })
      .user("A prompt")
      .answer([text("x")], { model: "m1" })
      .add("session_info", { name: " Greeting work " });
    const { reading, ref, world } = await open(entries.text);
    const facts = { title: "Greeting work", nativeName: "Greeting work", workspace: WORKSPACE, model: "m1" };
    expect(reading.header).toMatchObject({ ...facts, parent: { id: "other", relation: "fork" } });
    expect(await reader.summarize(ref, world)).toMatchObject(facts);
  });
});
