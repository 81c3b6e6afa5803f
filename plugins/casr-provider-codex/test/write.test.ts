import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type {
  JsonObject,
  Message,
  ProjectedSession,
  SessionHeader,
  WritePlan,
  World,
} from "casr-cli/provider";
import { applyPlan } from "../../../src/core/apply/index.ts";
import { reader } from "../src/read.ts";
import { writer } from "../src/write.ts";
import { emptyHome, outline, PNG, worldOn } from "./helpers.ts";

const NEW = "11111111-2222-8333-8444-555555555555";
const T = Date.parse("2026-10-01T10:00:00Z");
const LINEAGE = {
  sourceProvider: "claude-code",
  sourceId: "c1",
  digest: "d",
  casrVersion: "0.1.0",
  convertedAt: T,
};

type Draft = Pick<Message, "role" | "content"> & Partial<Message>;

function session(drafts: Draft[], header: Partial<SessionHeader> = {}): ProjectedSession {
  const messages = drafts.map((draft, index): Message => ({
    index,
    inContext: true,
    timestamp: T + index * 1000,
    ...draft,
  }));
  const firstPrompt = drafts
    .find((draft) => draft.role === "user" && (draft.origin ?? "person") === "person")
    ?.content.find((block) => block.type === "text")?.text;
  return {
    header: { id: "c1", provider: "claude-code", metadata: {}, sourcePath: "/x", ...header },
    async *messages() {
      yield* structuredClone(messages);
    },
    counts: { messages: drafts.length, toolCalls: 0, images: 0 },
    ...(firstPrompt === undefined ? {} : { firstPrompt }),
  };
}

const plan = (drafts: Draft[], world: World, header?: Partial<SessionHeader>): Promise<WritePlan> =>
  writer.plan(
    session(drafts, header),
    { sessionId: NEW, workspace: "/home/dev/app", lineage: LINEAGE },
    world,
  );

async function write(planned: WritePlan, home: string, world: World): Promise<void> {
  await applyPlan(planned, {
    force: false,
    stateFolder: join(home, ".casr"),
    signal: world.signal,
    now: world.now,
    version: "0",
    verify: async () => {},
  });
}

async function roundTrip(
  drafts: Draft[],
  header?: Partial<SessionHeader>,
): Promise<{ lines: JsonObject[]; read: Message[]; home: string }> {
  const home = emptyHome();
  const { world, warnings } = worldOn(home);
  const planned = await plan(drafts, world, header);
  await write(planned, home, world);
  const ref = await reader.identify(planned.path, world);
  expect(ref?.id).toBe(NEW);
  const reading = await reader.read(ref!, world);
  const read = await Array.fromAsync(reading.messages({ history: "context" }));
  expect(warnings).toEqual([]);
  const lines = readFileSync(planned.path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return { lines, read, home };
}

const image = { type: "image", mediaType: "image/png", data: { base64: PNG } } as const;
const text = (value: string) => ({ type: "text", text: value }) as const;

const CONVERSATION: Draft[] = [
  { role: "system", content: [text("Be brief.")] },
  { role: "user", origin: "compaction", content: [{ type: "compaction", summary: "What came before." }] },
  { role: "user", origin: "person", content: [text("Why? 🙏"), image, text("</image>")] },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "Let me see.", displayOnly: true },
      { type: "reasoning", text: "own", encrypted: "gAAAA", issuer: "openai", native: { summary: ["own"] } },
      text("Looking."),
      {
        type: "tool_call",
        id: "a",
        name: "exec_command",
        input: { cmd: "ls" },
        tool: { kind: "shell", command: "ls" },
      },
      {
        type: "tool_call",
        id: "b",
        name: "Read",
        input: { file_path: "/x" },
        foreign: { provider: "claude-code", name: "Read" },
      },
      {
        type: "tool_call",
        id: "c",
        name: "apply_patch",
        input: "*** Begin Patch\n*** Add File: n\n+x\n*** End Patch",
        tool: { kind: "write", path: "n", content: "x\n" },
      },
      {
        type: "tool_call",
        id: "d",
        name: "mcp__my_srv__shot",
        input: { a: 1 },
        tool: { kind: "mcp", server: "my_srv", tool: "shot", args: { a: 1 } },
      },
      { type: "tool_call", id: "e", name: "odd", input: [1, null] },
    ],
  },
  {
    role: "tool",
    content: [
      {
        type: "tool_result",
        callId: "b",
        content: [text("Process exited with code 7\nOutput:\n")],
        isError: true,
      },
      {
        type: "tool_result",
        callId: "a",
        content: [text("no such file")],
        isError: true,
        exitCode: 2,
        durationMs: 40,
      },
      {
        type: "tool_result",
        callId: "c",
        content: [text("Exit code: 9\nWall time: 1 seconds\nOutput:\nfoo")],
        isError: false,
      },
      { type: "tool_result", callId: "d", content: [text("a picture"), image], isError: false },
      { type: "tool_result", callId: "e", content: [], isError: false },
    ],
  },
  { role: "assistant", content: [text("Done ✅"), text("Really.")] },
  {
    role: "user",
    origin: "injected",
    content: [text("<environment_context>\nfrom another agent\n</environment_context>")],
  },
  { role: "user", origin: "command", content: [text("<bash-input>ls</bash-input>")] },
  { role: "user", origin: "person", content: [text("And then?")] },
];

