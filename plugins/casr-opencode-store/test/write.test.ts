import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  Block,
  Message,
  ProjectedSession,
  SessionHeader,
  WriteOptions,
  WritePlan,
} from "casr-cli/provider";
import { applyPlan } from "../../../src/core/apply/index.ts";
import { Ids, sessionIdFor } from "../src/ids.ts";
import { parseJsonc } from "../src/jsonc.ts";
import { originUrl, remoteId } from "../src/project.ts";
import {
  emptyHome,
  NOW,
  outline,
  PNG,
  SETTINGS,
  worldOn,
  writeFiles,
  writeLegacySession,
} from "./helpers.ts";

const UUID = "0199aaaa-0000-8000-8000-000000000001";
const ID = sessionIdFor(UUID);

const message = (role: string, ...content: Block[]): Message => ({
  index: 0,
  role,
  content,
  inContext: true,
});
const text = (value: string): Block => ({ type: "text", text: value });
const png: Block = { type: "image", mediaType: "image/png", data: { base64: PNG } };
const shell = (id: string, command: string): Block => ({
  type: "tool_call",
  id,
  name: "bash",
  input: { command },
  tool: { kind: "shell", command },
});
const foreign = (id: string): Block => ({
  type: "tool_call",
  id,
  name: "look_around",
  input: { x: [1, null] },
  foreign: { provider: "codex", name: "look.around" },
});
const result = (callId: string, value: string, more: object = {}): Block => ({
  type: "tool_result",
  callId,
  content: value === "" ? [] : [{ type: "text", text: value }],
  isError: false,
  ...more,
});

const CONVERSATION: Message[] = [
  { ...message("user", { type: "compaction", summary: "Before: nothing." }), origin: "compaction" },
  { ...message("user", text("Look at this"), png), timestamp: Date.parse("2025-01-02T03:04:05.678Z") },
  message(
    "assistant",
    { type: "reasoning", text: "Hm.", signature: "c2ln", issuer: "anthropic" },
    { type: "reasoning", text: "", encrypted: "cmVk", redacted: true, issuer: "anthropic" },
    text("I look."),
    shell("call_1", "ls"),
    foreign("call_2"),
    shell("call_3", "false"),
  ),
  message(
    "tool",
    result("call_1", ""),
    result("call_2", "seen", { content: [{ type: "text", text: "seen" }, png] }),
    result("call_3", "bad", { isError: true, exitCode: 1 }),
  ),
  { ...message("user", text("[stopped]")), origin: "injected" },
  { ...message("assistant", text("Done.")), model: "gpt-5.5", timestamp: NOW + 999_999_999 },
  message("assistant", text("Really.")),
];

function sessionOf(messages: Message[], header: Partial<SessionHeader> = {}): ProjectedSession {
  return {
    header: {
      id: "source",
      provider: "claude-code",
      metadata: {},
      sourcePath: "/x",
      model: "claude-opus-4-8",
      ...header,
    },
    messages: async function* () {
      yield* messages;
    },
    counts: { messages: messages.length, toolCalls: 0, images: 0 },
    firstPrompt: "Look at this",
  };
}

const optionsFor = (workspace: string): WriteOptions => ({
  sessionId: UUID,
  workspace,
  lineage: {
    sourceProvider: "claude-code",
    sourceId: "source",
    digest: "d".repeat(64),
    casrVersion: "0.1.0",
    convertedAt: NOW,
  },
});

