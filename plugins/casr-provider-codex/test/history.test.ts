import { renameSync, readFileSync, writeFileSync, unlinkSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import {
  assistant,
  call,
  developer,
  emptyHome,
  event,
  ID,
  item,
  line,
  messagesIn,
  meta,
  outline,
  output,
  PNG,
  refTo,
  user,
  worldOn,
  writeRollout,
} from "./helpers.ts";

const SUMMARY =
  "Another language model started to solve this problem and produced a summary of its thinking process. You also have access to the state of the tools that were used by that language model. Use this to build on the work that has already been done and avoid duplicating work. Here is the summary produced by the other language model, use the information in this summary to assist with your own analysis:\nall of it";

const turn = (n: number): JsonObject[] => [user(`ask ${n}`), assistant(`answer ${n}`)];
const rollBack = (turns: number): JsonObject => event({ type: "thread_rolled_back", num_turns: turns });
const compacted = (...texts: string[]): JsonObject =>
  line("compacted", {
    message: "",
    replacement_history: texts.map((text) => ({
      type: "message",
      role: "user",
      content: [{ type: "input_text", text }],
    })),
  });

async function readLines(lines: (JsonObject | string)[], history: "context" | "full" = "context") {
  const home = emptyHome();
  writeRollout(home, lines);
  const { world, warnings } = worldOn(home);
  return { seen: outline(await messagesIn(ID, world, history)), warnings };
}

describe("rollback", () => {
  it("takes the last turns away, with what was put in before the prompt", async () => {
    const shell = user("<user_shell_command>\n<command>\nls\n</command>\n</user_shell_command>");
    const { seen } = await readLines([meta(), ...turn(1), shell, ...turn(2), rollBack(1), ...turn(3)]);
    expect(seen).toEqual(["user: ask 1", "assistant: answer 1", "user: ask 3", "assistant: answer 3"]);
  });

  it("takes everything when asked for more turns than there are", async () => {
    const { seen } = await readLines([meta(), ...turn(1), ...turn(2), rollBack(9), ...turn(3)]);
    expect(seen).toEqual(["user: ask 3", "assistant: answer 3"]);
  });

  it("undoes a compaction that happened in a turn it takes away", async () => {
    const lines = [
      meta(),
      ...turn(1),
      user("ask 2"),
      compacted("ask 1", "ask 2", SUMMARY),
      assistant("rest"),
      rollBack(1),
      ...turn(3),
    ];
    expect((await readLines(lines)).seen).toEqual([
      "user: ask 1",
      "assistant: answer 1",
      "user: ask 3",
      "assistant: answer 3",
    ]);
    expect((await readLines(lines, "full")).seen).toEqual([
      "user: ask 1",
      "assistant: answer 1",
      "user: ask 3",
      "assistant: answer 3",
    ]);
  });

  it("keeps an earlier compaction", async () => {
    const { seen } = await readLines([
      meta(),
      ...turn(1),
      compacted("ask 1", SUMMARY),
      ...turn(2),
      rollBack(1),
    ]);
    expect(seen).toEqual(["user: ask 1", `summary: ${SUMMARY}`]);
  });
});

describe("compaction", () => {
  it("shows the past once and keeps what is still sent", async () => {
    const lines = [meta(), ...turn(1), ...turn(2), compacted("ask 1", "ask 2", SUMMARY), ...turn(3)];
    expect((await readLines(lines)).seen).toEqual([
      "user: ask 1",
      "user: ask 2",
      `summary: ${SUMMARY}`,
      "user: ask 3",
      "assistant: answer 3",
    ]);
    expect((await readLines(lines, "full")).seen).toEqual([
      "user: ask 1",
      "(past) assistant: answer 1",
      "user: ask 2",
      "(past) assistant: answer 2",
      `summary: ${SUMMARY}`,
      "user: ask 3",
      "assistant: answer 3",
    ]);
  });

  it("rebuilds the old form from the typed messages", async () => {
    const lines = [
      meta(),
      ...turn(1),
      line("compacted", { message: SUMMARY }),
      ...turn(2),
      line("compacted", { message: "" }),
    ];
    expect((await readLines(lines)).seen).toEqual([
      "user: ask 1",
      "user: ask 2",
      "user: (no summary available)",
    ]);
  });

  it("cuts an old message that is too long as Codex does", async () => {
    const { seen } = await readLines([
      meta(),
      user("é".repeat(60_000)),
      ...turn(2),
      line("compacted", { message: SUMMARY }),
    ]);
    expect(seen[1]).toBe("user: …10002 tokens truncated…");
    expect(seen.at(-2)).toBe("user: ask 2");
  });

  it("falls back to the messages before a summary that only the service can read", async () => {
    const opaque = line("compacted", {
      message: "",
      replacement_history: [{ type: "compaction", encrypted_content: "gAAAA" }],
    });
    const { seen, warnings } = await readLines([meta(), ...turn(1), opaque, ...turn(2)]);
    expect(seen).toEqual(["user: ask 1", "assistant: answer 1", "user: ask 2", "assistant: answer 2"]);
    expect(warnings.map((warning) => warning.code)).toEqual(["opaque-compaction"]);
  });
});

describe("calls and outputs", () => {
  it("answers a call without output as Codex does, and drops outputs without a call", async () => {
    const wrongKind = item({ type: "custom_tool_call_output", call_id: "b", output: "x" });
    const { seen } = await readLines([
      meta(),
      user("go"),
      call("a"),
      call("b"),
      output("a", "one"),
      wrongKind,
      output("nobody", "y"),
    ]);
    expect(seen).toEqual([
      "user: go",
      'call a exec_command {"cmd":"ls"}',
      'call b exec_command {"cmd":"ls"}',
      "result b failed: aborted",
      "result a: one",
    ]);
  });

  it("joins several outputs of one call", async () => {
    const exec = item({ type: "custom_tool_call", name: "exec", input: "text(1)", call_id: "x" });
    const first = item({
      type: "custom_tool_call_output",
      call_id: "x",
      output: [
        { type: "input_text", text: "Script completed\nWall time 0.1 seconds\nOutput:\n" },
        { type: "input_text", text: "one" },
      ],
    });
    const second = item({ type: "custom_tool_call_output", call_id: "x", name: "exec", output: "half way" });
    const { seen } = await readLines([meta(), user("go"), exec, first, second]);
    expect(seen.at(-1)).toBe("result x: one|half way");
  });

  it("reads calls of every kind", async () => {
    const { seen } = await readLines([
      meta(),
      user("go"),
      item({
        type: "local_shell_call",
        call_id: "l",
        status: "completed",
        action: { type: "exec", command: ["bash", "-lc", "ls"] },
      }),
      output("l", "files"),
      item({
        type: "web_search_call",
        id: "ws_1",
        status: "completed",
        action: { type: "search", query: "q" },
      }),
      item({
        type: "function_call",
        namespace: "mcp__srv",
        name: "shot",
        arguments: '{"a":1}',
        call_id: "m",
      }),
      output("m", [
        { type: "input_text", text: "Wall time: 0.0034 seconds\nOutput:" },
        { type: "input_image", image_url: `data:image/png;base64,${PNG}` },
      ]),
      item({ type: "function_call", name: "odd", arguments: "not json", call_id: "o" }),
      output("o", "unsupported call: odd"),
      item({ type: "function_call_output", name: "goal_objective", output: "context" }),
    ]);
    expect(seen.slice(1)).toEqual([
      'call l local_shell {"type":"exec","command":["bash","-lc","ls"]}',
      "result l: files",
      'call ws_1 web_search {"type":"search","query":"q"}',
      "result ws_1: ",
      'call m mcp__srv__shot {"a":1}',
      "result m: <image/png>",
      'call o odd "not json"',
      "result o failed: unsupported call: odd",
    ]);
  });
});

it("gives a call its answer, whatever letters its id is of", async () => {
  const { seen } = await readLines([meta(), user("go"), call("é-1"), output("é-1", "done"), assistant("ok")]);
  expect(seen.at(-2)).toBe("result é-1: done");
});

describe("texts nobody typed", () => {
  it("leaves out what Codex makes anew and keeps what belongs to the conversation", async () => {
    const { seen } = await readLines([
      meta(),
      developer("<permissions instructions>\nx\n</permissions instructions>"),
      user(
        "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\ny\n</INSTRUCTIONS>",
        "<environment_context>\n</environment_context>",
      ),
      user("<environment_context> is a tag I typed"),
      user("<user_shell_command>\nls\n</user_shell_command>"),
      developer("<turn_aborted>\nnew\n</turn_aborted>"),
      user("<turn_aborted>\nold\n</turn_aborted>"),
      item({
        type: "agent_message",
        author: "/root/a",
        recipient: "/root",
        content: [{ type: "input_text", text: "done" }],
      }),
    ]);
    expect(seen).toEqual([
      "user: <environment_context> is a tag I typed",
      "user/command: <user_shell_command>\nls\n</user_shell_command>",
      "user/injected: <turn_aborted>\nnew\n</turn_aborted>",
      "user/injected: <turn_aborted>\nold\n</turn_aborted>",
      "user/injected: done",
    ]);
  });

  it("trusts the kinds of content parts where there are any", async () => {
    const { seen } = await readLines([
      meta(),
      item({
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "<environment_context>\n</environment_context>" }],
        internal_chat_message_metadata_passthrough: { content_item_kinds: ["user.text"] },
      }),
    ]);
    expect(seen).toEqual(["user: <environment_context>\n</environment_context>"]);
  });

  it("keeps the note in place of a picture without its wrapper", async () => {
    const { seen } = await readLines([
      meta(),
      item({
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: '<image name=[Image #1] path="not.png">' },
          { type: "input_text", text: "image content omitted because it could not be processed" },
          { type: "input_text", text: "</image>" },
          { type: "input_text", text: "look" },
        ],
        internal_chat_message_metadata_passthrough: {
          content_item_kinds: ["user.text", "images.preparation_error", "user.text", "user.text"],
        },
      }),
    ]);
    expect(seen).toEqual(["user: image content omitted because it could not be processed", "user: look"]);
  });

  it("drops the wrapper around a picture and keeps its path", async () => {
    const home = emptyHome();
    const content = [
      { type: "input_text", text: '<image name=[Image #1] path="/x/a.png">' },
      { type: "input_image", image_url: `data:image/png;base64,${PNG}` },
      { type: "input_text", text: "</image>" },
      { type: "input_text", text: "what is it?" },
    ];
    writeRollout(home, [meta(), item({ type: "message", role: "user", content })]);
    const messages = await messagesIn(ID, worldOn(home).world);
    expect(messages[0]?.content).toEqual([
      { type: "image", mediaType: "image/png", data: { base64: PNG }, name: "/x/a.png" },
      { type: "text", text: "what is it?" },
    ]);
  });
});

