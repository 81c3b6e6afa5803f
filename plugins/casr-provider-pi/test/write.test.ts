import { describe, expect, it } from "vitest";
import type { Message } from "casr-cli/provider";
import { collect } from "../../../test/support/readers.ts";
import { outline, SESSION_ID, spoken, WORKSPACE, written } from "./helpers.ts";

const hi = [spoken("user", [{ type: "text", text: "Hi" }])];

async function there(messages: Message[]): Promise<string[]> {
  const { reading } = await written(messages);
  return outline(await collect(reading.messages({ history: "context" })));
}

describe("a written session", () => {
  it("lies in the folder of its workspace under its name", async () => {
    const { entries, plan, reading, text } = await written(hi, { title: "A\u001b[31m title\nof two lines" });
    expect(entries[0]).toMatchObject({ type: "session", version: 3, id: SESSION_ID, cwd: WORKSPACE });
    expect(entries[1]).toMatchObject({ type: "session_info", name: "A [31m title of two lines" });
    expect(plan.path).toMatch(/sessions\/--home-dev-projects-my app_ü\.v2--\/[\dTZ-]+_[0-9a-f-]{36}\.jsonl$/);
    expect(reading.header.lineage).toMatchObject({ sourceProvider: "codex", sourceId: "source-1" });
    expect(reading.header.nativeName).toBeUndefined();
    expect((await written(hi, { title: "A\u001b[31m title\nof two lines" })).text).toBe(text);
  });

  it("is one chain, with all that Pi wants of an answer", async () => {
    const shell = { type: "tool_call" as const, name: "bash", input: { command: "x" } };
    const result = (callId: string, text: string, extra = {}) => ({
      type: "tool_result" as const,
      callId,
      content: text === "" ? [] : [{ type: "text" as const, text }],
      isError: false,
      ...extra,
    });
    const messages = [
      spoken("user", [{ type: "compaction", summary: "S" }], { origin: "compaction" }),
      ...hi,
      spoken("assistant", [
        { type: "text", text: "a" },
        ...["a", "b", "c", "d", "e", "g", "h"].map((id) => ({ ...shell, id })),
        { type: "tool_call", id: "f", name: "exec", input: {}, foreign: { provider: "codex", name: "exec" } },
        { type: "tool_call", id: "i", name: "read", input: { path: "blank" } },
      ]),
      spoken("tool", [
        result("a", ""),
        result("b", "(no output)"),
        result("c", "x", { isError: true, exitCode: 2 }),
        result("d", "x\n\nCommand exited with code 4", { isError: true }),
        result("e", "x", { exitCode: 7 }),
        result("g", "\n\n"),
        result("h", " ", { isError: true }),
        result("f", "Output:\nx"),
        result("i", "\n"),
      ]),
      spoken("user", [{ type: "text", text: "hook" }], { origin: "injected" }),
    ];
    expect(await there(messages)).toEqual(outline(messages));
    const { entries, reading } = await written(messages);
    expect(entries.slice(2).map(({ parentId }) => parentId)).toEqual(
      entries.slice(1, -1).map(({ id }) => id),
    );
    const answer = entries.find((entry) => (entry["message"] as { role?: string })?.role === "assistant");
    expect(answer!["message"]).toMatchObject({ stopReason: "toolUse", usage: { cost: { total: 0 } } });
    const read = await collect(reading.messages({ history: "context" }));
    expect(read.map(({ origin }) => origin).filter(Boolean)).toEqual(["compaction", "person", "injected"]);
    expect(read[2]!.content.at(-2)).toMatchObject({ foreign: { provider: "codex", name: "exec" } });
  });
});