describe.each(SETTINGS)("$name", ({ fork, reader, writer, place, storeIn, recorded }) => {
  async function write(
    home: string,
    messages: Message[] = CONVERSATION,
    header: Partial<SessionHeader> = {},
    workspace = "/home/dev/app",
    env: Record<string, string> = {},
  ): Promise<WritePlan> {
    const plan = await writer.plan(
      sessionOf(messages, header),
      optionsFor(workspace),
      worldOn(home, env).world,
    );
    await applyPlan(plan, {
      stateFolder: join(home, ".state"),
      force: false,
      now: () => NOW,
      signal: new AbortController().signal,
      version: "0.1.0",
      verify: async () => {},
    });
    return plan;
  }

  function rows(path: string, sql: string): Record<string, unknown>[] {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }));
    } finally {
      database.close();
    }
  }

  async function readBack(home: string, plan: WritePlan, env: Record<string, string> = {}) {
    const { world, warnings } = worldOn(home, env);
    const ref = await reader.identify(plan.path, world);
    expect(ref?.id).toBe(plan.sessionId);
    const reading = await reader.read(ref!, world);
    const messages = await Array.fromAsync(reading.messages({ history: "context" }));
    expect(warnings).toEqual([]);
    return { messages, header: reading.header, summary: await reader.summarize(ref!, world) };
  }

  describe("a written session", () => {
    test("reads back block for block, in a store that was not there and in one that was", async () => {
      const fresh = emptyHome();
      const used = recorded("rich-git");
      for (const home of [fresh, used]) {
        const { messages, header, summary } = await readBack(
          home,
          await write(home, CONVERSATION, { title: "A title" }),
        );
        expect(outline(messages)).toEqual(outline(CONVERSATION));
        expect(messages.map(({ origin }) => origin).filter((origin) => origin !== undefined)).toEqual([
          "compaction",
          "person",
          "injected",
        ]);
        const lineage = optionsFor("").lineage;
        expect(header).toMatchObject({ lineage, nativeName: "A title", workspace: "/home/dev/app" });
        expect(summary).toMatchObject({ lineage, title: "A title" });
        const foreignCall = messages.flatMap(({ content }) => content).find((block) => "foreign" in block);
        expect(foreignCall).toMatchObject({ foreign: { provider: "codex", name: "look.around" } });
      }
      expect(rows(join(used, place, fork.mainDatabase), "SELECT count(*) AS n FROM session")).toEqual([
        { n: 2 },
      ]);
    });

    test("a new store is made in the layout that every version takes over", async () => {
      const home = emptyHome();
      const plan = await write(home);
      expect(plan.roots).toEqual([join(home, place)]);
      const path = join(home, place, fork.mainDatabase);
      expect(plan.path).toBe(`${path}/${ID}`);
      expect(rows(path, "SELECT created_at, name FROM __drizzle_migrations")).toEqual([
        { created_at: 1_769_552_633_000, name: "20260127222353_familiar_lady_ursula" },
      ]);
      expect(rows(path, "SELECT id, worktree, sandboxes FROM project")).toEqual([
        { id: "global", worktree: "/", sandboxes: "[]" },
      ]);
      expect(rows(path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
      expect(rows(path, "PRAGMA foreign_key_check")).toEqual([]);
    });

    test("ids ascend from before now, times from their own, and neither reaches the next prompt", async () => {
      const home = emptyHome();
      await write(home, CONVERSATION, { startedAt: Date.parse("2025-01-01T00:00:00Z") });
      const path = join(home, place, fork.mainDatabase);
      const messages = rows(path, "SELECT id, time_created FROM message ORDER BY time_created, id");
      const ids = messages.map(({ id }) => String(id));
      expect([...ids].sort()).toEqual(ids);
      const latest = ((BigInt(NOW) * 4096n) & 0xffffffffffffn).toString(16).padStart(12, "0");
      for (const id of ids) expect(id.slice(4, 16) < latest).toBe(true);
      const times = messages.map(({ time_created: time }) => Number(time));
      expect(new Set(times).size).toBe(times.length);
      expect(times[1]).toBe(Date.parse("2025-01-02T03:04:05.678Z"));
      expect(Math.max(...times)).toBeLessThan(NOW);
      const parts = rows(path, "SELECT id, message_id FROM part ORDER BY id");
      const owners = parts.map(({ message_id: id }) => String(id));
      expect(owners.toSorted()).toEqual(owners);
    });

    test("every record has what the agent's schema wants", async () => {
      const home = emptyHome();
      await write(home);
      const path = join(home, place, fork.mainDatabase);
      const data = (table: string): Record<string, any>[] =>
        rows(path, `SELECT data FROM ${table} ORDER BY id`).map((row) => JSON.parse(String(row["data"])));
      for (const one of data("message")) {
        expect(one["agent"]).toBe(fork.mode);
        if (one["role"] === "user")
          expect(one["model"]).toEqual({ providerID: "anthropic", modelID: "claude-opus-4-8" });
        else
          expect(one).toMatchObject({
            parentID: expect.stringMatching(/^msg_/),
            cost: 0,
            tokens: { input: 0 },
            path: { cwd: "/home/dev/app" },
          });
      }
      expect(data("message").map(({ providerID }) => providerID)).toEqual([
        undefined,
        undefined,
        "anthropic",
        undefined,
        "openai",
        "anthropic",
      ]);
      for (const part of data("part")) {
        if (part["type"] === "tool")
          expect(part["state"]).toMatchObject({ input: {}, time: { start: expect.any(Number) } });
        if (part["type"] === "reasoning")
          expect(part).toMatchObject({ time: {}, metadata: { anthropic: {} } });
        // A value that is no object there makes the agent fail.
        for (const value of Object.values(part["metadata"] ?? {})) expect(value).toBeTypeOf("object");
      }
    });

    test("the same input gives the same rows", async () => {
      const dumps = [];
      for (const home of [emptyHome(), emptyHome()]) {
        await write(home);
        dumps.push(
          ["session", "message", "part"].map((table) =>
            rows(join(home, place, fork.mainDatabase), `SELECT * FROM ${table} ORDER BY id`),
          ),
        );
      }
      expect(dumps[0]).toEqual(dumps[1]);
    });

    test("a session that is there already is not touched, and nothing is left of the attempt", async () => {
      const home = emptyHome();
      await write(home);
      const path = join(home, place, fork.mainDatabase);
      const before = rows(path, "SELECT * FROM part ORDER BY id");
      await expect(write(home, [message("user", text("other"))])).rejects.toMatchObject({
        code: "target-exists",
      });
      expect(rows(path, "SELECT * FROM part ORDER BY id")).toEqual(before);
    });

    test("failing verification takes everything back, the store included", async () => {
      const home = emptyHome();
      const { world } = worldOn(home);
      const plan = await writer.plan(sessionOf(CONVERSATION), optionsFor("/home/dev/app"), world);
      const options = {
        stateFolder: join(home, ".state"),
        force: false,
        now: () => NOW,
        signal: new AbortController().signal,
        version: "0.1.0",
        verify: () => Promise.reject(new Error("no")),
      };
      await expect(applyPlan(plan, options)).rejects.toThrow("no");
      expect((await reader.detect(world)).found).toBe(false);
      const { path } = storeIn(home);
      const again = await writer.plan(sessionOf(CONVERSATION), optionsFor("/home/dev/app"), world);
      await expect(applyPlan(again, options)).rejects.toThrow("no");
      for (const table of ["session", "message", "part"])
        expect(rows(path, `SELECT * FROM ${table}`)).toEqual([]);
      expect(rows(path, "SELECT id FROM project")).toEqual([{ id: "global" }]);
    });
  });

  describe("where it goes", () => {
    test("the store the environment names, and a resume that finds it", async () => {
      const home = emptyHome();
      const moved = await write(home, CONVERSATION, {}, "/home/dev/app", { [fork.variables.home]: "moved" });
      expect(moved.path).toBe(join(home, "moved", fork.mainDatabase, ID));
      expect(moved.resume).toEqual([
        {
          argv: [fork.binary, "-s", ID],
          cwd: "/home/dev/app",
          env: { [fork.variables.database]: join(home, "moved", fork.mainDatabase) },
        },
      ]);
      const named = await write(home, CONVERSATION, {}, "/home/dev/app", {
        [fork.variables.database]: "/tmp/../" + join(home, "named.db"),
      });
      expect(named.path).toContain("named.db");
      const xdg = await write(home, CONVERSATION, {}, "/home/dev/app", { XDG_DATA_HOME: join(home, "data") });
      expect(xdg.path).toBe(join(home, "data", fork.folder, fork.mainDatabase, ID));
      expect(xdg.resume[0]).toEqual({ argv: [fork.binary, "-s", ID], cwd: "/home/dev/app" });
    });

    test("a session that is there is resumed where it is; for one of the older store there is a note", async () => {
      const { world } = worldOn("/h");
      const there = { id: "ses_a", workspace: "/w", path: `/h/${place}/${fork.mainDatabase}/ses_a` };
      expect(await writer.resume(there, world)).toEqual([{ argv: [fork.binary, "-s", "ses_a"], cwd: "/w" }]);
      const older = { ...there, path: `/h/${place}/storage/session/global/ses_a.json` };
      expect((await writer.resume(older, world))[0]?.note).toContain("--fork");
    });

    test("an older store without a database is refused, so that nothing of it is hidden", async () => {
      const home = emptyHome();
      writeLegacySession(home, place);
      await expect(write(home)).rejects.toMatchObject({
        code: "write-failed",
        suggestions: [expect.stringContaining(`Start a current ${fork.name}`)],
      });
    });

    test("a database of something else, and one of a layout nobody knows yet, are refused", async () => {
      const home = emptyHome();
      const store = storeIn(home);
      store.run((database) =>
        database.exec("CREATE TABLE x (id); ALTER TABLE session ADD COLUMN soul text NOT NULL DEFAULT ''"),
      );
      await write(home);
      const other = emptyHome();
      mkdirSync(join(other, place), { recursive: true });
      const database = new DatabaseSync(join(other, place, fork.mainDatabase));
      database.exec("CREATE TABLE sessions (id)");
      database.close();
      await expect(write(other)).rejects.toMatchObject({ code: "source-unreadable" });
      const newer = emptyHome();
      storeIn(newer).run((made) =>
        made.exec(
          "DROP TABLE session; CREATE TABLE session (id text PRIMARY KEY, project_id text, slug text, directory text, title text, version text, parent_id text, time_created integer, time_updated integer, soul text NOT NULL)",
        ),
      );
      await expect(write(newer)).rejects.toThrow(/session wants soul/);
    });

    test.each([
      ["ALTER TABLE part RENAME COLUMN data TO body", "part has no data"],
      ["ALTER TABLE message RENAME COLUMN time_updated TO touched", "message has no time_updated"],
      ["ALTER TABLE session RENAME COLUMN directory TO folder", "session has no directory"],
      ["DROP TABLE todo; ALTER TABLE project RENAME COLUMN worktree TO root", "project has no worktree"],
      [
        "DROP TABLE part; CREATE TABLE part (id, message_id, session_id, time_created, time_updated, data, kind text NOT NULL)",
        "part wants kind",
      ],
    ])("a table that changed is refused by name, and nothing is written: %s", async (sql, reason) => {
      const home = emptyHome();
      storeIn(home).run((made) => made.exec(sql));
      await expect(write(home)).rejects.toMatchObject({
        code: "write-failed",
        message: expect.stringContaining(`a layout this version of casr does not know: ${reason}`),
        suggestions: ["Update casr, then run the command again."],
      });
    });

    test("git projects: the noted id, the store's, the remote's, and else the one the agent repairs", async () => {
      const home = emptyHome();
      const workspace = join(home, "repo");
      mkdirSync(join(workspace, "packages/a"), { recursive: true });
      execFileSync("git", ["init", "-q", workspace]);
      const projectAfter = async (folder: string, uuid = UUID) => {
        const { world } = worldOn(home);
        const plan = await writer.plan(
          sessionOf(CONVERSATION),
          { ...optionsFor(folder), sessionId: uuid },
          world,
        );
        const [step] = plan.steps;
        if (step?.kind !== "sqlite" || Array.isArray(step.statements)) throw new Error("no statements");
        for await (const { sql, params } of step.statements())
          if (sql.includes("INTO session")) return params;
        return [];
      };
      storeIn(home).run((database) => database.exec("ALTER TABLE session ADD COLUMN path text"));
      expect(await projectAfter(workspace)).toContain("global");
      execFileSync("git", ["-C", workspace, "remote", "add", "origin", "git@GitHub.com:Some/Repo.git"]);
      expect(await projectAfter(workspace)).toContain(remoteId("https://github.com/Some/Repo"));
      const store = new DatabaseSync(join(home, place, fork.mainDatabase));
      store
        .prepare(
          "INSERT INTO project (id, worktree, time_created, time_updated, sandboxes) VALUES ('known', ?, 1, 1, '[]')",
        )
        .run(workspace);
      store.close();
      expect(await projectAfter(workspace)).toContain("known");
      writeFileSync(join(workspace, ".git/opencode"), "noted\n");
      expect(await projectAfter(join(workspace, "packages/a"))).toEqual(
        expect.arrayContaining(["noted", "packages/a"]),
      );
      // A second worktree shares what is noted.
      execFileSync("git", [
        "-C",
        workspace,
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x.x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
      ]);
      execFileSync("git", ["-C", workspace, "worktree", "add", "-q", join(home, "second")]);
      expect(await projectAfter(join(home, "second"))).toContain("noted");
    });

    test("the model: the one used last, the configured one, the one chosen last, the session's own", async () => {
      const modelOf = async (home: string, env: Record<string, string> = {}) => {
        const plan = await writer.plan(
          sessionOf(CONVERSATION),
          optionsFor(join(home, "ws")),
          worldOn(home, env).world,
        );
        const [step] = plan.steps;
        if (step?.kind !== "sqlite" || Array.isArray(step.statements)) throw new Error("no statements");
        for await (const { params } of step.statements()) {
          const data = JSON.parse(String(params.at(-1)).startsWith("{") ? String(params.at(-1)) : "{}") as {
            role?: string;
            model?: unknown;
          };
          if (data.role === "user") return data.model;
        }
        return undefined;
      };
      const home = emptyHome();
      expect(await modelOf(home)).toEqual({ providerID: "anthropic", modelID: "claude-opus-4-8" });
      writeFiles(home, {
        [`.local/state/${fork.folder}/model.json`]: { recent: [{ providerID: "p", modelID: "recent" }] },
      });
      expect(await modelOf(home)).toEqual({ providerID: "p", modelID: "recent" });
      writeFiles(home, {
        [`.config/${fork.folder}/${fork.configNames[0]}`]: '{ // mine\n "model": "p/configured/x", /* y */ }',
      });
      expect(await modelOf(home)).toEqual({ providerID: "p", modelID: "configured/x" });
      expect(await modelOf(home, { [fork.variables.configContent]: '{"model":"p/given"}' })).toEqual({
        providerID: "p",
        modelID: "given",
      });
      const store = storeIn(home).session("ses_one");
      store.user("ses_one", "x");
      expect(await modelOf(home)).toEqual({ providerID: "anthropic", modelID: "claude-sonnet-4-5" });
    });
  });
});

