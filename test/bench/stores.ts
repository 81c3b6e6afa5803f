import { createWriteStream, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const WORKSPACE = "/home/dev/projects/bench";

type Json = { [key: string]: unknown };

function recordsOf(path: string): Json[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Json);
}

function uuid(prefix: number, number: number): string {
  const tail = (prefix * 1e9 + number).toString(16).padStart(12, "0").slice(-12);
  return `${(number % 0xffffffff).toString(16).padStart(8, "0")}-0000-4000-8000-${tail}`;
}

/** Gives every id of a record a new one for this round, so that rounds do not collide. */
function renewed(text: string, round: number): string {
  return text
    .replace(/\b(toolu_[A-Za-z0-9]+|call_[A-Za-z0-9]+|msg_[A-Za-z0-9]+)/g, `$1r${round}`)
    .replace(/("id":"[A-Za-z0-9_]+_\d{13}_\d+)"/g, `$1r${round}"`)
    .replace(
      /\b([0-9a-f]{8})-([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/g,
      (_all, head: string, rest: string) => {
        const mixed = (Number.parseInt(head, 16) ^ Math.imul(round, 2654435761)) >>> 0;
        return `${mixed.toString(16).padStart(8, "0")}-${rest}`;
      },
    );
}

async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const out = createWriteStream(path, { mode: 0o600 });
  for (const line of lines) if (!out.write(`${line}\n`)) await once(out, "drain");
  out.end();
  await once(out, "finish");
}

function findJsonl(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => join(folder, name));
}

/** A Claude Code session of about `bytes` bytes: the turns of a genuine one, over and over, in one chain. */
export async function bigClaudeSession(home: string, bytes: number, id = uuid(1, 1)): Promise<string> {
  const projects = join(FIXTURES, "claude-code/rich-headless/home/.claude/projects");
  const source = findJsonl(projects).find((path) => !path.includes("subagents"))!;
  const chain = recordsOf(source).filter((record) => typeof record["uuid"] === "string");
  const path = join(home, ".claude/projects", WORKSPACE.replaceAll("/", "-"), `${id}.jsonl`);
  function* lines(): Iterable<string> {
    let written = 0;
    let last: unknown = null;
    for (let round = 0; written < bytes; round += 1) {
      for (const [index, record] of chain.entries()) {
        const parentUuid = index === 0 ? last : record["parentUuid"];
        const base = renewed(
          JSON.stringify({ ...record, parentUuid: null, sessionId: id, cwd: WORKSPACE }),
          round,
        );
        const parent = index === 0 ? JSON.stringify(last) : renewed(JSON.stringify(parentUuid), round);
        const line = base.replace('"parentUuid":null', `"parentUuid":${parent}`);
        if (index === chain.length - 1) last = (JSON.parse(line) as Json)["uuid"];
        written += Buffer.byteLength(line) + 1;
        yield line;
      }
    }
  }
  await writeLines(path, lines());
  return id;
}

/** A Codex session (legacy history) of about `bytes` bytes from the turns of a genuine one. */
export async function bigCodexSession(home: string, bytes: number, id = uuid(2, 1)): Promise<string> {
  const source = findJsonl(join(FIXTURES, "codex/legacy-0.104/home/.codex/sessions"))[0]!;
  const [meta, ...records] = recordsOf(source);
  const payload = { ...(meta!["payload"] as Json), id, session_id: id, cwd: WORKSPACE };
  const path = join(home, ".codex/sessions/2026/11/20", `rollout-2026-11-20T10-00-00-${id}.jsonl`);
  function* lines(): Iterable<string> {
    yield JSON.stringify({ ...meta, payload });
    let written = 0;
    for (let round = 0; written < bytes; round += 1) {
      for (const record of records) {
        const line = renewed(JSON.stringify(record), round);
        written += Buffer.byteLength(line) + 1;
        yield line;
      }
    }
  }
  await writeLines(path, lines());
  return id;
}

/** A Gemini CLI session of about `bytes` bytes from the turns of a genuine one. */
export async function bigGeminiSession(home: string, bytes: number, id = uuid(3, 1)): Promise<string> {
  const source = findJsonl(join(FIXTURES, "gemini/mcp-tools/home/.gemini/tmp"))[0]!;
  const [meta, ...records] = recordsOf(source);
  const messages = records.filter((record) => typeof record["id"] === "string");
  const path = join(home, ".gemini/tmp/bench/chats", `session-2026-11-20T10-00-${id.slice(0, 8)}.jsonl`);
  function* lines(): Iterable<string> {
    yield JSON.stringify({ ...meta, sessionId: id });
    let written = 0;
    for (let round = 0; written < bytes; round += 1) {
      for (const record of messages) {
        const line = renewed(JSON.stringify({ ...record, id: `${String(record["id"])}-${round}` }), round);
        written += Buffer.byteLength(line) + 1;
        yield line;
      }
    }
  }
  await writeLines(path, lines());
  writeFileSync(join(home, ".gemini/tmp/bench/.project_root"), WORKSPACE);
  return id;
}

/** `count` sessions over the three stores, each about the size of a genuine one. */
export async function manySessions(home: string, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const makers = [bigClaudeSession, bigCodexSession, bigGeminiSession];
    await makers[number % makers.length]!(home, 60_000, uuid(9, number + 1));
  }
}
