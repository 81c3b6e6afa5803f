import { describe, expect, it } from "vitest";
import { collect } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { contextOf, open, outline, PICTURE, Records, result, use, WORKSPACE } from "./helpers.ts";

const SUMMARY = (text: string): string =>
  `summary: A previous instance of Droid has summarized the conversation thus far as follows:\n\n<summary>\n${text}\n</summary>\n\nIMPORTANT: This summary was created by a previous instance of Droid. Files referenced in the summary may not be available until you explicitly view them again.`;

describe("what is sent after a resume", () => {
  it("is texts, calls and results, without Droid's own reminders and notices", async () => {
    const records = new Records()
      .message("user", [{ type: "text", text: "<system-reminder>\ntools\n</system-reminder>" }])
      .user("Go.")
      .answer("Look.", use("a"), use("b", "Read", { file_path: "/x" }))
      .results(result("b", "text"), result("a", "x\n\n[Process exited with code 0]"))
      .message("assistant", "A plain string.")
      .user("Cancelled", { visibility: "llm_only" })
      .user("A notice", { visibility: "user_only" })
      .add({ type: "agent_turn_outcome", turnId: "x", reason: "completed" });
    expect(await contextOf(records)).toEqual([
      "user: Go.",
      "assistant: Look.",
      "call a Execute",
      "call b Read",
      "result b: text",
      "result a: x",
      "assistant: A plain string.",
      "user: Cancelled",
    ]);
  });

  it("has Anthropic's thoughts with their signature, and those of others as text", async () => {
    const thinking = (text: string, signature: string, signatureProvider?: string) => ({
      type: "thinking",
      thinking: text,
      signature,
      ...(signatureProvider === undefined ? {} : { signatureProvider }),
    });
    const records = new Records()
      .user("Go.")
      .answer(
        thinking("A", "s", "anthropic"),
        thinking("B", ""),
        thinking("C", "s", "generic-chat-completion-api"),
        { type: "redacted_thinking", data: "zz" },
        "Yes.",
      );
    const { reading } = await open(records);
    const [, answer] = await collect(reading.messages({ history: "context" }));
    expect(answer!.content.map((block) => block.type === "reasoning" && block.issuer)).toEqual([
      "anthropic",
      undefined,
      undefined,
      "anthropic",
      false,
    ]);
  });

  it("takes the answers in the next message, the first of each, and warns of others", async () => {
    const records = new Records()
      .user("Go.")
      .answer(use("a"), use("b"))
      .results(result("a", "one"), result("a", "two"))
      .results(result("b", "late"));
    const { reading, warnings } = await open(records);
    expect(outline(await collect(reading.messages({ history: "context" }))).at(-1)).toBe("result a: one");
    expect(warnings.map(({ code, line }) => `${code} ${line}`)).toEqual([
      "orphan-result 4",
      "orphan-result 5",
    ]);
  });

  it("has pictures and documents", async () => {
    const source = { type: "base64", media_type: "image/png", data: PICTURE };
    const records = new Records()
      .message("user", [
        { type: "text", text: "See" },
        { type: "image", source },
        { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERg==" } },
      ])
      .answer(use("a", "Read", { file_path: "/a.png" }))
      .results(
        result("a", [
          { type: "text", text: "Image file: a.png" },
          { type: "image", source },
        ]),
      );
    expect(await contextOf(records)).toEqual([
      "user: See",
      "user: [image]",
      "user: [document]",
      "call a Read",
      "result a: Image file: a.png|image",
    ]);
  });

  it("is the last summary and what stayed behind it", async () => {
    const state = (summaryText: string, anchor?: string) => ({
      type: "compaction_state",
      summaryText,
      ...(anchor === undefined ? {} : { anchorMessage: { id: anchor, index: 0 } }),
    });
    const records = new Records()
      .user("Old.")
      .answer("One.")
      .add(state("FIRST"))
      .user("Kept.")
      .answer("Two.")
      .add(state("SECOND", "m2"))
      .user("New.");
    expect(await contextOf(records)).toEqual([
      SUMMARY("SECOND"),
      "user: Kept.",
      "assistant: Two.",
      "user: New.",
    ]);
    const { reading } = await open(records);
    const full = await collect(reading.messages({ history: "full" }));
    expect(full.map(({ inContext, index }) => `${index} ${inContext}`)).toEqual([
      "0 false",
      "1 false",
      "2 true",
      "3 true",
      "4 true",
      "5 true",
    ]);
    const cut = new Records().user("Old.").add(state("S")).user("New.");
    expect(await contextOf(cut)).toEqual([SUMMARY("S"), "user: New."]);
    const lost = new Records().user("Old.").add(state("S", "nowhere")).user("New.");
    expect(await contextOf(lost)).toEqual([SUMMARY("S"), "user: Old.", "user: New."]);
  });
});

describe("what a session says of itself", () => {
  it("comes from its first record and its settings", async () => {
    const records = new Records({ title: "Greeting work", isSessionTitleManuallySet: true, parent: "other" })
      .user("A prompt")
      .message("assistant", "x", { modelId: "custom:m2" });
    const settings = {
      model: "custom:m1",
      tokenUsage: { inputTokens: 5, cacheCreationTokens: 2 },
      tags: [{ name: "exec" }],
    };
    const { reading, ref, world } = await open(records, settings);
    expect(reading.header).toMatchObject({
      title: "Greeting work",
      nativeName: "Greeting work",
      workspace: WORKSPACE,
      model: "m2",
      usage: { inputTokens: 5, cacheWriteTokens: 2 },
      parent: { id: "other", relation: "fork" },
    });
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "Greeting work",
      model: "m2",
      hidden: "headless",
    });
  });
});