describe("a written session", () => {
  it("reads back as it was, block for block", async () => {
    const { read } = await roundTrip(CONVERSATION);
    const wanted = CONVERSATION.map((draft, index): Message => ({ index, inContext: true, ...draft }));
    expect(outline(read)).toEqual(outline(wanted));
    const results = read
      .flatMap((message) => message.content)
      .filter((block) => block.type === "tool_result");
    expect(results.find((block) => block.callId === "a")).toMatchObject({
      exitCode: 2,
      durationMs: 40,
      isError: true,
    });
    expect(
      read.flatMap((message) => message.content).filter((block) => block.type === "reasoning"),
    ).toMatchObject([
      { text: "Let me see.", displayOnly: true },
      { text: "own", encrypted: "gAAAA", issuer: "openai" },
    ]);
  });

  it("holds what Codex needs and nothing that would change its behaviour", async () => {
    const { lines, home } = await roundTrip(CONVERSATION, {
      startedAt: T,
      endedAt: T + 9000,
      nativeName: "My title",
      git: { branch: "main", commit: "abc" },
    });
    expect(lines[0]).toMatchObject({
      type: "session_meta",
      payload: {
        id: NEW,
        session_id: NEW,
        cwd: "/home/dev/app",
        originator: "casr",
        source: "cli",
        model_provider: "openai",
        git: { branch: "main", commit_hash: "abc" },
        casr: { source: { provider: "claude-code", id: "c1" }, digest: "d" },
      },
    });
    expect(lines.map((line) => line["type"])).not.toContain("turn_context");
    const payloads = lines.map((line) => line["payload"] as JsonObject);
    expect(payloads.map((payload) => payload["type"])).not.toContain("token_count");
    expect(payloads.filter((payload) => "id" in payload)).toHaveLength(1);
    const call = payloads.find(
      (payload) => payload["call_id"] === "d" && payload["type"] === "function_call",
    );
    expect(call).toMatchObject({ name: "shot", namespace: "mcp__my_srv", arguments: '{"a":1}' });
    expect(
      payloads.find((payload) => payload["call_id"] === "c" && payload["type"] === "custom_tool_call"),
    ).toBeDefined();
    expect(
      payloads.find((payload) => payload["call_id"] === "c" && payload["type"] === "custom_tool_call_output"),
    ).toBeDefined();
    const times = lines.map((line) => line["timestamp"] as string);
    expect(times).toEqual(times.toSorted());
    const prompts = payloads
      .filter((payload) => payload["type"] === "user_message")
      .map((payload) => payload["message"]);
    expect(prompts).toEqual(["Why? 🙏\n</image>", "And then?"]);
    const index = readFileSync(join(home, ".codex", "session_index.jsonl"), "utf8");
    expect(JSON.parse(index)).toMatchObject({ id: NEW, thread_name: "My title" });
    const path = join(home, ".codex/sessions/2026/10/01", `rollout-2026-10-01T10-00-00-${NEW}.jsonl`);
    if (new Date(T).getTimezoneOffset() === 0) expect(statSync(path).mtimeMs).toBe(T + 9000);
  });

  it("is the same bytes each time", async () => {
    const [one, two] = [await roundTrip(CONVERSATION), await roundTrip(CONVERSATION)];
    expect(one.lines).toEqual(two.lines);
  });

  it("is listed even when nobody typed anything", async () => {
    const { lines } = await roundTrip([
      { role: "user", origin: "compaction", content: [{ type: "compaction", summary: "All before." }] },
      { role: "assistant", content: [text("ok")] },
    ]);
    expect(
      lines
        .map((line) => line["payload"] as JsonObject)
        .find((payload) => payload["type"] === "user_message"),
    ).toMatchObject({ message: "All before." });
  });

  it("takes the user's model provider", async () => {
    const home = emptyHome();
    mkdirSync(join(home, ".codex"));
    writeFileSync(
      join(home, ".codex", "config.toml"),
      'profile = "work"\n[profiles.work]\nmodel_provider = "azure"\n',
    );
    const { world } = worldOn(home);
    const planned = await plan(CONVERSATION, world);
    await write(planned, home, world);
    expect(JSON.parse(readFileSync(planned.path, "utf8").split("\n")[0]!).payload.model_provider).toBe(
      "azure",
    );
  });

  it("names itself only when Codex would not show the same words", async () => {
    const { home } = await roundTrip([{ role: "user", content: [text("Hello there")] }], {
      title: "Hello there",
    });
    expect(existsSync(join(home, ".codex", "session_index.jsonl"))).toBe(false);
  });
});

