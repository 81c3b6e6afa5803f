import { mkdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block, JsonObject, JsonValue, Message, WritePlan } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import {
  collect,
  message,
  NEW_ID,
  NOW,
  outline,
  planFor,
  put,
  readPath,
  testWorld,
  text,
  WORKSPACE,
  writeFiles,
  type TestWorld,
} from "./helpers.ts";

const STORE = ".config/Code/User/globalStorage/saoudrizwan.claude-dev";
const LOCK = ".config/Code/code.lock";
const TASK = `${STORE}/tasks/${NEW_ID}`;

/** A home with the extension in VS Code, and no CLI. */
async function withExtension(env: Record<string, string> = {}, store = STORE): Promise<TestWorld> {
  const made = await testWorld({ env });
  await mkdir(join(made.home, store), { recursive: true });
  return made;
}

function edited(plan: WritePlan, current?: JsonValue): JsonValue {
  const step = plan.steps.at(-1);
  if (step?.kind !== "edit-json") throw new Error("the list of tasks is not changed last");
  return step.edit(current);
}

async function parsed(home: string, path: string): Promise<JsonObject[]> {
  return JSON.parse(await readFile(join(home, path), "utf8")) as JsonObject[];
}

const call = (id: string, command: string): Block => ({
  type: "tool_call",
  id,
  name: "run_commands",
  input: { commands: [command] },
  tool: { kind: "shell", command },
});
const png: Block = { type: "image", mediaType: "image/png", data: { base64: "aGk=" } };

const CONVERSATION: Message[] = [
  message("user", [text("<task>\nfirst\n</task>\n<environment_details>typed</environment_details>")], {
    origin: "person",
    timestamp: NOW - 9000,
  }),
  message("assistant", [
    { type: "reasoning", text: "signed", signature: "c2ln", issuer: "anthropic" },
    { type: "reasoning", text: "shown", displayOnly: true },
    text("On it."),
    call("a", "ls"),
    {
      type: "tool_call",
      id: "b",
      name: "TodoWrite",
      input: {},
      foreign: { provider: "claude-code", name: "TodoWrite" },
    },
  ]),
  message("tool", [
    {
      type: "tool_result",
      callId: "a",
      content: [{ type: "text", text: "no such file\n" }],
      isError: true,
      exitCode: 2,
    },
    {
      type: "tool_result",
      callId: "b",
      content: [{ type: "text", text: '[{"query":"x","result":"1 | y","success":true}]' }, png],
      isError: false,
    },
  ]),
  message("user", [{ type: "compaction", summary: "  earlier  " }, text("<user_input>tag</user_input>")], {
    origin: "compaction",
  }),
  message("assistant", [text("  Done.\n")]),
  message("user", [text("hook said"), png], { origin: "injected" }),
];

