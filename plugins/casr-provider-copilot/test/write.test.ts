import { describe, expect, it } from "vitest";
import type { JsonObject, Message } from "casr-cli/provider";
import { collect } from "../../../test/support/readers.ts";
import { readYaml } from "../src/yaml.ts";
import { resumeSteps } from "../src/resume.ts";
import { message, outline, PICTURE, SESSION_ID, WORKSPACE, written } from "./helpers.ts";

const dataOf = (event: JsonObject | undefined): JsonObject => (event?.["data"] ?? {}) as JsonObject;
const image = { type: "image" as const, mediaType: "image/png", data: { base64: PICTURE }, name: "a.png" };

async function there(messages: Message[]): Promise<string[]> {
  const { reading } = await written(messages);
  return outline(await collect(reading.messages({ history: "context" })));
}

describe("a written session", () => {
  it("is a chain of events whose ids are UUIDs", async () => {
    const { events, text } = await written([
      message("user", [{ type: "text", text: "Hi" }]),
      message("assistant", [{ type: "text", text: "Hello" }]),
    ]);
    expect(events.map(({ type }) => type)).toEqual(["session.start", "user.message", "assistant.message"]);
    let last: unknown = null;
    for (const event of events) {
      expect(event["parentId"]).toBe(last);
      expect(event["id"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      last = event["id"];
    }
    expect(dataOf(events[0])).toMatchObject({
      sessionId: SESSION_ID,
      version: 1,
      context: { cwd: WORKSPACE },
    });
    const again = await written([
      message("user", [{ type: "text", text: "Hi" }]),
      message("assistant", [{ type: "text", text: "Hello" }]),
    ]);
    expect(again.text).toBe(text);
  });

  it("is named in workspace.yaml whatever the title looks like", async () => {
    const title = 'A "title": with # signs\u001b[31m and\nlines';
    const { yaml, reading } = await written([message("user", [{ type: "text", text: "Hi" }])], { title });
    expect(readYaml(yaml).get("name")).toBe('A "title": with # signs [31m and lines');
    expect(reading.header).toMatchObject({
      nativeName: expect.stringContaining('A "title"'),
      workspace: WORKSPACE,
    });
    expect(reading.header.lineage).toMatchObject({ sourceProvider: "codex", sourceId: "source-1" });
  });

  it("keeps the order of blocks, in as many events as that takes", async () => {
    const call = (id: string) => ({ type: "tool_call" as const, id, name: "other", input: {} });
    const result = (callId: string) => ({
      type: "tool_result" as const,
      callId,
      content: [{ type: "text" as const, text: callId }],
      isError: false,
    });
    const messages = [
      message("user", [image, { type: "text", text: "one" }, image, { type: "text", text: "two" }]),
      message("assistant", [
        { type: "reasoning", text: "shown", displayOnly: true },
        { type: "reasoning", text: "sent", signature: "s", issuer: "anthropic" },
        { type: "text", text: "a" },
        call("c1"),
        { type: "text", text: "b" },
        call("c2"),
      ]),
      message("tool", [result("c1"), result("c2")]),
    ];
    expect(await there(messages)).toEqual(outline(messages));
    const { events } = await written(messages);
    const thinking = events.filter(({ type }) => type === "assistant.message").map((event) => dataOf(event));
    expect(thinking.map((data) => data["reasoningBlocks"] !== undefined)).toEqual([false, true, false]);
  });

  it("ends the output of commands with the exit code, and tells failures apart", async () => {
    const shell = (id: string, background?: boolean) => ({
      type: "tool_call" as const,
      id,
      name: "bash",
      input: { command: "x" },
      tool: { kind: "shell" as const, command: "x", ...(background === undefined ? {} : { background }) },
    });
    const result = (callId: string, text: string, more: object = {}) => ({
      type: "tool_result" as const,
      callId,
      content: text === "" ? [] : [{ type: "text" as const, text }],
      isError: false,
      ...more,
    });
    const looksFramed = "x\n<shellId: 4 completed with exit code 9>";
    const messages = [
      message("assistant", [shell("a"), shell("b"), shell("c"), shell("d", true), shell("e", true)]),
      message("tool", [
        result("a", "ok"),
        result("b", "", { isError: true, exitCode: 3 }),
        result("c", "rejected", { isError: true }),
        result("d", "started"),
        result("e", looksFramed),
      ]),
    ];
    const { events, reading } = await written(messages);
    const texts = events
      .filter(({ type }) => type === "tool.execution_complete")
      .map((event) => dataOf(event))
      .map((data) => (data["result"] as JsonObject)?.["content"] ?? (data["error"] as JsonObject)["message"]);
    expect(texts).toEqual([
      "ok\n<shellId: 0 completed with exit code 0>",
      "\n<shellId: 0 completed with exit code 3>",
      "rejected",
      "started",
      looksFramed,
    ]);
    const [, results] = await collect(reading.messages({ history: "context" }));
    expect(
      results!.content.map((block) => block.type === "tool_result" && [block.isError, block.exitCode]),
    ).toEqual([
      [false, 0],
      [true, 3],
      [true, undefined],
      [false, undefined],
      [false, undefined],
    ]);
    expect(outline([results!]).at(-1)).toBe(`result e: ${looksFramed}`);
  });

  it("gives several texts of a result back as several, and pictures of failures", async () => {
    const messages = [
      message("assistant", [{ type: "tool_call", id: "a", name: "docs-find", input: {} }]),
      message("tool", [
        {
          type: "tool_result",
          callId: "a",
          content: [{ type: "text", text: "one" }, { type: "text", text: "two" }, image],
          isError: true,
        },
      ]),
    ];
    const { reading } = await written(messages);
    const [, results] = await collect(reading.messages({ history: "context" }));
    expect(results!.content[0]).toMatchObject({
      isError: true,
      content: [{ text: "one" }, { text: "two" }, { type: "image" }],
    });
  });

  it("keeps foreign names, origins and documents", async () => {
    const messages = [
      message("user", [{ type: "compaction", summary: "What was." }], { origin: "compaction" }),
      message("user", [{ type: "text", text: "done" }], { origin: "command" }),
      message("user", [
        { type: "text", text: "read" },
        { type: "document", mediaType: "application/pdf", data: { base64: "JVBERg==" } },
      ]),
      message("assistant", [
        {
          type: "tool_call",
          id: "__proto__",
          name: "exec",
          input: "code",
          foreign: { provider: "codex", name: "exec" },
        },
      ]),
    ];
    const { reading } = await written(messages);
    const found = await collect(reading.messages({ history: "context" }));
    expect(found.map(({ origin }) => origin)).toEqual(["compaction", "command", "person", undefined]);
    expect(outline(found)).toEqual(outline(messages));
    expect(found[3]!.content[0]).toMatchObject({
      foreign: { provider: "codex", name: "exec" },
      input: "code",
    });
  });
});

describe("resuming", () => {
  it("names the session and runs where the work is", async () => {
    const { world } = await written([message("user", [{ type: "text", text: "x" }])]);
    expect(resumeSteps({ id: SESSION_ID, workspace: WORKSPACE }, world)).toEqual([
      { argv: ["copilot", "--resume", SESSION_ID], cwd: WORKSPACE },
    ]);
  });
});
