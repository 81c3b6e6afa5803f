import { describe, expect, it } from "vitest";
import type { JsonObject, Message, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { fixtureHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { canonicalTool, nativeCall } from "../src/tools.ts";
import { answer, contextOf, message, open, outline, result, system, use, user, written } from "./helpers.ts";

async function recorded(name: string, id: string): Promise<Message[]> {
  const { world } = worldOn(fixtureHome(`claude-code/${name}`));
  const [ref] = await collect(reader.locate(id, world));
  return collect((await reader.read(ref!, world)).messages({ history: "context" }));
}

const KILLED = "b0d99e94-d5a0-46e4-a8c9-865d743ff71b";
const INTERACTIVE = "647f128e-3822-4573-8832-ea102dc490c9";

const resultsOf = (messages: Message[]): ToolResultBlock[] =>
  messages.flatMap(({ content }) => content.filter((block) => block.type === "tool_result"));
const textOf = ({ content }: ToolResultBlock): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("");

describe("a session with MCP tools, hooks and a search of the service, killed in a tool", () => {
  it("has documents of results as messages behind them, never as text", async () => {
    const messages = await recorded("mcp-hooks-killed", KILLED);
    const at = messages.findIndex(({ content }) => content.some((block) => block.type === "document"));
    expect(messages[at]).toMatchObject({ role: "user", origin: "injected" });
    expect(messages[at - 1]!.role).toBe("tool");
    expect(resultsOf(messages).map(textOf).join("\n")).not.toContain("JVBERi0x");
  });

  it("does not take an output of a command that ended well for an exit code", async () => {
    const messages = await recorded("mcp-hooks-killed", KILLED);
    const printed = resultsOf(messages).find((block) => textOf(block) === "Exit code 5\nmore")!;
    expect(printed.isError).toBe(false);
    expect(printed.exitCode).toBeUndefined();
  });

  it("has what hooks said where it was said, and reports of background tasks without the warning around", async () => {
    const lines = outline(await recorded("mcp-hooks-killed", KILLED));
    expect(lines.slice(0, 2)).toEqual([
      "user: try the kit, read the spec",
      expect.stringMatching(/^user: UserPromptSubmit hook success: branch: main/),
    ]);
    expect(lines.some((line) => /hook additional context: remember the changelog/.test(line))).toBe(true);
    const reports = lines.filter((line) => line.includes("task-notification"));
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^user: <task-notification>[\s\S]*exit code 4[\s\S]*<\/task-notification>$/);
  });

  it("has calls of the service's own tools with their answers, and the text behind them", async () => {
    const messages = await recorded("mcp-hooks-killed", KILLED);
    const at = messages.findIndex(({ content }) =>
      content.some((block) => block.type === "tool_call" && block.name === "web_search"),
    );
    const call = messages[at]!.content.find((block) => block.type === "tool_call") as ToolCallBlock;
    expect(call.tool).toEqual({ kind: "web-search", query: "changelog format" });
    expect(resultsOf([messages[at + 1]!])).toMatchObject([{ callId: call.id, isError: false }]);
    expect(outline([messages[at + 2]!])).toEqual(["assistant: The job failed with exit code 4."]);
  });

  it("answers the calls that were cut off as the agent does", async () => {
    const last = resultsOf([(await recorded("mcp-hooks-killed", KILLED)).at(-1)!]);
    expect(last.length).toBeGreaterThan(0);
    for (const block of last)
      if (block.synthetic === true) expect(textOf(block)).toMatch(/^\[Tool call interrupted: /);
  });

  it.each([["mcp-hooks-killed", KILLED] as const, ["interactive-commands", INTERACTIVE] as const])(
    "is copied with the agent's own records: %s",
    async (name, id) => {
      const messages = await recorded(name, id);
      const copy = await written(messages, { provider: "claude-code" });
      const again = await collect(copy.reading.messages({ history: "context" }));
      expect(outline(again)).toEqual(outline(messages));
      expect(resultsOf(again).map(({ exitCode, isError }) => [exitCode, isError])).toEqual(
        resultsOf(messages).map(({ exitCode, isError }) => [exitCode, isError]),
      );
      const types = copy.records.flatMap((record) => {
        const content = (record["message"] as JsonObject | undefined)?.["content"];
        return Array.isArray(content) ? content.map((block) => (block as JsonObject)["type"]) : [];
      });
      if (name === "interactive-commands") return;
      expect(types).toContain("server_tool_use");
      expect(types).toContain("web_search_tool_result");
      expect(types).not.toContain("document");
      expect(copy.records.some((record) => record["type"] === "attachment")).toBe(true);
    },
  );
});

describe("an interactive session", () => {
  it("has what the model got of commands, not what was drawn for the screen", async () => {
    const lines = outline(await recorded("interactive-commands", INTERACTIVE));
    expect(lines.filter((line) => line.includes("Context Usage"))).toHaveLength(1);
    expect(lines.some((line) => line.includes("\u001b["))).toBe(false);
    expect(lines.some((line) => line.includes("<command-name>/context</command-name>"))).toBe(true);
    expect(lines).toContain("user: <div> last prompt");
    expect(lines.some((line) => line.includes("QUEUED-1"))).toBe(true);
    expect(lines).toContain("user: [Request interrupted by user]");
  });
});

describe("records of other kinds", () => {
  it("keep hooks between the lines of one response out of it", async () => {
    const hook = { type: "hook_additional_context", hookName: "PostToolUse:Bash", content: ["note"] };
    const records: JsonObject[] = [
      user("u1", null, "go"),
      answer("a1", "u1", "m1", use("t1")),
      user("r1", "a1", [result("t1", "R1")]),
      { ...system("h1", "r1", "x"), type: "attachment", attachment: hook },
      answer("a2", "h1", "m1", use("t2")),
      user("r2", "a2", [result("t2", "R2")]),
      answer("a3", "r2", "m2", "done"),
    ];
    expect(await contextOf(records)).toEqual([
      "user: go",
      "call t1",
      "call t2",
      "result t1: R1",
      "result t2: R2",
      expect.stringContaining("PostToolUse:Bash hook additional context: note"),
      "assistant: done",
    ]);
  });

  it("give errors of the service's tools as errors", async () => {
    const failed = { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" };
    const reading = await open([
      user("u1", null, "go"),
      answer("a1", "u1", "m1", {
        type: "server_tool_use",
        id: "s1",
        name: "web_search",
        input: { query: "q" },
      }),
      answer("a2", "a1", "m1", { type: "web_search_tool_result", tool_use_id: "s1", content: failed }),
      answer("a3", "a2", "m1", "sorry"),
    ]);
    const messages = await collect(reading.messages({ history: "context" }));
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    expect(resultsOf(messages)).toMatchObject([{ callId: "s1", isError: true }]);
  });
});

describe("arguments and results of other agents", () => {
  it("leaves line numbers that are none under their own name", () => {
    const input = { file_path: "/a", offset: 0, limit: 5 };
    const tool = canonicalTool("Read", input)!;
    expect(tool).toEqual({ kind: "read", path: "/a", lineCount: 5, rest: { offset: 0 } });
    expect(nativeCall(tool)!.input).toEqual(input);
  });

  it("does not number the notice around a text that was cut", async () => {
    const input = { file_path: "/a" };
    const tool = canonicalTool("Read", input)!;
    const notice = "IMPORTANT: cut.\n--- FILE CONTENT ---\none";
    const answerWith = (callId: string, extra: Partial<ToolResultBlock>): ToolResultBlock => ({
      type: "tool_result",
      callId,
      content: [{ type: "text", text: notice }],
      isError: false,
      ...extra,
    });
    const { records, reading } = await written([
      message("user", [{ type: "text", text: "read" }], { origin: "person" }),
      message("assistant", [
        { type: "tool_call", id: "c1", name: "Read", input, tool },
        { type: "tool_call", id: "c2", name: "Read", input, tool },
      ]),
      message("tool", [answerWith("c1", { truncated: true }), answerWith("c2", {})]),
    ]);
    const said = records.flatMap((record) => {
      const content = (record["message"] as JsonObject | undefined)?.["content"];
      return Array.isArray(content) ? content.flatMap((block) => (block as JsonObject)["content"] ?? []) : [];
    });
    expect(said).toEqual([notice, "1\tIMPORTANT: cut.\n2\t--- FILE CONTENT ---\n3\tone"]);
    const back = resultsOf(await collect(reading.messages({ history: "context" })));
    expect(back.map(textOf)).toEqual([notice, notice]);
  });

  it("keeps the exit code of a command that another agent does not call failed", async () => {
    const input = { command: "grep x" };
    const tool = canonicalTool("Bash", input)!;
    const { reading } = await written([
      message("assistant", [{ type: "tool_call", id: "c1", name: "Bash", input, tool }]),
      message("tool", [{ type: "tool_result", callId: "c1", content: [], isError: false, exitCode: 1 }]),
    ]);
    const [back] = resultsOf(await collect(reading.messages({ history: "context" })));
    expect(back).toMatchObject({ content: [], isError: false, exitCode: 1 });
  });
});
