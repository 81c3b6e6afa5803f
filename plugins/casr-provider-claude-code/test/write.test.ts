import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, ToolCallBlock, ToolResultBlock } from "casr-cli/provider";
import { casesOf, fixtureHome } from "../../../test/support/home.ts";
import { collect, worldOn } from "../../../test/support/readers.ts";
import { reader } from "../src/read.ts";
import { canonicalTool } from "../src/tools.ts";
import { writer } from "../src/write.ts";
import { LINEAGE, SESSION_ID, WORKSPACE, message, written } from "./helpers.ts";

const call = (id: string, name: string, input: Record<string, string>): ToolCallBlock => {
  const tool = canonicalTool(name, input);
  return { type: "tool_call", id, name, input, ...(tool === undefined ? {} : { tool }) };
};
const answerTo = (callId: string, text: string, extra: Partial<ToolResultBlock> = {}): ToolResultBlock => ({
  type: "tool_result",
  callId,
  content: text === "" ? [] : [{ type: "text", text }],
  isError: false,
  ...extra,
});
const says = (text: string): Message => message("assistant", [{ type: "text", text }]);
const asks = (text: string, extra: Partial<Message> = {}): Message =>
  message("user", [{ type: "text", text }], { origin: "person", ...extra });

/** What has to survive, block by block. */
function essence(messages: Message[]): unknown[] {
  return messages.flatMap((one) =>
    one.content.map((block) => {
      const speaker = one.role === "assistant" ? "assistant" : "user";
      if (block.type === "tool_result")
        return ["result", block.callId, block.content, block.isError, block.exitCode ?? 0];
      if (block.type === "tool_call")
        return ["call", block.id, block.name, block.input, block.foreign ?? null];
      if (block.type === "reasoning")
        return [
          "reasoning",
          block.text,
          block.displayOnly ?? false,
          block.displayOnly ? null : (block.signature ?? block.encrypted),
        ];
      return [speaker, block];
    }),
  );
}

const text = fc
  .oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom(
      "Exit code 2\nx",
      "1\ta",
      "<system-reminder>x</system-reminder>",
      "<bash-input>ls</bash-input>",
      "\n a \n",
    ),
  )
  .filter((value) => value.trim() !== "");
const outcome = fc.record({
  text: fc.oneof(text, fc.constant("")),
  isError: fc.boolean(),
  exitCode: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
});
const tool = fc.constantFrom<[string, Record<string, string>]>(
  ["Bash", { command: "ls" }],
  ["Read", { file_path: "/a" }],
  ["Edit", { file_path: "/a", old_string: "x", new_string: "y" }],
  ["mcp__codex__thing", { a: "b" }],
);

let ids = 0;
const turn = fc.oneof(
  text.map((value) => [asks(value)]),
  fc
    .tuple(text, fc.option(text, { nil: undefined }))
    .map(([value, thought]) => [
      message("assistant", [
        ...(thought === undefined ? [] : [{ type: "reasoning" as const, text: thought, displayOnly: true }]),
        { type: "text", text: value },
      ]),
    ]),
  fc.array(fc.tuple(tool, outcome), { minLength: 1, maxLength: 3 }).map((uses) => {
    const made = uses.map(([[name, input], result]) => ({ id: `call_${(ids += 1)}`, name, input, result }));
    return [
      message(
        "assistant",
        made.map(({ id, name, input }) => call(id, name, input)),
      ),
      message(
        "tool",
        made.map(({ id, name, result: { text: payload, isError, exitCode } }) =>
          answerTo(id, payload, {
            isError,
            ...(name === "Bash" && exitCode !== undefined ? { exitCode } : {}),
          }),
        ),
      ),
    ];
  }),
);

