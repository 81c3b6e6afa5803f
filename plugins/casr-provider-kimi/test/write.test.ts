import { describe, expect, it } from "vitest";
import type { JsonObject, Message } from "casr-cli/provider";
import { collect } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { outline, SESSION_ID, spoken, WORKSPACE, written } from "./helpers.ts";

const text = (value: string) => ({ type: "text" as const, text: value });
const hi = [spoken("user", [text("Hi")])];

describe("a written session", () => {
  it("lies in the folder of its workspace, is listed with its title, and knows where it came from", async () => {
    const {
      plan,
      state,
      ref,
      reading,
      world,
      text: bytes,
    } = await written(hi, { title: "A\u001b[31m title\nof two" });
    expect(plan.sessionId).toBe(`session_${SESSION_ID}`);
    expect(plan.path).toMatch(
      /\.kimi-code\/sessions\/wd_my-app_-.v2_[0-9a-f]{12}\/session_[0-9a-f-]{36}\/agents\/main\/wire\.jsonl$/,
    );
    expect(plan.resume).toEqual([{ argv: ["kimi", "--session", plan.sessionId], cwd: WORKSPACE }]);
    expect(state).toMatchObject({
      id: plan.sessionId,
      version: 2,
      cwd: WORKSPACE,
      title: "A [31m title of two",
      lastPrompt: "Hi",
    });
    expect(reading.header).toMatchObject({
      id: plan.sessionId,
      workspace: WORKSPACE,
      lineage: { sourceId: "source-1" },
    });
    expect(reading.header.nativeName).toBeUndefined();
    expect(await reader.summarize(ref, world)).toMatchObject({
      title: "A [31m title of two",
      workspace: WORKSPACE,
    });
    expect((await written(hi, { title: "A\u001b[31m title\nof two" })).text).toBe(bytes);
  });

  it("gives back every block as it was", async () => {
    const result = (callId: string, payload: string, extra = {}) => ({
      type: "tool_result" as const,
      callId,
      content: payload === "" ? [] : [text(payload)],
      isError: false,
      ...extra,
    });
    const shell = { type: "tool_call" as const, name: "Bash", input: { command: "x" } };
    const picture = { type: "image" as const, mediaType: "image/png", data: { base64: "AAAA" } };
    const messages: Message[] = [
      spoken("user", [{ type: "compaction", summary: "S" }], { origin: "compaction" }),
      spoken("user", [text("one"), picture, text("two")]),
      spoken("user", [text("three")]),
      spoken("user", [text("four")]),
      spoken("assistant", [
        { type: "reasoning", text: "Hm." },
        text("a"),
        ...["a", "b", "c", "d", "e", "g", "h"].map((id) => ({ ...shell, id })),
        { type: "tool_call", id: "r", name: "Read", input: { path: "x", line_offset: 7 } },
        { type: "tool_call", id: "f", name: "exec", input: {}, foreign: { provider: "codex", name: "exec" } },
      ]),
      spoken("tool", [
        result("a", ""),
        result("b", "Command executed successfully."),
        result("c", "x", { isError: true, exitCode: 2 }),
        result("d", "x\nCommand failed with exit code: 4.", { isError: true }),
        result("e", "x\n", { exitCode: 7 }),
        result("g", "Tool output is empty."),
        result("h", "\n\n"),
        result("r", "l1\nl2\n"),
        result("f", "Tool output is empty."),
      ]),
      spoken("assistant", [text("end")]),
      spoken("user", [text("hook")], { origin: "injected" }),
      spoken("user", [text("!ls")], { origin: "command" }),
    ];
    const { records, reading } = await written(messages);
    const read = await collect(reading.messages({ history: "context" }));
    expect(outline(read)).toEqual(outline(messages));
    expect(read.map(({ origin }) => origin).filter(Boolean)).toEqual([
      "compaction",
      "person",
      "person",
      "person",
      "injected",
      "command",
    ]);
    const foreign = read
      .flatMap(({ content }) => content)
      .find((block) => block.type === "tool_call" && block.id === "f");
    expect(foreign).toMatchObject({ foreign: { provider: "codex", name: "exec" } });
    const events = records.flatMap(({ event }) => (event === undefined ? [] : [event as JsonObject]));
    const shown = events.find(({ type, toolCallId }) => type === "tool.result" && toolCallId === "r");
    expect(shown!["result"]).toEqual({ output: "7\tl1\n8\tl2\n9\t" });
    const count = (type: string): number => events.filter((event) => event["type"] === type).length;
    expect([count("step.begin"), count("step.end")]).toEqual([2, 2]);
    const times = records.map((record) => record["time"] as number).slice(1);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});
