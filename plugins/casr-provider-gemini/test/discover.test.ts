import { createHash } from "node:crypto";
import { symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SessionRef, World } from "casr-cli/provider";
import { reader } from "../src/read.ts";
import { CONTEXT, jsonl, METADATA, outline, put, readRef, testWorld } from "./helpers.ts";

const said = { id: "u", timestamp: "2026-11-21T05:01:00.000Z", type: "user", content: [{ text: "hello" }] };
const stub = { $set: { messages: [CONTEXT], lastUpdated: "2026-11-21T05:50:00.000Z" } };
const session = (id: string, ...records: object[]): string =>
  jsonl({ ...METADATA, sessionId: id }, ...records);
const A = "aaaaaaaa-0000-4000-8000-000000000001";
const B = "bbbbbbbb-0000-4000-8000-000000000002";

async function all(refs: AsyncIterable<SessionRef>): Promise<string[]> {
  const found: string[] = [];
  for await (const ref of refs)
    found.push(`${ref.id.slice(0, 8)} ${ref.path.split("/").slice(-3).join("/")}`);
  return found;
}

async function only(refs: AsyncIterable<SessionRef>): Promise<SessionRef> {
  for await (const ref of refs) return ref;
  throw new Error("nothing found");
}

const summary = async (world: World): ReturnType<typeof reader.summarize> =>
  reader.summarize(await only(reader.discover(world)), world);

describe("discover", () => {
  test("lists main sessions newest first, without stubs, subagents and other files", async () => {
    const { home, world, warnings } = await testWorld();
    const older = await put(
      home,
      ".gemini/tmp/app/chats/session-2026-11-21T05-00-aaaaaaaa.jsonl",
      session(A, said),
    );
    await utimes(older, 1000, 1000);
    await put(home, ".gemini/tmp/app/chats/session-2026-11-21T05-50-aaaaaaaa.jsonl", session(A, stub));
    await put(home, ".gemini/tmp/app/chats/session-2026-11-21T05-10-csabcdef.jsonl", session(B, said));
    await put(home, `.gemini/tmp/app/chats/${A}/agent.jsonl`, session("agent", said));
    await put(
      home,
      ".gemini/tmp/app/chats/session-x.jsonl",
      session("c", { ...METADATA, kind: "subagent" }, said),
    );
    await put(home, ".gemini/tmp/app/chats/session-empty.jsonl", "");
    await put(home, ".gemini/tmp/app/chats/session-odd.json", "[1, 2]");
    await put(home, ".gemini/tmp/app/logs.json", "[]");
    await put(home, ".gemini/tmp/app/checkpoint-x.json", '{"history":[]}');
    expect(await all(reader.discover(world))).toEqual([
      "bbbbbbbb app/chats/session-2026-11-21T05-10-csabcdef.jsonl",
      "aaaaaaaa app/chats/session-2026-11-21T05-00-aaaaaaaa.jsonl",
    ]);
    expect(warnings).toEqual([]);
    expect((await reader.detect(world)).found).toBe(true);
  });

  test("of two files with one id the last updated counts, then the slug folder, then the newer form", async () => {
    const { home, world } = await testWorld();
    const hash = "a".repeat(64);
    const name = "chats/session-2026-11-21T05-00-aaaaaaaa";
    await put(
      home,
      `.gemini/tmp/${hash}/${name}.json`,
      JSON.stringify({ ...METADATA, sessionId: A, messages: [said] }, null, 2),
    );
    await put(
      home,
      `.gemini/tmp/app/${name}.json`,
      JSON.stringify({ ...METADATA, sessionId: A, messages: [said] }, null, 2),
    );
    expect(await all(reader.discover(world))).toEqual([`aaaaaaaa app/${name}.json`]);
    await put(home, `.gemini/tmp/app/${name}.jsonl`, session(A, said));
    expect(await all(reader.discover(world))).toEqual([`aaaaaaaa app/${name}.jsonl`]);
    await put(
      home,
      `.gemini/tmp/${hash}/${name}.jsonl`,
      session(A, said, { $set: { lastUpdated: "2026-11-21T05:59:00.000Z" } }),
    );
    expect(await all(reader.discover(world))).toEqual([`aaaaaaaa ${hash}/${name}.jsonl`]);
  });

  test("no store, and a store that is a dangling link, hold nothing", async () => {
    const { home, world } = await testWorld();
    expect((await reader.detect(world)).found).toBe(false);
    expect(await all(reader.discover(world))).toEqual([]);
    await symlink(join(home, "nowhere"), join(home, ".gemini"));
    expect(await all(reader.discover(world))).toEqual([]);
  });
});

describe("locate", () => {
  test("by id and prefix, whatever case; a file name that is no id does not hide its session", async () => {
    const { home, world } = await testWorld();
    await put(home, ".gemini/tmp/app/chats/session-2026-11-21T05-00-aaaaaaaa.jsonl", session(A, said));
    await put(home, ".gemini/tmp/app/chats/session-2026-11-21T05-10-csabcdef.jsonl", session(B, said));
    for (const word of [A, A.toUpperCase(), "aaaa", "aaaaaaaa-0"])
      expect(await all(reader.locate(word, world))).toHaveLength(1);
    expect(await all(reader.locate("bbb", world))).toHaveLength(1);
    for (const word of ["cs", "csabcdef", "aaaaaaaa-1", "", "session"])
      expect(await all(reader.locate(word, world))).toEqual([]);
  });
});

