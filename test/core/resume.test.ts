import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectSession } from "../../src/core/queries.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { seedHome } from "../support/home.ts";

const CODEX = "codex:01a1fc7a-2e96-7a91-b5d8-5b130475fbff";
const signal = new AbortController().signal;

async function prepared(...cases: string[]) {
  const home = seedHome(cases.length > 0 ? cases : ["codex/exec-gpt55-edit"]);
  const host = await bundledHost(home);
  const convert = (session: string, target: string, change = {}) =>
    resumeSession(host, resumeOptions(session, target, change));
  return { home, host, convert };
}

/** Every text the converted session holds, in order. */
async function textsOf(
  host: Awaited<ReturnType<typeof bundledHost>>,
  provider: string,
  id: string,
): Promise<string[]> {
  const info = await inspectSession(host, { session: `${provider}:${id}`, peek: 10_000, signal });
  return info.tail.map(({ role, snippet }) => `${role}: ${snippet}`);
}

describe("a conversion", () => {
  it("is recognised when it is made again, and told apart when the source has grown", async () => {
    const { host, convert } = await prepared();
    const first = await convert(CODEX, "cc");
    expect(first.outcome).toBe("converted");
    expect(first.lineage).toBeUndefined();
    const again = await convert(CODEX, "cc");
    expect(again).toMatchObject({
      outcome: "existing",
      writtenPaths: [],
      target: { sessionId: first.target.sessionId },
    });
    expect(again.resume).toEqual(first.resume);
    expect(again.lineage!.earlier).toMatchObject([{ id: first.target.sessionId, sameSource: true }]);

    const line = { timestamp: "2026-11-21T06:00:00.000Z", ordinal: 900, type: "response_item" };
    const content = [{ type: "output_text", text: "One more thing." }];
    appendFileSync(
      first.source.ref.path,
      `${JSON.stringify({ ...line, payload: { type: "message", role: "assistant", content } })}\n`,
    );
    const grown = await convert(CODEX, "cc");
    expect(grown.outcome).toBe("converted");
    expect(grown.target.sessionId).not.toBe(first.target.sessionId);
    expect(grown.lineage!.earlier).toMatchObject([{ id: first.target.sessionId, sameSource: false }]);
    expect((await textsOf(host, "claude-code", grown.target.sessionId)).at(-1)).toBe(
      "assistant: One more thing.",
    );
  });

  it("back to where the session began says so", async () => {
    const { convert } = await prepared();
    const there = await convert(CODEX, "gmi");
    const back = await convert(`gemini:${there.target.sessionId}`, "codex");
    expect(back.lineage).toMatchObject({
      sourceCameFrom: { sourceProvider: "codex", sourceId: CODEX.slice(6) },
      returnsHome: { provider: "codex", id: CODEX.slice(6), exists: true },
    });
    // Home again, its own tools are its own.
    const foreign = back.losses.find(({ code }) => code === "foreign-tool");
    expect(foreign?.message ?? "").not.toMatch(/apply_patch|exec_command/);
  });

  it("into the same agent is a resume command, or a copy with --fork", async () => {
    const { convert } = await prepared();
    const direct = await convert(CODEX, "codex");
    expect(direct).toMatchObject({
      outcome: "direct",
      writtenPaths: [],
      resume: [{ argv: ["codex", "resume", CODEX.slice(6)] }],
    });
    const forks = [
      await convert(CODEX, "codex", { fork: true }),
      await convert(CODEX, "codex", { fork: true }),
    ];
    const ids = new Set(forks.map(({ target }) => target.sessionId));
    expect(ids.size).toBe(2);
    expect(forks.map(({ losses }) => losses)).toEqual([[], []]);
  });

  it("forced writes it anew and keeps the old file", async () => {
    const { convert } = await prepared();
    const first = await convert(CODEX, "cc");
    const old = readFileSync(first.target.path!, "utf8");
    appendFileSync(first.target.path!, "\n");
    const forced = await convert(CODEX, "cc", { force: true });
    expect(forced).toMatchObject({ outcome: "converted", target: { sessionId: first.target.sessionId } });
    expect(readFileSync(first.target.path!, "utf8")).toBe(old);
    expect(readFileSync(forced.backups[0]!.backup, "utf8")).toBe(`${old}\n`);
  });

  it("dry writes nothing and tells what it would", async () => {
    const { home, convert } = await prepared();
    const dry = await convert(CODEX, "cc", { dryRun: true });
    expect(dry).toMatchObject({ outcome: "dry-run", writtenPaths: [], backups: [] });
    expect(dry.plan[0]!.detail).toMatch(/\d+ bytes/);
    expect(dry.losses.length).toBeGreaterThan(0);
    expect(readdirSync(home)).not.toContain(".claude");
  });

  it("strict refuses what would be lost, before anything is written", async () => {
    const { home, convert } = await prepared();
    await expect(convert(CODEX, "cc", { strict: true })).rejects.toMatchObject({
      code: "loss-refused",
      exitStatus: 12,
      context: { losses: [expect.objectContaining({ code: "reasoning-not-sent", count: 2 })] },
    });
    expect(existsSync(join(home, ".claude"))).toBe(false);
    const asText = await convert(CODEX, "cc", { strict: true, reasoning: "text" });
    expect(asText.outcome).toBe("converted");
  });

  it("tells its losses before the first write", async () => {
    const { home, convert } = await prepared();
    let told = 0;
    const onPlanned = ({ losses }: { losses: unknown[] }): void => {
      told = losses.length;
      expect(existsSync(join(home, ".claude"))).toBe(false);
    };
    const report = await convert(CODEX, "cc", { onPlanned });
    expect(told).toBe(report.losses.length);
  });

  it("names a summary only its vendor can read", async () => {
    const { convert } = await prepared("codex/compaction-remote");
    const report = await convert("codex:latest", "cc");
    expect(report.losses).toContainEqual(
      expect.objectContaining({ code: "opaque-summary", severity: "changed" }),
    );
  });

  it("of a compacted session leaves out what came before, or brings it back", async () => {
    const { host, convert } = await prepared("claude-code/interactive-compact");
    const short = await convert("claude-code:latest", "gmi");
    expect(short.losses.map(({ code }) => code)).toContain("history-before-compaction");
    const full = await convert("claude-code:latest", "gmi", { history: "full" });
    expect(full.losses.map(({ code }) => code)).toContain("summary-replaced");
    const [shortTexts, fullTexts] = await Promise.all(
      [short, full].map(({ target }) => textsOf(host, "gemini", target.sessionId)),
    );
    expect(fullTexts!.length).toBeGreaterThan(shortTexts!.length);
    const isSummary = (text: string): boolean => text.includes("This session is being continued");
    expect([shortTexts!.filter(isSummary).length, fullTexts!.filter(isSummary).length]).toEqual([1, 0]);
  });

  it("keeps to the limits it is given, and names what they cost", async () => {
    const { convert } = await prepared();
    const { losses } = await convert(CODEX, "cc", { maxToolOutput: 100, maxContextTokens: 2000 });
    expect(losses.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["context-cut", "tool-output-cut"]),
    );
  });

  it("adds nothing of its own unless asked for", async () => {
    const { host, convert } = await prepared();
    const plain = await convert(CODEX, "cc");
    expect((await textsOf(host, "claude-code", plain.target.sessionId)).join("\n")).not.toContain("casr");
    const enriched = await convert(CODEX, "cc", { enrich: true });
    expect((await textsOf(host, "claude-code", enriched.target.sessionId))[0]).toContain("[casr context]");
  });

  it("goes into the folder it is told, or the recorded one", async () => {
    const { home, convert } = await prepared();
    expect((await convert(CODEX, "cc")).workspace).toBe("/home/dev/projects/calc");
    const elsewhere = await convert(CODEX, "cc", { workspace: home });
    expect(elsewhere.resume[0]!.cwd).toBe(home);
  });
});
