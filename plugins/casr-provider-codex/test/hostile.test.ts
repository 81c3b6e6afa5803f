import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import {
  assistant,
  emptyHome,
  event,
  ID,
  item,
  line,
  messagesIn,
  meta,
  outline,
  refTo,
  user,
  worldOn,
  writeRollout,
} from "./helpers.ts";

describe("damaged files", () => {
  it("keeps what is readable and names the damaged lines", async () => {
    const home = emptyHome();
    const path = writeRollout(home, [
      meta(),
      "{not json",
      "[1]",
      user("one"),
      line("strange", {}),
      line("strange", {}),
      '{"type":"response_item","payload":7}',
      assistant("two"),
      "",
    ]);
    appendFileSync(path, '{"timestamp":"x","type":"response_item","payload":{"type":"mess');
    const { world, warnings } = worldOn(home);
    const reading = await reader.read(await refTo(ID, world), world);
    expect(outline(await Array.fromAsync(reading.messages({ history: "context" })))).toEqual([
      "user: one",
      "assistant: two",
    ]);
    expect(reading.records).toEqual({ total: 9, malformed: 4 });
    expect(warnings.map(({ code, line: at }) => `${code} ${at}`)).toEqual([
      "bad-line 2",
      "bad-line 3",
      "unknown-record 5",
      "torn-line 10",
    ]);
  });

  it("refuses a file with nothing in it, and one that is gone", async () => {
    const home = emptyHome();
    const path = writeRollout(home, ["\u0000\u0001", "no"]);
    const { world } = worldOn(home);
    const ref = await refTo(ID, world);
    await expect(reader.read(ref, world)).rejects.toMatchObject({ code: "source-unreadable" });
    await expect(reader.read({ ...ref, path: `${path}.gone.jsonl` }, world)).rejects.toMatchObject({
      code: "source-unreadable",
    });
    expect(await reader.summarize(ref, world)).toMatchObject({ ref });
  });

  it("reads the layout without envelopes", async () => {
    const home = emptyHome();
    writeRollout(home, [
      { id: ID, timestamp: "2025-08-01T10:00:00.000Z", instructions: null },
      { record_type: "state" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "old ask" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "old answer" }] },
    ]);
    const { world, warnings } = worldOn(home);
    expect(outline(await messagesIn(ID, world))).toEqual(["user: old ask", "assistant: old answer"]);
    expect(warnings).toEqual([]);
  });

  it("survives a database that is none", async () => {
    const home = emptyHome();
    writeRollout(home, [meta(), user("one")]);
    writeFileSync(join(home, ".codex", "state_7.sqlite"), "not a database");
    const { world, warnings } = worldOn(home);
    expect(await Array.fromAsync(reader.discover(world))).toHaveLength(1);
    expect(warnings.map((warning) => warning.code)).toEqual(["database-unreadable"]);
  });

  it("never throws on values of any type", async () => {
    const types = [
      "message",
      "reasoning",
      "function_call",
      "function_call_output",
      "custom_tool_call",
      "custom_tool_call_output",
      "local_shell_call",
      "web_search_call",
      "tool_search_call",
      "tool_search_output",
      "agent_message",
      "image_generation_call",
      "compaction",
    ];
    const any = fc.jsonValue() as fc.Arbitrary<JsonValue>;
    const key = fc.constantFrom(
      "role",
      "content",
      "call_id",
      "name",
      "namespace",
      "arguments",
      "input",
      "output",
      "summary",
      "action",
      "id",
      "result",
      "encrypted_content",
      "tools",
      "internal_chat_message_metadata_passthrough",
    );
    const value = fc.oneof(
      any,
      fc.constantFrom<JsonValue>(
        "user",
        "assistant",
        "developer",
        "x",
        [{ type: "input_text", text: "t" }],
        [{ type: "input_image", image_url: 5 }],
      ),
    );
    const payload = fc
      .tuple(fc.constantFrom(...types), fc.dictionary(key, value))
      .map(([type, rest]): JsonObject => ({ ...rest, type }));
    const entry = fc.oneof(
      payload.map((made) => item(made)),
      fc
        .dictionary(
          fc.constantFrom(
            "message",
            "replacement_history",
            "num_turns",
            "item",
            "info",
            "model",
            "history_base",
          ),
          any,
        )
        .map((made) => line("compacted", made)),
      fc
        .tuple(
          fc.constantFrom(
            "thread_rolled_back",
            "item_completed",
            "mcp_tool_call_end",
            "token_count",
            "user_message",
          ),
          fc.dictionary(fc.constantFrom("num_turns", "item", "call_id", "result", "info", "message"), any),
        )
        .map(([type, rest]) => event({ ...rest, type })),
      fc.dictionary(fc.constantFrom("model", "cwd"), any).map((made) => line("turn_context", made)),
    );
    const home = emptyHome();
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 12 }),
        fc.dictionary(
          fc.constantFrom("git", "source", "casr", "history_base", "timestamp", "cwd", "parent_thread_id"),
          any,
        ),
        async (lines, header) => {
          writeRollout(home, [meta(header), ...lines, user("end")]);
          const { world } = worldOn(home);
          const ref = await refTo(ID, world);
          await reader.summarize(ref, world);
          const reading = await reader.read(ref, world);
          for (const history of ["context", "full"] as const) {
            for await (const message of reading.messages({ history }))
              expect(message.content.length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("looking for sessions", () => {
  const other = "0199aaab-0000-7000-8000-000000000002";

  it("finds by id and prefix, in any letter case, each id once", async () => {
    const home = emptyHome();
    writeRollout(home, [meta(), user("one")]);
    writeRollout(home, [meta(), user("copy")], ID, "archived_sessions");
    writeRollout(home, [meta({}, other), user("two")], other, "sessions/2026/10/03");
    const { world } = worldOn(home);
    const ids = async (word: string): Promise<string[]> =>
      (await Array.fromAsync(reader.locate(word, world))).map((ref) => ref.id);
    expect(await ids("0199AAA")).toEqual([other, ID]);
    expect(await ids(ID.toUpperCase())).toEqual([ID]);
    expect(await ids("ffff")).toEqual([]);
    expect((await Array.fromAsync(reader.discover(world))).map((ref) => ref.id)).toEqual([other, ID]);
  });

  it("does not list subagents", async () => {
    const home = emptyHome();
    writeRollout(home, [meta(), user("one")]);
    writeRollout(
      home,
      [meta({ source: { subagent: { thread_spawn: { parent_thread_id: ID } } } }, other), user("task")],
      other,
    );
    const { world } = worldOn(home);
    expect((await Array.fromAsync(reader.discover(world))).map((ref) => ref.id)).toEqual([ID]);
    expect((await Array.fromAsync(reader.locate(other, world))).map((ref) => ref.id)).toEqual([other]);
  });

  it("identifies a file wherever it lies, and nothing else", async () => {
    const home = emptyHome();
    const { world } = worldOn(home);
    mkdirSync(join(home, "else"));
    const copy = join(home, "else", "copy.jsonl");
    writeFileSync(copy, `${JSON.stringify(meta())}\n${JSON.stringify(user("one"))}\n`);
    expect((await reader.identify(copy, world))?.id).toBe(ID);
    const foreign = join(home, "else", "foreign.jsonl");
    writeFileSync(foreign, '{"type":"user","sessionId":"x"}\n');
    expect(await reader.identify(foreign, world)).toBeUndefined();
    expect(await reader.identify(join(home, "else"), world)).toBeUndefined();
    expect(await reader.identify(join(home, "missing.jsonl"), world)).toBeUndefined();
  });

  it("takes the last title of the index", async () => {
    const home = emptyHome();
    writeRollout(home, [meta(), user("one")]);
    const entries = ["first", "second"].map((thread_name) =>
      JSON.stringify({ id: ID, thread_name, updated_at: "x" }),
    );
    writeFileSync(join(home, ".codex", "session_index.jsonl"), `${entries[0]}\nbroken\n${entries[1]}\n`);
    const { world } = worldOn(home);
    expect(await reader.summarize(await refTo(ID, world), world)).toMatchObject({
      title: "second",
      nativeName: "second",
    });
  });
});