describe("the store's place", () => {
  test.each([
    ["GEMINI_CLI_HOME", "x", "x/.gemini/tmp"],
    ["GEMINI_HOME", "y", "y/.gemini/tmp"],
    ["GEMINI_HOME", "z/.gemini", "z/.gemini/tmp"],
  ])("%s=%s", async (variable, folder, root) => {
    const { home, world } = await testWorld();
    const moved = await testWorld({ home, env: { [variable]: join(home, folder) } });
    expect((await reader.detect(moved.world)).roots).toEqual([join(home, root)]);
    expect((await reader.detect(world)).roots).toEqual([join(home, ".gemini/tmp")]);
  });

  test("GEMINI_HOME may be the folder that holds tmp", async () => {
    const { home } = await testWorld();
    await put(home, "store/tmp/app/chats/session-a.jsonl", session(A, said));
    const { world } = await testWorld({ home, env: { GEMINI_HOME: join(home, "store") } });
    expect(await all(reader.discover(world))).toHaveLength(1);
  });
});

describe("summaries", () => {
  test("come from head and tail", async () => {
    const { home, world } = await testWorld();
    const answer = { id: "g", type: "gemini", content: "hi", model: "gemini-3.8-flash", tokens: null };
    const filler = Array.from({ length: 300 }, (_, n) => ({
      id: `f${n}`,
      type: "user",
      content: "x".repeat(1000),
    }));
    const records = [
      CONTEXT,
      said,
      ...filler,
      answer,
      { $set: { lastUpdated: "2026-11-21T05:40:00.000Z" } },
      { $set: { summary: "Greetings — всё" } },
    ];
    await put(home, ".gemini/tmp/app/chats/session-a.jsonl", session(A, ...records));
    await put(home, ".gemini/tmp/app/.project_root", "/home/dev/projects/app\n");
    expect(await summary(world)).toMatchObject({
      title: "Greetings — всё",
      nativeName: "Greetings — всё",
      workspace: "/home/dev/projects/app",
      startedAt: Date.parse(METADATA.startTime),
      lastActiveAt: Date.parse("2026-11-21T05:40:00.000Z"),
      model: "gemini-3.8-flash",
    });
  });

  test("without a title the first prompt serves, also of a prompt that begins like a command", async () => {
    const { home, world } = await testWorld();
    await put(
      home,
      ".gemini/tmp/app/chats/session-a.jsonl",
      session(A, CONTEXT, { ...said, content: "/etc/hosts is odd\nmore" }),
    );
    expect((await summary(world)).title).toBe("/etc/hosts is odd");
  });
});

describe("the workspace of an old hash folder", () => {
  const workspace = "/home/dev/projects/old";
  const hash = createHash("sha256").update(workspace).digest("hex");
  const legacy = JSON.stringify({ ...METADATA, projectHash: hash, messages: [said] }, null, 2);

  test("is found in projects.json", async () => {
    const { home, world } = await testWorld();
    await put(home, `.gemini/tmp/${hash}/chats/session-a.json`, legacy);
    expect((await summary(world)).workspace).toBeUndefined();
    await put(
      home,
      ".gemini/projects.json",
      JSON.stringify({ projects: { "/other": "other", [workspace]: "old" } }),
    );
    const again = await testWorld({ home });
    expect((await summary(again.world)).workspace).toBe(workspace);
  });

  test("is the folder casr runs in when the hash says so", async () => {
    const { home, world } = await testWorld({ cwd: workspace });
    await put(home, `.gemini/tmp/${hash}/chats/session-a.json`, legacy);
    expect((await summary(world)).workspace).toBe(workspace);
  });

  test("is else what the CLI's own context says", async () => {
    const { home, world } = await testWorld();
    await put(home, `.gemini/tmp/${hash}/chats/session-a.jsonl`, session(A, CONTEXT, said));
    expect((await summary(world)).workspace).toBe("/home/dev/projects/app");
  });
});

test("subagents are children of their session, and name it as their parent", async () => {
  const { home, world } = await testWorld();
  await put(home, ".gemini/tmp/app/chats/session-a.jsonl", session(A, said));
  const child = await put(
    home,
    `.gemini/tmp/app/chats/${A}/agent-1.jsonl`,
    session("agent-1", { ...METADATA, sessionId: "agent-1", kind: "subagent" }, said),
  );
  const parent = await readRef(await only(reader.discover(world)), world);
  expect(parent.header.children).toEqual([{ id: "agent-1", provider: "gemini", relation: "subagent" }]);
  const ref = (await reader.identify(child, world))!;
  expect((await reader.summarize(ref, world)).hidden).toBe("subagent");
  const { header, messages } = await readRef(ref, world);
  expect(header.parent).toEqual({ id: A, provider: "gemini", relation: "subagent" });
  expect(outline(messages)).toEqual(["user: hello"]);
});

test("files of other kinds are not identified", async () => {
  const { home, world } = await testWorld();
  const other: Record<string, string> = {
    "logs.json": '[{"sessionId":"a","messageId":0,"type":"user","message":"x"}]',
    "checkpoint.json": '{"history":[{"role":"user","parts":[]}],"authType":"x"}',
    "claude.jsonl": '{"type":"user","sessionId":"a","uuid":"b","message":{}}\n',
    "notes.txt": "hello",
  };
  for (const [name, content] of Object.entries(other))
    expect(await reader.identify(await put(home, name, content), world)).toBeUndefined();
  expect(await reader.identify(join(home, "missing.jsonl"), world)).toBeUndefined();
});