describe("forks", () => {
  const parentId = "0199bbbb-0000-7000-8000-000000000001";
  const grandId = "0199cccc-0000-7000-8000-000000000001";
  const numbered = (lines: JsonObject[], from = 0): JsonObject[] =>
    lines.map((entry, index) => ({
      timestamp: entry["timestamp"]!,
      ordinal: from + index,
      type: entry["type"]!,
      payload: entry["payload"]!,
    }));
  const base = (id: string, ordinal: number, offset: number): JsonObject => ({
    forked_from_id: id,
    history_mode: "paginated",
    history_base: { thread_id: id, end_ordinal_exclusive: ordinal, end_byte_offset: offset },
  });
  const bytes = (lines: JsonObject[]): number =>
    Buffer.byteLength(lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""));

  function family(home: string): string[] {
    const grand = numbered([meta({}, grandId), ...turn(1), ...turn(2)]);
    const parent = numbered(
      [meta(base(grandId, 3, bytes(grand.slice(0, 3))), parentId), ...turn(3), ...turn(4)],
      3,
    );
    const own = numbered([meta(base(parentId, 6, bytes(parent.slice(0, 3)))), ...turn(5)], 6);
    return [
      writeRollout(home, grand, grandId),
      writeRollout(home, parent, parentId),
      writeRollout(home, own),
    ];
  }
  const expected = [1, 3, 5].flatMap((n) => [`user: ask ${n}`, `assistant: answer ${n}`]);

  it("reads the parents' lines up to where the fork began", async () => {
    const home = emptyHome();
    family(home);
    const { world, warnings } = worldOn(home);
    expect(outline(await messagesIn(ID, world))).toEqual(expected);
    expect(warnings).toEqual([]);
    const summary = await reader.summarize(await refTo(ID, world), world);
    expect(summary.title).toBe("ask 1");
  });

  it("finds parents that were archived or compressed", async () => {
    const home = emptyHome();
    const [grand, parent] = family(home) as [string, string];
    writeFileSync(`${grand}.zst`, zstdCompressSync(readFileSync(grand)));
    unlinkSync(grand);
    const archived = join(home, ".codex", "archived_sessions", parent.slice(parent.lastIndexOf("/") + 1));
    mkdirSync(dirname(archived), { recursive: true });
    renameSync(parent, archived);
    const { world } = worldOn(home);
    expect(outline(await messagesIn(ID, world))).toEqual(expected);
    expect((await reader.summarize(await refTo(parentId, world), world)).hidden).toBe("archived");
  });

  it("follows a session that went back to earlier prompts through its files", async () => {
    const home = emptyHome();
    const second = "0199cccc-0000-7000-8000-000000000003";
    const third = "0199cccc-0000-7000-8000-000000000004";
    const began = { timestamp: "2026-10-02T09:00:00.000Z" };
    const one = numbered([meta(began), ...turn(1), ...turn(2)]);
    const two = numbered([meta(base(ID, 3, bytes(one.slice(0, 3)))), ...turn(3), ...turn(4)], 3);
    const three = numbered([meta(base(second, 6, bytes(two.slice(0, 3)))), ...turn(5)], 6);
    const fork = numbered([meta(base(third, 9, bytes(three)), parentId), ...turn(6)], 9);
    writeRollout(home, one);
    writeRollout(home, two, `${ID}_${second}`);
    writeRollout(home, three, `${ID}_${third}`);
    writeRollout(home, fork, parentId);
    const { world, warnings } = worldOn(home);
    expect(outline(await messagesIn(ID, world))).toEqual(expected);
    expect(outline(await messagesIn(parentId, world)).slice(-2)).toEqual([
      "user: ask 6",
      "assistant: answer 6",
    ]);
    expect((await Array.fromAsync(reader.discover(world))).map((ref) => ref.id).toSorted()).toEqual(
      [ID, parentId].toSorted(),
    );
    expect(warnings).toEqual([]);
    const { header } = await reader.read(await refTo(ID, world), world);
    expect(header.startedAt).toBe(Date.parse(began.timestamp));
  });

  it("goes on without a parent that is gone, and with one that leads back", async () => {
    const home = emptyHome();
    const [grand] = family(home) as [string];
    unlinkSync(grand);
    const { world, warnings } = worldOn(home);
    expect(outline(await messagesIn(ID, world))).toEqual(expected.slice(2));
    expect(warnings.map((warning) => warning.code)).toEqual(["missing-file"]);
    writeRollout(home, numbered([meta(base(ID, 9, 1e9), grandId), ...turn(7)]), grandId);
    const looped = worldOn(home);
    expect(outline(await messagesIn(ID, looped.world)).at(-1)).toBe("assistant: answer 5");
    expect(looped.warnings.map((warning) => warning.code)).toContain("history-loop");
  });

  it("takes the first of several headers in a legacy fork", async () => {
    const home = emptyHome();
    writeRollout(home, [
      meta({ forked_from_id: parentId }),
      meta({ cwd: "/elsewhere" }, parentId),
      ...turn(1),
    ]);
    const { world } = worldOn(home);
    const { header } = await reader.read(await refTo(ID, world), world);
    expect(header.workspace).toBe("/home/dev/app");
    expect(header.parent).toEqual({ id: parentId, provider: "codex", relation: "fork" });
  });
});
