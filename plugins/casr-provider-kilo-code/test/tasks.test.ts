import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  emptyHome,
  outline,
  PNG,
  TestStore,
  worldOn,
  writeFiles,
} from "../../casr-opencode-store/test/helpers.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";

const ID = "01991f2e-7c11-7abc-8def-0123456789ab";
const TASKS = ".config/Code/User/globalStorage/kilocode.kilo-code/tasks";
const ENVIRONMENT =
  "<environment_details>\n# Current Workspace Directory (/home/dev/app) Files\na.txt\n</environment_details>";

const text = (value: string) => ({ type: "text", text: value });

const RECORDS = [
  { role: "user", ts: 1, content: [text("<task>\nCount the lines.\n</task>"), text(ENVIRONMENT)] },
  {
    role: "assistant",
    ts: 2,
    content: [
      { type: "thinking", thinking: "Use wc.", signature: "c2ln" },
      text("Counting."),
      { type: "tool_use", id: "t1", name: "execute_command", input: { command: "wc -l a.txt", cwd: null } },
    ],
  },
  {
    role: "user",
    ts: 3,
    content: [
      {
        type: "tool_result",
        tool_use_id: "t1",
        content: [
          text("12 a.txt"),
          { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
        ],
      },
      text(ENVIRONMENT),
    ],
  },
  { role: "assistant", ts: 4, content: "12 lines." },
];

async function read(home: string, history: "context" | "full" = "context") {
  const { world, warnings } = worldOn(home);
  // Tasks are found in the order of the folder; the first is the one with the smallest id.
  const refs = await Array.fromAsync(reader.discover(world));
  const [ref] = refs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const reading = await reader.read(ref!, world);
  return {
    reading,
    warnings,
    world,
    ref: ref!,
    messages: await Array.fromAsync(reading.messages({ history })),
  };
}

describe("tasks of the older extension", () => {
  test("are found, shown and read, without what the extension adds to each prompt", async () => {
    const home = emptyHome();
    writeFiles(home, {
      [`${TASKS}/${ID}/api_conversation_history.json`]: RECORDS,
      [`${TASKS}/${ID}/ui_messages.json`]: [],
    });
    const { reading, messages, world, ref, warnings } = await read(home);
    expect(outline(messages)).toEqual([
      "user: <task>\nCount the lines.\n</task>",
      "thought: Use wc.",
      "assistant: Counting.",
      "call t1 execute_command",
      "result t1: 12 a.txt|<image/png>",
      "assistant: 12 lines.",
    ]);
    expect(messages[1]!.content[2]).toMatchObject({ tool: { kind: "shell", command: "wc -l a.txt" } });
    expect(reading.header).toMatchObject({ id: ID, title: "Count the lines.", workspace: "/home/dev/app" });
    expect((await Array.fromAsync(reader.locate("01991F2E", world))).map(({ id }) => id)).toEqual([ID]);
    expect((await reader.identify(ref.path, world))?.id).toBe(ID);
    expect((await reader.detect(world)).evidence).toEqual(["1 task of the older extension"]);
    expect((await writer.resume(ref, world))[0]?.note).toContain("--fork");
    expect(warnings).toEqual([]);
  });

  test("stand beside the sessions of Kilo Code 7, each with a digest of its own", async () => {
    const home = emptyHome();
    const store = new TestStore(join(home, ".local/share/kilo/kilo.db")).session("ses_new");
    store.user("ses_new", "new");
    const path = `${TASKS}/${ID}/api_conversation_history.json`;
    writeFiles(home, { [path]: RECORDS, [`copy/kilocode.kilo-code/tasks/${ID}/x.json`]: {} });
    const { world } = worldOn(home);
    const refs = await Array.fromAsync(reader.discover(world));
    expect(refs.map(({ id }) => id)).toEqual(["ses_new", ID]);
    const titles = await Promise.all(refs.map((ref) => reader.summarize(ref, world)));
    expect(titles.map(({ title }) => title)).toEqual(["A title", "Count the lines."]);
    expect((await reader.detect(world)).evidence).toEqual([
      `${store.path} holds 1 session`,
      "1 task of the older extension",
    ]);
    const digests = async () => Promise.all(refs.map((ref) => reader.digest!(ref, world)));
    const before = await digests();
    writeFiles(home, { [path]: [...RECORDS, { role: "user", content: "more" }] });
    const after = await digests();
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
    expect(await reader.identify(join(home, "copy/kilocode.kilo-code/tasks", ID, "x.json"), world)).toBe(
      undefined,
    );
  });

  test("what a summary stands for is past; subtasks are not listed", async () => {
    const home = emptyHome();
    writeFiles(home, {
      [`${TASKS}/1750000000000/api_conversation_history.json`]: [
        { role: "user", content: "old", condenseParent: "c1" },
        { role: "user", content: "kept, its summary is gone", condenseParent: "c0" },
        { role: "user", content: "all so far", isSummary: true, condenseId: "c1" },
      ],
      [`${TASKS}/1750000000001/api_conversation_history.json`]: RECORDS,
      [`${TASKS}/1750000000001/history_item.json`]: { parentTaskId: "1750000000000" },
    });
    expect(outline((await read(home)).messages)).toEqual([
      "user: kept, its summary is gone",
      "summary: all so far",
    ]);
    const { messages, reading } = await read(home, "full");
    expect(outline(messages)[0]).toBe("(past) user: old");
    expect(reading.header.startedAt).toBe(1_750_000_000_000);
  });

  test("damaged files", async () => {
    const home = emptyHome();
    const odd = [
      null,
      5,
      { role: "user", content: [null, { type: "text", text: 4 }, text("fine")] },
      { role: "robot" },
      { role: "assistant", content: [{ type: "tool_use" }] },
    ];
    writeFiles(home, {
      [`${TASKS}/1750000000000/api_conversation_history.json`]: odd,
      [`${TASKS}/1750000000000/history_item.json`]: "{ torn",
    });
    const { messages, warnings, reading } = await read(home);
    expect(outline(messages)).toEqual(["user: fine"]);
    expect(reading.records).toEqual({ total: 5, malformed: 2 });
    expect(warnings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["bad-record", "unknown-record"]),
    );
    writeFiles(home, { [`${TASKS}/1750000000000/api_conversation_history.json`]: "[{" });
    await expect(read(home)).rejects.toMatchObject({ code: "source-unreadable" });
  });
});
