import { describe, expect, it } from "vitest";
import { collect } from "../../../test/support/readers.ts";
import { contextOf, Events, open, outline, PICTURE, WORKSPACE } from "./helpers.ts";

describe("what is sent after a resume", () => {
  it("is the prompts, answers, calls and results, these in the order of the calls", async () => {
    const events = new Events()
      .user("Go.")
      .answer("Two.", [
        ["a", "bash", { command: "ls" }],
        ["b", "view", { path: "/x" }],
      ])
      .result("b", "text of x")
      .result("a", "x\n<shellId: 0 completed with exit code 2>", { shellExecution: { exitCode: 2 } })
      .answer("Done.");
    expect(await contextOf(events)).toEqual([
      "user: Go.",
      "assistant: Two.",
      "call a bash",
      "call b view",
      "result a: x",
      "result b: text of x",
      "assistant: Done.",
    ]);
    const { reading } = await open(events);
    const [, , results] = await collect(reading.messages({ history: "context" }));
    expect(results?.content[0]).toMatchObject({ isError: true, exitCode: 2 });
  });

  it("leaves the time and reminders out, and keeps files named with a prompt", async () => {
    const reminder = "\n\n<system_reminder>\n<todo_status>\nTodos: 1\n</todo_status>\n</system_reminder>";
    const date = "<current_datetime>2026-08-01T10:00:00.000+00:00</current_datetime>\n\n";
    const entry = {
      type: "file",
      path: "/a.txt",
      displayName: "a.txt",
      taggedFilesEntry: "* /a.txt (12 lines)",
    };
    const events = new Events()
      .user("Hi", { transformedContent: `${date}Hi${reminder}`, attachments: [entry] })
      .answer("Yes.")
      .user("shown", { transformedContent: `${date}sent${reminder}${reminder}` })
      .user("<system_reminder>\ntyped\n</system_reminder>");
    expect(await contextOf(events)).toEqual([
      "user: Hi\n\n\n\n<tagged_files>\n* /a.txt (12 lines)\n</tagged_files>",
      "assistant: Yes.",
      "user: sent",
      "user: <system_reminder>\ntyped\n</system_reminder>",
    ]);
  });

  it("has pictures by asset and inline, and documents where the model took them", async () => {
    const asset = { assetId: "sha256:x", type: "image", mimeType: "image/png", data: PICTURE };
    const pdf = { type: "blob", data: "JVBERg==", mimeType: "application/pdf", displayName: "a.pdf" };
    const events = new Events()
      .add("session.binary_asset", asset)
      .user("See", {
        attachments: [{ type: "file", path: "/a.png", assetId: "sha256:x", displayName: "a.png" }],
      })
      .user("pdf", { attachments: [pdf], supportedNativeDocumentMimeTypes: ["application/pdf"] })
      .user("not sent", { attachments: [pdf] })
      .answer("", [["a", "view", { path: "/a.png" }]])
      .add("tool.execution_complete", {
        toolCallId: "a",
        success: true,
        result: {
          content: "Viewed.",
          binaryResultsForLlm: [{ type: "image", data: PICTURE, mimeType: "image/png" }],
        },
      });
    const { reading, world } = await open(events);
    const messages = await collect(reading.messages({ history: "context" }));
    expect(outline(messages)).toEqual([
      "user: See",
      "user: [image]",
      "user: pdf",
      "user: [document]",
      "user: not sent",
      "user: a.pdf",
      "call a view",
      "result a: Viewed.|image",
    ]);
    const image = messages[0]!.content[1]!;
    expect(image.type === "image" && (await world.base64(image.data))).toBe(PICTURE);
  });

  it("is a summary with the user's own prompts after a compaction", async () => {
    const events = new Events()
      .user("First.")
      .answer("One.")
      .user("from a skill", { source: "skill-pdf" })
      .answer("Two.")
      .add("session.compaction_complete", { success: false, summaryContent: "failed" })
      .add("session.compaction_complete", { success: true, summaryContent: "SUM" })
      .user("After.");
    const summary =
      "summary: Some of the conversation history has been summarized to free up context.\n\nYou were originally given instructions from a user over one or more turns. Here were the user messages:\n<user_message>\nFirst.\n</user_message>\n\nHere is a summary of the prior context:\n<summary>\nSUM\n</summary>";
    expect(await contextOf(events)).toEqual([summary, "user: After."]);
    const { reading } = await open(events);
    const full = await collect(reading.messages({ history: "full" }));
    expect(full.map(({ inContext }) => inContext)).toEqual([false, false, false, false, true, true]);
    expect(full.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("begins anew where the context was cleared", async () => {
    const events = new Events()
      .user("Old.")
      .add("session.context_cleared", { messagesCleared: 1, initialMessage: "Go on." })
      .user("New.")
      .add("session.compaction_complete", { success: true, summaryContent: "SUM" });
    const [summary] = await contextOf(events);
    expect(summary).toContain("<user_message>\nNew.\n</user_message>");
    expect(summary).not.toContain("Old.");
  });

  it("has no events of subagents, and links them", async () => {
    const events = new Events()
      .user("Go.")
      .answer("", [["a", "task", { prompt: "p" }]])
      .add("user.message", { content: "inner" }, { agentId: "agent-7" })
      .add("assistant.message", { messageId: "x", content: "inner", parentToolCallId: "a" })
      .result("a", "report");
    expect(await contextOf(events)).toEqual(["user: Go.", "call a task", "result a: report"]);
    const { reading } = await open(events);
    expect(reading.header.children).toEqual([{ id: "agent-7", provider: "copilot", relation: "subagent" }]);
  });

  it("tells the model of commands a person ran and of notifications", async () => {
    const events = new Events()
      .user("Go.")
      .add("tool.user_requested", { toolCallId: "u", toolName: "bash", arguments: { command: "ls" } })
      .result("u", "a.txt", { isUserRequested: true })
      .add("system.notification", {
        content: "<system_notification>\ndone\n</system_notification>",
        kind: {},
      });
    expect(await contextOf(events)).toEqual([
      "user: Go.",
      "user: <user_shell_command_output>\nThe user executed a shell command directly in their terminal (exit code 0).\n\nCommand:\nls\n\nOutput:\na.txt\n</user_shell_command_output>",
      "user: <system_notification>\ndone\n</system_notification>",
    ]);
  });

  it("joins the pieces of a response, and thoughts with the answer behind them", async () => {
    const thought = (thinking: string) => ({
      reasoningBlocks: {
        provider: "anthropic-messages",
        blocks: [{ type: "thinking", thinking, signature: "s" }],
      },
    });
    const events = new Events()
      .user("Go.")
      .answer("one", [], { apiCallId: "r1", ...thought("A") })
      .answer("two", [["a", "bash", { command: "ls" }]], { apiCallId: "r1", ...thought("B") })
      .result("a", "x")
      .answer("", [], thought("C"))
      .answer("three");
    const { reading } = await open(events);
    const messages = await collect(reading.messages({ history: "context" }));
    expect(outline(messages)).toEqual([
      "user: Go.",
      "reasoning: A",
      "reasoning: B",
      "assistant: onetwo",
      "call a bash",
      "result a: x",
      "reasoning: C",
      "assistant: three",
    ]);
    // Only the first piece's thoughts are sent with their signature.
    expect(
      messages[1]!.content.map((block) => block.type === "reasoning" && block.signature !== undefined),
    ).toEqual([true, false, false, false]);
  });

  it("takes the first answer to a call and warns of others", async () => {
    const events = new Events()
      .user("Go.")
      .answer("", [["a", "bash", { command: "ls" }]])
      .result("a", "one")
      .result("a", "two")
      .result("nowhere", "three");
    const { reading, warnings } = await open(events);
    expect(outline(await collect(reading.messages({ history: "context" }))).at(-1)).toBe("result a: one");
    expect(warnings.map(({ code, line }) => `${code} ${line}`)).toEqual([
      "orphan-result 5",
      "orphan-result 6",
    ]);
  });
});

describe("what a session says of itself", () => {
  it("comes from workspace.yaml and the events", async () => {
    const events = new Events({
      selectedModel: "m1",
      context: { cwd: "/elsewhere", branch: "b", headCommit: "c0ffee" },
    })
      .user("A prompt")
      .answer("x", [], { model: "m2" })
      .add("session.shutdown", {
        modelMetrics: {
          m1: { usage: { inputTokens: 5, outputTokens: 2 } },
          m2: { usage: { inputTokens: 1, cacheReadTokens: 7 } },
        },
      });
    const yaml = `id: x\ncwd: ${WORKSPACE}\nname: 'It''s mine'\nuser_named: true\n`;
    const { reading, ref, world } = await open(events, yaml);
    expect(reading.header).toMatchObject({
      title: "It's mine",
      nativeName: "It's mine",
      workspace: "/home/dev/projects/demo",
      git: { branch: "b", commit: "c0ffee" },
      model: "m2",
      agentVersion: "1.0.102",
      usage: { inputTokens: 6, outputTokens: 2, cacheReadTokens: 7 },
    });
    const { reader } = await import("../src/read.ts");
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "It's mine",
      workspace: "/home/dev/projects/demo",
      model: "m2",
      gitBranch: "b",
    });
  });

  it("is titled by its first prompt otherwise", async () => {
    const { reading } = await open(new Events().user("\nFirst line\nsecond").answer("x"));
    expect(reading.header.title).toBe("First line");
    expect(reading.header.nativeName).toBeUndefined();
  });
});