describe("Codex's list", () => {
  const schema = `CREATE TABLE threads (id TEXT PRIMARY KEY, rollout_path TEXT NOT NULL, created_at INTEGER NOT NULL, cwd TEXT NOT NULL, preview TEXT NOT NULL DEFAULT '', surprise TEXT)`;

  function database(home: string, status: string, table = schema): string {
    const path = join(home, ".codex", "state_5.sqlite");
    mkdirSync(dirname(path), { recursive: true });
    const open = new DatabaseSync(path);
    open.exec(
      `CREATE TABLE backfill_state (id INTEGER PRIMARY KEY, status TEXT NOT NULL); INSERT INTO backfill_state VALUES (1, '${status}'); ${table};`,
    );
    open.close();
    return path;
  }

  it("gets a row, after the files", async () => {
    const home = emptyHome();
    const path = database(home, "complete");
    const { world } = worldOn(home);
    const planned = await plan(CONVERSATION, world);
    expect(planned.steps.map((step) => step.kind)).toEqual(["create-file", "sqlite"]);
    await write(planned, home, world);
    const open = new DatabaseSync(path, { readOnly: true });
    expect(open.prepare("SELECT * FROM threads").all()).toMatchObject([
      {
        id: NEW,
        rollout_path: planned.path,
        created_at: T / 1000,
        cwd: "/home/dev/app",
        preview: "Why? 🙏",
        surprise: null,
      },
    ]);
    open.close();
    expect((await plan(CONVERSATION, world)).steps.map((step) => step.kind)).toEqual(["create-file"]);
  });

  it("is left to Codex while its first scan is not over", async () => {
    const home = emptyHome();
    database(home, "running");
    const planned = await plan(CONVERSATION, worldOn(home).world);
    expect(planned.steps.map((step) => step.kind)).toEqual(["create-file"]);
    expect(planned.notes).toEqual([]);
  });

  it("is not touched when it wants something unknown; a note says so", async () => {
    const home = emptyHome();
    database(home, "complete", schema.replace("surprise TEXT", "surprise TEXT NOT NULL"));
    const planned = await plan(CONVERSATION, worldOn(home).world);
    expect(planned.steps.map((step) => step.kind)).toEqual(["create-file"]);
    expect(planned.notes).toEqual([
      `Codex shows this session in its picker after \`codex resume ${NEW}\` was used once`,
    ]);
  });

  it("loses a row's stale path", async () => {
    const home = emptyHome();
    const path = database(home, "complete");
    const open = new DatabaseSync(path);
    open
      .prepare("INSERT INTO threads (id, rollout_path, created_at, cwd) VALUES (?, '/gone', 1, '/')")
      .run(NEW);
    open.close();
    const { world } = worldOn(home);
    const planned = await plan(CONVERSATION, world);
    await write(planned, home, world);
    const after = new DatabaseSync(path, { readOnly: true });
    expect(after.prepare("SELECT rollout_path FROM threads").all()).toEqual([{ rollout_path: planned.path }]);
    after.close();
  });
});

it("resumes by id in the workspace", async () => {
  const { world } = worldOn(emptyHome());
  const planned = await plan(CONVERSATION, world);
  expect(planned.resume).toEqual([{ argv: ["codex", "resume", NEW], cwd: "/home/dev/app" }]);
  expect(await writer.resume({ id: "x", path: "/p" }, world)).toEqual([{ argv: ["codex", "resume", "x"] }]);
});