describe("small things", () => {
  test("ids are the agent's in form, ascend, and differ between sessions", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (a, b) => {
        expect(sessionIdFor(a)).toMatch(/^ses_[0-9a-f]{12}[0-9A-Za-z]{10}casr$/);
        expect(sessionIdFor(a) === sessionIdFor(b)).toBe(a === b);
      }),
    );
    const ids = new Ids("ses_x", NOW);
    const made = Array.from({ length: 10_000 }, () => ids.next("prt"));
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  test("comments and trailing commas of settings", () => {
    expect(parseJsonc('{"a": "// no, /* no */", // yes\n "b": [1, 2, /* x */ ], }')).toEqual({
      a: "// no, /* no */",
      b: [1, 2],
    });
    expect(parseJsonc("nothing")).toBeUndefined();
  });

  test("remotes are the same project however they are written", () => {
    const id = remoteId("https://github.com/a/b.git");
    for (const url of [
      "git@github.com:a/b.git",
      "ssh://git@GITHUB.com:22/a/b",
      "https://user:pw@github.com/a/b/",
    ])
      expect(remoteId(url)).toBe(id);
    expect(remoteId("file:///a/b")).toBeUndefined();
    expect(remoteId("/a/b")).toBeUndefined();
    expect(originUrl('[core]\n url = no\n[remote "up"]\n url = no\n[remote "origin"]\n\turl = yes\n')).toBe(
      "yes",
    );
  });
});