describe("written sessions", () => {
  it("read back as they were", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
        const messages = turns.flat();
        const { reading } = await written(messages);
        expect(essence(await collect(reading.messages({ history: "context" })))).toEqual(essence(messages));
      }),
      { numRuns: 60 },
    );
  });

  it("are one chain with the agent's own fields", async () => {
    const messages = [
      asks("list 🧹", { timestamp: Date.UTC(2026, 9, 1) }),
      message(
        "assistant",
        [
          { type: "text", text: "ok" },
          call("c1", "Bash", { command: "ls" }),
          call("c2", "Read", { file_path: "/a" }),
        ],
        { timestamp: Date.UTC(2026, 8, 1), model: "gpt-5.5", usage: { inputTokens: 5_000_000 } },
      ),
      message("tool", [answerTo("c1", "boom", { isError: true, exitCode: 2 }), answerTo("c2", "x\ny\n")]),
      says("done"),
    ];
    const { records, path, home } = await written(messages, {
      nativeName: "A \u001b[31mname\nwith lines",
      git: { branch: "main" },
    });
    expect(path).toBe(`${home}/.claude/projects/-home-dev-projects-demo/${SESSION_ID}.jsonl`);
    expect(records[0]).toEqual({
      type: "custom-title",
      customTitle: "A [31mname with lines",
      sessionId: SESSION_ID,
    });
    const chain = records.slice(1, -1);
    expect(chain.map((record) => record["parentUuid"])).toEqual([
      null,
      ...chain.slice(0, -1).map((record) => record["uuid"]),
    ]);
    for (const record of chain)
      expect(record).toMatchObject({
        isSidechain: false,
        userType: "external",
        entrypoint: "cli",
        cwd: WORKSPACE,
        sessionId: SESSION_ID,
        version: "2.1.329",
        gitBranch: "main",
      });
    const times = chain.map((record) => record["timestamp"] as string);
    expect(times).toEqual([...times].sort());
    expect(times[0]).toBe("2026-10-01T00:00:00.000Z");
    expect(records.at(-1)).toEqual({
      type: "last-prompt",
      lastPrompt: "list 🧹",
      leafUuid: chain.at(-1)!["uuid"],
      sessionId: SESSION_ID,
    });
    expect(JSON.stringify(records)).not.toMatch(/usage|gpt-5\.5/);
    const ofResponse = new Set(chain.slice(1, 4).map((record) => (record["message"] as { id: string }).id));
    expect(ofResponse.size).toBe(1);
    const [failed, read] = chain
      .slice(4, 6)
      .map((record) => (record["message"] as { content: Record<string, unknown>[] }).content[0]!);
    expect(failed).toEqual({
      type: "tool_result",
      tool_use_id: "c1",
      content: "Exit code 2\nboom",
      is_error: true,
    });
    expect(read).toEqual({ type: "tool_result", tool_use_id: "c2", content: "1\tx\n2\ty\n3\t" });
    expect(chain[4]!["toolUseResult"]).toBe("Error: Exit code 2\nboom");
    expect(chain[4]!["sourceToolAssistantUUID"]).toBe(chain[2]!["uuid"]);
    const marks = chain.filter((record) => "casr" in record);
    expect(marks).toHaveLength(1);
    expect(marks[0]!["casr"]).toEqual({
      source: { provider: "codex", id: "source-1" },
      digest: LINEAGE.digest,
      version: "0.1.0",
      converted_at: "2026-11-20T10:00:00.000Z",
    });
  });

  it("number the lines of a file that was read, and none of an empty one", async () => {
    const { text: shown } = await written([
      asks("read"),
      message("assistant", [
        call("r1", "Read", { file_path: "/a" }),
        call("r2", "Read", { file_path: "/b" }),
      ]),
      message("tool", [answerTo("r1", "one\ntwo"), answerTo("r2", "")]),
    ]);
    expect(shown).toContain(String.raw`1\tone\n2\ttwo`);
    expect(shown).not.toContain(String.raw`"1\t"`);
  });

  it("are the same bytes each time", async () => {
    const messages = [asks("a"), says("b")];
    expect((await written(messages)).text).toBe((await written(messages)).text);
  });

  it("carry lineage, foreign names, images, documents and summaries", async () => {
    const picture = { type: "image" as const, mediaType: "image/png", data: { base64: "iVBORw0KGgo=" } };
    const messages = [
      message(
        "user",
        [
          { type: "compaction", summary: "SUM" },
          picture,
          { type: "document", mediaType: "application/pdf", data: { base64: "JVBERi0=" } },
        ],
        { origin: "compaction" },
      ),
      message("assistant", [
        {
          type: "tool_call",
          id: "c1",
          name: "mcp__codex__exec",
          input: {},
          foreign: { provider: "codex", name: "exec" },
        },
      ]),
      message("tool", [
        {
          type: "tool_result",
          callId: "c1",
          content: [{ type: "text", text: "t" }, picture],
          isError: false,
        },
      ]),
      asks("hook text", { origin: "injected" }),
      says("done"),
    ];
    const { reading, records } = await written(messages);
    expect(reading.header.lineage).toEqual(LINEAGE);
    const back = await collect(reading.messages({ history: "context" }));
    expect(essence(back)).toEqual(essence(messages));
    expect(records.find((record) => record["isCompactSummary"] === true)).toMatchObject({
      message: { content: "SUM" },
    });
    expect(records.find((record) => record["isMeta"] === true)).toMatchObject({
      message: { content: "hook text" },
    });
  });

  it("keep another agent's reasoning that stands alone", async () => {
    const alone = message("assistant", [{ type: "reasoning", text: "stopped here", displayOnly: true }]);
    const messages = [asks("a"), alone, asks("b"), says("c")];
    const { reading } = await written(messages);
    expect(essence(await collect(reading.messages({ history: "context" })))).toEqual(essence(messages));
  });

  it("never put reasoning without its signature under a Claude model", async () => {
    const messages = [
      asks("a"),
      message(
        "assistant",
        [
          { type: "reasoning", text: "genuine", signature: "sig", issuer: "anthropic" },
          { type: "reasoning", text: "foreign", displayOnly: true },
          { type: "text", text: "b" },
        ],
        { model: "claude-opus-5-5" },
      ),
    ];
    const { records } = await written(messages);
    const lines = records
      .filter((record) => record["type"] === "assistant")
      .map((record) => record["message"] as { model?: string; content: { signature?: string }[] });
    expect(lines.map((line) => line.model)).toEqual(["claude-opus-5-5", undefined, "claude-opus-5-5"]);
    expect(lines[1]!.content[0]!.signature).toBe("casr:foreign");
  });

  it("are found and summarized as a session of the workspace", async () => {
    const { home } = await written([asks("first words"), says("b")], { title: "first words" });
    const { world } = worldOn(home);
    const [ref] = await collect(reader.discover(world));
    expect(await reader.summarize(ref!, world)).toMatchObject({
      title: "first words",
      workspace: WORKSPACE,
      lineage: LINEAGE,
    });
    expect(await writer.resume({ id: ref!.id, workspace: WORKSPACE, path: ref!.path }, world)).toEqual([
      { argv: ["claude", "--resume", SESSION_ID], cwd: WORKSPACE },
    ]);
  });
});

describe("copies of the agent's own sessions", () => {
  it.each(casesOf("claude-code"))("%s say the same, frames included", async (name) => {
    const { world } = worldOn(fixtureHome(`claude-code/${name}`));
    for await (const ref of reader.discover(world)) {
      const source = await reader.read(ref, world);
      const messages = await collect(source.messages({ history: "context" }));
      const { reading } = await written(messages, source.header);
      const framed = (all: Message[]): unknown[] =>
        all.flatMap((one) =>
          one.content.map((block): unknown => {
            if (block.type === "tool_result")
              return [block.callId, block.framed ?? block.content, block.isError];
            // What a picture was called has no place in a message.
            return block.type === "image" ? [block.mediaType, block.data] : block;
          }),
        );
      expect(framed(await collect(reading.messages({ history: "context" })))).toEqual(framed(messages));
    }
  });
});
