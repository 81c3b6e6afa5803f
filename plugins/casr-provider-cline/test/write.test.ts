import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block, JsonObject, Message } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { sentText, storedText } from "../src/native.ts";
import { writer } from "../src/write.ts";
import {
  collect,
  message,
  NEW_ID,
  NOW,
  outline,
  planFor,
  recorded,
  roundTrip,
  testWorld,
  text,
  WORKSPACE,
  writeFiles,
} from "./helpers.ts";

const CONVERSATION: Message[] = [
  message("user", [text("first prompt")], { origin: "person", timestamp: NOW - 9000 }),
  message("assistant", [
    { type: "reasoning", text: "signed", signature: "c2ln", issuer: "anthropic" },
    { type: "reasoning", text: "shown", displayOnly: true },
    text("On it."),
    { type: "tool_call", id: "a", name: "run_commands", input: { commands: ["ls"] } },
    {
      type: "tool_call",
      id: "b",
      name: "TodoWrite",
      input: { todos: [] },
      foreign: { provider: "claude-code", name: "TodoWrite" },
    },
  ]),
  message("tool", [
    { type: "tool_result", callId: "a", content: [{ type: "text", text: "a.txt\n" }], isError: false },
    { type: "tool_result", callId: "b", content: [{ type: "text", text: "1 | x" }], isError: true },
  ]),
  message("user", [{ type: "compaction", summary: "  earlier  " }, text("<user_input>tag</user_input>")], {
    origin: "compaction",
  }),
  message("assistant", [text("  Done.\n")]),
  message("user", [text("hook said"), { type: "image", mediaType: "image/png", data: { base64: "aGk=" } }], {
    origin: "injected",
  }),
];

interface Stored {
  messages: (JsonObject & { role: string; content: JsonObject[]; ts: number })[];
}

describe("a written session", () => {
  test("is stored as the CLI stores its own", async () => {
    const { plan } = await roundTrip(CONVERSATION, { title: "A title", model: "m", git: { branch: "main" } });
    const { messages } = JSON.parse(await readFile(plan.path, "utf8")) as Stored;
    expect(messages.map(({ role, content }) => [role, ...content.map((block) => block["type"])])).toEqual([
      ["user", "text"],
      ["assistant", "thinking", "thinking", "text", "tool_use", "tool_use"],
      ["user", "tool_result"],
      ["user", "tool_result"],
      ["user", "text", "text"],
      ["assistant", "text"],
      ["user", "text", "image"],
    ]);
    expect(messages[1]!.content.slice(0, 2)).toEqual([
      { type: "thinking", thinking: "signed", signature: "c2ln" },
      { type: "thinking", thinking: "shown" },
    ]);
    expect(messages[2]!.content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "a",
        name: "run_commands",
        content: [{ query: "ls", result: "a.txt\n", success: true }],
      },
    ]);
    expect(messages[3]!.content).toEqual([
      { type: "tool_result", tool_use_id: "b", name: "TodoWrite", content: "1 | x", is_error: true },
    ]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
    const times = messages.map(({ ts }) => ts);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const manifest = JSON.parse(await readFile(plan.path.replace(".messages", ""), "utf8")) as JsonObject;
    expect(manifest).toMatchObject({
      version: 1,
      session_id: NEW_ID,
      status: "completed",
      cwd: WORKSPACE,
      workspace_root: WORKSPACE,
      started_at: "2026-11-21T06:00:00.000Z",
      prompt: "first prompt",
      messages_path: plan.path,
      metadata: { title: "A title", git: { branch: "main" } },
    });
  });

  test("reads back as it was", async () => {
    const { messages, header } = await roundTrip(CONVERSATION, { startedAt: NOW - 10_000 });
    expect(outline(messages)).toEqual(outline(CONVERSATION));
    expect(messages.map(({ origin }) => origin)).toEqual([
      "person",
      undefined,
      undefined,
      undefined,
      "compaction",
      undefined,
      "injected",
    ]);
    expect(messages[1]!.content[4]).toMatchObject({
      foreign: { provider: "claude-code", name: "TodoWrite" },
    });
    expect(header).toMatchObject({
      id: NEW_ID,
      title: "first prompt",
      startedAt: NOW - 10_000,
      lineage: { sourceProvider: "claude-code", sourceId: "source", convertedAt: NOW },
    });
  });

  test("is the same each time", async () => {
    const [one, two] = [await roundTrip(CONVERSATION), await roundTrip(CONVERSATION)];
    const bytes = async ({ plan, home }: typeof one): Promise<string> =>
      (await readFile(plan.path, "utf8")).replaceAll(home, "");
    expect(await bytes(one)).toBe(await bytes(two));
  });

  test("any prompt is read back to the letter, whatever tags are in it", async () => {
    const piece = fc.constantFrom(
      " ",
      "\n",
      "a",
      "<user_input>",
      '<user_input mode="act">',
      "</user_input>",
      "<user_command",
      ">",
      "😀",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
        const prompt = pieces.join("");
        fc.pre(prompt.trim() !== "");
        const said = [
          message("user", [text(prompt)], { origin: "person" }),
          message("assistant", [text(prompt)]),
        ];
        expect(outline((await roundTrip(said)).messages)).toEqual(outline(said));
        expect(sentText(storedText(prompt))).toBe(prompt.trim());
      }),
      { numRuns: 200, seed: 20_261_121 },
    );
  });

  test("long answers are in pieces the CLI sends whole", async () => {
    const long = Array.from({ length: 4000 }, (_, index) => `line ${index} 😀`).join("\n");
    const blocks: Block[] = ["Foreign", "run_commands", "read_files"].map((name, index) => ({
      type: "tool_call",
      id: `c${index}`,
      name,
      input: name === "run_commands" ? { commands: ["x"] } : { files: [{ path: "/a" }] },
      ...(name === "Foreign" ? { foreign: { provider: "codex", name } } : {}),
    }));
    const results: Block[] = blocks.map((_, index) => ({
      type: "tool_result",
      callId: `c${index}`,
      content: [{ type: "text", text: long }],
      isError: false,
    }));
    const said = [message("user", [text("go")]), message("assistant", blocks), message("tool", results)];
    const { messages, plan } = await roundTrip(said);
    expect(outline(messages)).toEqual(outline(said));
    const stored = JSON.parse(await readFile(plan.path, "utf8")) as Stored;
    const [first] = stored.messages[2]!.content;
    // Shown one under the other, the pieces are the text.
    const pieces = first!["content"] as { text: string }[];
    expect(pieces.map((piece) => piece.text).join("\n")).toBe(long);
    expect(Math.max(...pieces.map((piece) => piece.text.length))).toBeLessThanOrEqual(8000);
  });
});