describe("a session written as a task of the extension", () => {
  test("reads back as it was, with its mark and its name", async () => {
    const { home, world } = await withExtension();
    const plan = await planFor(CONVERSATION, world, { title: "A title", model: "m", startedAt: NOW - 9000 });
    await writeFiles(plan);
    await put(home, `${STORE}/state/taskHistory.json`, JSON.stringify(edited(plan)));
    expect(plan.path).toBe(join(home, TASK, "api_conversation_history.json"));
    const { messages, header } = await readPath(plan.path, world);
    expect(outline(messages)).toEqual(outline(CONVERSATION));
    expect(messages.map(({ origin }) => origin)).toEqual(CONVERSATION.map(({ origin }) => origin));
    expect(messages[1]?.content.at(-1)).toMatchObject({
      foreign: { provider: "claude-code", name: "TodoWrite" },
    });
    expect(header).toMatchObject({
      title: "A title",
      model: "m",
      workspace: WORKSPACE,
      startedAt: NOW - 9000,
      lineage: { sourceProvider: "claude-code", sourceId: "source" },
    });
    const [ref] = await collect(reader.discover(world));
    expect(await reader.summarize(ref!, world)).toMatchObject({
      title: "A title",
      lineage: { sourceId: "source" },
    });
  });

  test("holds what Anthropic's service takes in its blocks, and all answers in one message", async () => {
    const { home, world } = await withExtension();
    await writeFiles(await planFor(CONVERSATION, world));
    const stored = await parsed(home, `${TASK}/api_conversation_history.json`);
    const fields = new Map([
      ["text", "type text"],
      ["image", "type source"],
      ["tool_use", "type id name input"],
      ["tool_result", "type tool_use_id content is_error"],
      ["thinking", "type thinking signature"],
    ]);
    for (const { content } of stored) {
      for (const block of content as JsonObject[]) {
        const known = fields.get(String(block["type"]))!.split(" ");
        expect(Object.keys(block).filter((key) => !known.includes(key))).toEqual([]);
      }
    }
    const answers = stored[2]!["content"] as JsonObject[];
    expect(answers.map((block) => block["tool_use_id"])).toEqual(["a", "b"]);
    expect(answers[0]).toMatchObject({
      content: "[Command exited with code 2]\nno such file\n",
      is_error: true,
    });
    const source = { type: "base64", media_type: "image/png", data: "aGk=" };
    expect(answers[1]?.["content"]).toContainEqual({ type: "image", source });
  });

  test("is shown from its first prompt on, every entry with a time of its own", async () => {
    const { home, world } = await withExtension();
    await writeFiles(await planFor(CONVERSATION, world));
    const shown = await parsed(home, `${TASK}/ui_messages.json`);
    expect(shown.map((entry) => `${String(entry["say"])}: ${String(entry["text"])}`)).toEqual([
      "task: first prompt",
      "reasoning: signed",
      "reasoning: shown",
      "text: On it.",
      "command: ls",
      "text: `TodoWrite` {}",
      "command_output: no such file\n",
      "user_feedback:   earlier  \n\n<user_input>tag</user_input>",
      "text:   Done.\n",
      "user_feedback: hook said",
    ]);
    expect(shown.at(-1)?.["images"]).toEqual(["data:image/png;base64,aGk="]);
    expect(new Set(shown.map((entry) => entry["ts"])).size).toBe(shown.length);
  });

  test("joins the list of tasks, in which nothing else changes", async () => {
    const { world } = await withExtension();
    const plan = await planFor(CONVERSATION, world, { title: "A title" });
    const other = { id: "1785578400000", ts: 1, task: "other", unknown: { a: [1] } };
    const own = { id: NEW_ID, ts: NOW, task: "A title", cwdOnTaskInitialization: WORKSPACE };
    expect(edited(plan, [other])).toEqual([other, expect.objectContaining(own)]);
    expect(edited(plan, [other, { id: NEW_ID, task: "old" }])).toEqual([other, expect.objectContaining(own)]);
    expect(() => edited(plan, { tasks: [] })).toThrow(/is not the list of tasks/);
  });

  test("any texts are read back to the letter", async () => {
    const words = fc
      .array(
        fc.oneof(
          fc.constantFrom("<task>", "</task>", "<environment_details>", "</environment_details>", "\n", " "),
          fc.constantFrom("[Command exited with code 2]\n", "<feedback>", "</feedback>", '{"query":""}'),
          fc.string(),
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((parts) => parts.join(""))
      .filter((joined) => joined !== "");
    const property = fc.asyncProperty(
      words,
      words,
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      async (said, printed, isError, exitCode) => {
        const { world } = await withExtension();
        const session = [
          message("user", [text(said)], { origin: "person" }),
          message("assistant", [call("a", "x")]),
          message("tool", [
            {
              type: "tool_result",
              callId: "a",
              content: [{ type: "text", text: printed }],
              isError,
              exitCode,
            },
          ]),
        ];
        const plan = await planFor(session, world);
        await writeFiles(plan);
        expect(outline((await readPath(plan.path, world)).messages)).toEqual(outline(session));
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});

describe("which store is written", () => {
  const isTask = (plan: WritePlan): boolean => plan.path.endsWith("api_conversation_history.json");

  test("the CLI's where it was used or no editor has the extension, unless the person chooses", async () => {
    const plan = async (files: string[], choice?: string): Promise<WritePlan> => {
      const { home, world } = await testWorld({
        env: choice === undefined ? {} : { CASR_CLINE_STORE: choice },
      });
      for (const file of files) await put(home, file, "[]");
      return planFor(CONVERSATION, world);
    };
    const cli = ".cline/data/sessions/x/x.json";
    const list = `${STORE}/state/taskHistory.json`;
    expect(isTask(await plan([]))).toBe(false);
    expect(isTask(await plan([cli, list]))).toBe(false);
    expect(isTask(await plan([".cline/data/db/sessions.db", list]))).toBe(false);
    expect(isTask(await plan([list]))).toBe(true);
    expect(isTask(await plan([list], "cli"))).toBe(false);
    expect(isTask(await plan([cli, list], "editor"))).toBe(true);
    await expect(plan([cli], "editor")).rejects.toThrow(/No editor with Cline's extension/);
    // A machine worked on from afar cannot tell whether an editor runs.
    const server = ".vscode-server/data/User/globalStorage/saoudrizwan.claude-dev/state/taskHistory.json";
    expect(isTask(await plan([server]))).toBe(false);
  });

  test("of two editors the one used last; a person opens the task there", async () => {
    const { home, world } = await testWorld();
    const codium = STORE.replace("Code", "VSCodium");
    const lists = [STORE, codium].map((store) => `${store}/state/taskHistory.json`);
    for (const list of lists) await put(home, list, "[]");
    await utimes(join(home, lists[0]!), 1, 1);
    const plan = await planFor(CONVERSATION, world);
    expect(plan.roots).toEqual([join(home, codium)]);
    const step = { argv: ["codium", WORKSPACE], cwd: WORKSPACE, note: expect.stringContaining("history") };
    expect(plan.resume).toEqual([step]);
    const again = await writer.resume({ id: NEW_ID, workspace: WORKSPACE, path: plan.path }, world);
    expect(again).toEqual([step]);
  });

  test("no list is changed while its editor runs; the lock of one that crashed does not count", async () => {
    const { home, world } = await withExtension();
    await put(home, LOCK, `${process.pid}`);
    await expect(planFor(CONVERSATION, world)).rejects.toMatchObject({
      code: "write-failed",
      message: expect.stringContaining(`is running (process ${process.pid})`),
      suggestions: [expect.stringContaining("Quit the editor")],
    });
    await put(home, LOCK, "4194305");
    expect(isTask(await planFor(CONVERSATION, world))).toBe(true);
  });
});
