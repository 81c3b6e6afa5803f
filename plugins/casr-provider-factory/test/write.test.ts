import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue, Message } from "casr-cli/provider";
import { collect } from "../../../test/support/readers.ts";
import { outline, PICTURE, SESSION_ID, spoken, WORKSPACE, written } from "./helpers.ts";

const image = { type: "image" as const, mediaType: "image/png", data: { base64: PICTURE } };
const inside = (record: JsonObject | undefined): JsonObject => (record?.["message"] ?? {}) as JsonObject;

async function there(messages: Message[]): Promise<string[]> {
  const { reading } = await written(messages);
  return outline(await collect(reading.messages({ history: "context" })));
}

describe("a written session", () => {
  it("begins with all that Droid wants, in the folder of its workspace", async () => {
    const hi = [spoken("user", [{ type: "text", text: "Hi" }])];
    const { records, plan, reading, text } = await written(hi, { title: "A\u001b[31m title\nof two lines" });
    expect(records[0]).toMatchObject({
      type: "session_start",
      id: SESSION_ID,
      title: "A [31m title of two lines",
      owner: "unknown",
      cwd: WORKSPACE,
      isSessionTitleManuallySet: true,
    });
    expect(plan.path).toMatch(/sessions\/-home-dev-projects-my app_ü\.v2\/[0-9a-f-]{36}\.jsonl$/);
    expect(reading.header.lineage).toMatchObject({ sourceProvider: "codex", sourceId: "source-1" });
    expect((await written(hi, { title: "A\u001b[31m title\nof two lines" })).text).toBe(text);
  });

  it("keeps the order of blocks and chains its messages", async () => {
    const messages = [
      spoken("user", [image, { type: "text", text: "one" }, image]),
      spoken("assistant", [
        { type: "reasoning", text: "thought", signature: "s", issuer: "anthropic" },
        { type: "text", text: "a" },
        {
          type: "tool_call",
          id: "c1",
          name: "exec",
          input: {},
          foreign: { provider: "codex", name: "exec" },
        },
        { type: "text", text: "b" },
        {
          type: "tool_call",
          id: "__proto__",
          name: "other",
          input: {},
          foreign: { provider: "codex", name: "o" },
        },
      ]),
      spoken("tool", [
        { type: "tool_result", callId: "c1", content: [{ type: "text", text: "x" }], isError: false },
        { type: "tool_result", callId: "__proto__", content: [], isError: true },
      ]),
    ];
    expect(await there(messages)).toEqual(outline(messages));
    const { records, reading } = await written(messages);
    expect(records.map((record) => record["parentId"])).toEqual([
      undefined,
      undefined,
      records[1]!["id"],
      records[2]!["id"],
    ]);
    const [, answer] = await collect(reading.messages({ history: "context" }));
    expect(answer!.content[2]).toMatchObject({ foreign: { provider: "codex", name: "exec" } });
  });

  it("holds no line separators, at which Droid would end a line", async () => {
    const { text } = await written([spoken("user", [{ type: "text", text: "a\u2028b\u2029c" }])]);
    expect(text).not.toMatch(/[\u2028\u2029]/);
    expect(await there([spoken("user", [{ type: "text", text: "a\u2028b\u2029c" }])])).toEqual([
      "user: a\u2028b\u2029c",
    ]);
  });

  it("ends the output of commands with the exit code, unless that could be misread", async () => {
    const shell = (id: string, background = false) => ({
      type: "tool_call" as const,
      id,
      name: "Execute",
      input: { command: "x" },
      tool: { kind: "shell" as const, command: "x", background },
    });
    const result = (callId: string, text: string, more: object = {}) => ({
      type: "tool_result" as const,
      callId,
      content: text === "" ? [] : [{ type: "text" as const, text }],
      isError: false,
      ...more,
    });
    const odd = "x\n\n[Process exited with code 9]";
    const messages = [
      spoken("assistant", [shell("a"), shell("b"), shell("c"), shell("d", true)]),
      spoken("tool", [
        result("a", "ok\n"),
        result("b", "", { isError: true, exitCode: 3 }),
        result("c", "rejected", { isError: true }),
        result("d", odd),
      ]),
    ];
    const { records, reading } = await written(messages);
    const contents = (inside(records[2])["content"] as JsonObject[]).map(
      (block): JsonValue => block["content"]!,
    );
    expect(contents).toEqual([
      "ok\n\n\n[Process exited with code 0]",
      "Error: Command failed (exit code: 3)\n\n\n[Process exited with code 3]",
      "rejected",
      [{ type: "text", text: odd }],
    ]);
    const found = await collect(reading.messages({ history: "context" }));
    expect(outline(found)).toEqual(outline(messages));
    expect(found[1]!.content.map((block) => block.type === "tool_result" && block.exitCode)).toEqual([
      0,
      3,
      undefined,
      undefined,
    ]);
  });

  it("keeps origins, summaries, documents, and texts that look like reminders", async () => {
    const messages = [
      spoken("user", [{ type: "compaction", summary: "What was." }], { origin: "compaction" }),
      spoken("user", [{ type: "text", text: "<system-reminder>\nnot Droid's\n</system-reminder>" }], {
        origin: "person",
      }),
      spoken("user", [{ type: "text", text: "done" }], { origin: "command" }),
      spoken("user", [
        { type: "document", mediaType: "application/pdf", data: { base64: "JVBERg==" }, name: "a.pdf" },
      ]),
    ];
    const { reading } = await written(messages);
    const found = await collect(reading.messages({ history: "context" }));
    expect(outline(found)).toEqual(outline(messages));
    expect(found.map(({ origin }) => origin)).toEqual(["compaction", "person", "command", "person"]);
  });

  it("writes what could be taken for a report of its own tools as it is", async () => {
    const json = '{"success":true,"file_path":"/a"}';
    const messages = [
      spoken("assistant", [
        {
          type: "tool_call",
          id: "a",
          name: "Create",
          input: {},
          tool: { kind: "write", path: "/a", content: "" },
        },
      ]),
      spoken("tool", [
        { type: "tool_result", callId: "a", content: [{ type: "text", text: json }], isError: false },
      ]),
    ];
    expect((await there(messages)).at(-1)).toBe(`result a: ${json}`);
  });
});