describe("the CLI's list", () => {
  test("gets a row where there is a database, in all its columns", async () => {
    const { home, world } = await recorded("rich");
    const plan = await planFor(CONVERSATION, world, { title: "A title" });
    const step = plan.steps.at(-1)!;
    expect(step.kind).toBe("sqlite");
    if (step.kind !== "sqlite" || !Array.isArray(step.statements)) return;
    const database = new DatabaseSync(join(home, ".cline/data/db/sessions.db"));
    for (const { sql, params } of step.statements) database.prepare(sql).run(...params);
    const rows = database.prepare("SELECT * FROM sessions ORDER BY started_at DESC").all();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      session_id: NEW_ID,
      status: "completed",
      is_subagent: 0,
      messages_path: plan.path,
      cwd: WORKSPACE,
    });
    expect(JSON.parse(String(rows[0]!["metadata_json"]))).toMatchObject({ title: "A title" });
    for (const { sql, params } of step.undo) database.prepare(sql).run(...params);
    expect(database.prepare("SELECT count(*) AS n FROM sessions").get()).toEqual({ n: 1 });
    database.close();
  });

  test("has no row where there is no database", async () => {
    const { world } = await testWorld();
    const { steps, notes } = await planFor(CONVERSATION, world);
    expect(steps.map(({ kind }) => kind)).toEqual(["create-file", "create-file"]);
    expect(notes).toEqual([]);
  });

  test.each(["corrupt", "of another schema"])("stays as it is when the database is %s", async (kind) => {
    const { home, world, warnings } = await testWorld();
    const folder = join(home, ".cline/data/db");
    const path = join(folder, "sessions.db");
    await mkdir(folder, { recursive: true });
    if (kind === "corrupt") await writeFile(path, "SQLite format 3\0 and then nothing of the kind");
    else {
      const database = new DatabaseSync(path);
      database.exec("CREATE TABLE sessions (session_id TEXT, must TEXT NOT NULL)");
      database.close();
    }
    const { steps, notes } = await planFor(CONVERSATION, world);
    expect(steps).toHaveLength(2);
    expect(notes).toHaveLength(1);
    expect(warnings.map(({ code }) => code)).toEqual(kind === "corrupt" ? ["database-unreadable"] : []);
  });
});

describe("how to go on", () => {
  test("a session by its id, from its folder", async () => {
    const { world } = await testWorld();
    const steps = await writer.resume({ id: "x", workspace: "/w", path: "/s/x/x.messages.json" }, world);
    expect(steps).toEqual([{ argv: ["cline", "--id", "x"], cwd: "/w" }]);
  });

  test("a store that was moved is named", async () => {
    const { world, home } = await testWorld({ env: { CLINE_HOME: "moved" } });
    const plan = await planFor(CONVERSATION, world);
    expect(plan.path.startsWith(join(home, "moved/data/sessions"))).toBe(true);
    expect(plan.resume[0]?.env).toEqual({ CLINE_DATA_DIR: join(home, "moved/data") });
    await writeFiles(plan);
    expect((await collect(reader.discover(world))).map(({ id }) => id)).toEqual([NEW_ID]);
  });

  test("a task of the extension: where to find it", async () => {
    const { world } = await testWorld();
    const path = "/x/tasks/1/api_conversation_history.json";
    const [step] = await writer.resume({ id: "1", path }, world);
    expect(step?.note).toContain("casr resume 1 --to cline --fork");
  });
});
