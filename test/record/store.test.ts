import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { agentBySlug, AGENTS } from "../agents/agents/index.ts";
import { listFiles } from "../agents/files.ts";
import { copyStore, keptFiles } from "../agents/record/keep.ts";
import { playedOf } from "../agents/record/played.ts";
import { RECIPES } from "../agents/record/recipes.ts";
import { scan, tracesOfThisMachine } from "../agents/record/scan.ts";
import type { RecordedRequest, ScriptedTurn } from "../../src/probe/index.ts";
import { casesOf, fixtureHome, temporaryFolder } from "../support/home.ts";

const SLUGS = AGENTS.map(({ slug }) => slug);

/**
 * Recorded by hand from an older program than the one that is driven here: `kimi-cli` is not `kimi` of Kimi Code, has a
 * folder of its own, and no recipe. Kimi Code itself lists none of these.
 */
const OF_OTHER_PROGRAMS: Partial<Record<string, RegExp>> = { kimi: /^cli-/ };

function write(root: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

describe("what is kept of a home", () => {
  it.each(SLUGS)("is the session store of %s", async (slug) => {
    const agent = agentBySlug(slug);
    for (const name of casesOf(slug)) {
      const home = fixtureHome(`${slug}/${name}`);
      const kept = keptFiles(await listFiles(home), RECIPES[slug]!);
      const sessions = await agent.sessions(home);
      if (OF_OTHER_PROGRAMS[slug]?.test(name) === true) {
        expect(kept, "nothing of the driven agent's").toEqual([]);
        expect(sessions).toEqual([]);
        continue;
      }
      expect(sessions.length).toBeGreaterThan(0);
      for (const { path } of sessions) expect(kept).toContain(path);
    }
  });

  it("is no setting, key, log, cache or id", () => {
    const paths = [
      ".claude.json",
      ".claude/.credentials.json",
      ".claude/settings.json",
      ".claude/statsig/statsig.session_id.1",
      ".claude/shell-snapshots/snapshot.sh",
      ".codex/auth.json",
      ".codex/installation_id",
      ".codex/logs_2.sqlite",
      ".codex/cache/models.json",
      ".gemini/settings.json",
      ".gemini/oauth_creds.json",
      ".gemini/installation_id",
      ".gemini/tmp/app/logs.json",
      ".cline/data/settings/providers.json",
      ".cline/data/logs/cline.log",
      ".cline/data/globalState.json",
      ".config/amp/settings.json",
      ".local/share/amp/secrets.json",
      ".local/share/amp/device-id.json",
      ".local/share/amp/history.jsonl",
      ".cache/amp/logs/cli.log",
      ".continue/config.yaml",
      ".continue/logs/cn.log",
      ".continue/index/globalContext.json",
      ".copilot/providers.json",
      ".copilot/config.json",
      ".copilot/session-store.db",
      ".copilot/logs/process.log",
      ".factory/auth.encrypted",
      ".factory/settings.json",
      ".factory/logs/droid-log-single.log",
      ".factory/sessions-index.json",
      ".config/kilo/kilo.json",
      ".local/share/kilo/auth.json",
      ".local/share/kilo/telemetry-id",
      ".local/share/kilo/log/dev.log",
      ".local/share/kilo/snapshot/a/HEAD",
      ".config/opencode/opencode.json",
      ".local/share/opencode/auth.json",
      ".local/share/opencode/log/dev.log",
      ".local/share/opencode/snapshot/a/HEAD",
      ".local/share/opencode/tool-output/tool_1",
      ".qwen/settings.json",
      ".qwen/oauth_creds.json",
      ".qwen/installation_id",
      ".qwen/tmp/app/logs.json",
      ".gitconfig",
      "projects/app/README.md",
    ];
    for (const slug of SLUGS) expect(keptFiles(paths, RECIPES[slug]!)).toEqual([]);
  });

  it("comes with databases as one file and with settings cut down", async () => {
    const [home, out] = [temporaryFolder("home"), temporaryFolder("out")];
    write(home, ".codex/config.toml", 'model = "m"\nopenai_base_url = "http://127.0.0.1:1/v1"\n');
    write(home, ".codex/auth.json", "{}");
    const database = new DatabaseSync(join(home, ".codex/state_5.sqlite"));
    database.exec("PRAGMA journal_mode = wal; CREATE TABLE t (a); INSERT INTO t VALUES (7)");
    await copyStore(home, out, RECIPES["codex"]!);
    database.close();
    expect(await listFiles(out)).toEqual([".codex/config.toml", ".codex/state_5.sqlite"]);
    expect(readFileSync(join(out, ".codex/config.toml"), "utf8")).toBe('model = "m"\n');
    const copy = new DatabaseSync(join(out, ".codex/state_5.sqlite"));
    expect(copy.prepare("SELECT a FROM t").get()).toEqual({ a: 7 });
    copy.close();
    await expect(copyStore(temporaryFolder("empty"), out, RECIPES["codex"]!)).rejects.toThrow("nothing");
  });
});

describe("a kept database", () => {
  it("comes without the rows that are no session, also in its free pages", async () => {
    const [home, out] = [temporaryFolder("home"), temporaryFolder("out")];
    const path = ".local/share/opencode/opencode.db";
    write(home, path, "");
    const database = new DatabaseSync(join(home, path));
    database.exec(
      "CREATE TABLE session (id); CREATE TABLE credential (value); INSERT INTO session VALUES ('ses_1'); INSERT INTO credential VALUES ('a-secret-word')",
    );
    database.close();
    await copyStore(home, out, RECIPES["opencode"]!);
    expect(readFileSync(join(out, path)).includes("a-secret-word")).toBe(false);
    expect(readFileSync(join(out, path)).includes("ses_1")).toBe(true);
    expect(await listFiles(out)).toEqual([path]);
  });
});

it("a system prompt in Cline's database is replaced", async () => {
  const [home, out] = [temporaryFolder("home"), temporaryFolder("out")];
  const path = ".cline/data/db/sessions.db";
  write(home, path, "");
  const database = new DatabaseSync(join(home, path));
  database.exec("CREATE TABLE sessions (session_id, metadata_json)");
  const insert = database.prepare("INSERT INTO sessions VALUES (?, ?)");
  insert.run("a", JSON.stringify({ title: "A", systemPrompt: "Words of the vendor." }));
  insert.run("b", '{"title":"B"}');
  insert.run("c", null);
  database.close();
  await copyStore(home, out, RECIPES["cline"]!);
  expect(readFileSync(join(out, path)).includes("Words of the vendor")).toBe(false);
  const copy = new DatabaseSync(join(out, path));
  const rows = copy.prepare("SELECT metadata_json FROM sessions ORDER BY session_id").all();
  copy.close();
  expect(rows.map((row) => row["metadata_json"])).toEqual([
    '{"title":"A","systemPrompt":"[system prompt of the agent left out]"}',
    '{"title":"B"}',
    null,
  ]);
});

describe("the scan", () => {
  it("finds traces in names and bytes, escaped, packed and wide", async () => {
    const root = temporaryFolder("scan");
    const text = 'C:\\some "folder"';
    write(root, "a.json", JSON.stringify({ path: text }));
    write(root, "b.jsonl.zst", zstdCompressSync(`x ${text} y`));
    write(root, "c.bin", Buffer.from(text, "utf16le"));
    write(root, "d-word.txt", "nothing");
    write(root, "e.txt", "nothing");
    expect(
      await scan(root, [
        { what: "folder", text },
        { what: "name", text: "d-word" },
      ]),
    ).toEqual(["folder: a.json", "folder: b.jsonl.zst", "folder: c.bin", "name: d-word.txt"]);
  });

  it("looks for this machine, but not for everybody's words", () => {
    const traces = tracesOfThisMachine({ agents: "/opt/agents" });
    expect(traces).toContainEqual({ what: "agents", text: "/opt/agents" });
    if (hostname().length > 4 && hostname() !== "localhost")
      expect(traces).toContainEqual({ what: "host name", text: hostname() });
    for (const { text } of traces) expect(["root", "/root", "/home/dev", "localhost"]).not.toContain(text);
  });
});

describe("what was played", () => {
  const request = (text: string, tools: string[], auxiliary = false): RecordedRequest => ({
    index: 0,
    method: "POST",
    path: "/v1/messages",
    wire: "anthropic",
    auxiliary,
    refused: false,
    body: { messages: [{ role: "user", content: text }], tools: tools.map((name) => ({ name })) },
  });
  const turns: ScriptedTurn[] = [
    {
      to: "go",
      toolCalls: [
        { name: "a", input: {} },
        { name: "b", input: {}, otherwise: null },
      ],
    },
    { to: "go", text: "done" },
  ];

  it("tells turns that were never asked for from requests nobody planned", () => {
    expect(playedOf(turns, [request("go", ["a"])])).toEqual({
      unplayed: [turns[1]],
      skipped: ["b"],
      unplanned: 0,
    });
    const all = [
      request("go", ["a", "b"]),
      request("title", [], true),
      request("go", ["a"]),
      request("no", ["a"]),
    ];
    expect(playedOf(turns, all)).toEqual({ unplayed: [], skipped: [], unplanned: 1 });
  });
});
