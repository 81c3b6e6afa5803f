import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { pinnedWorld } from "../../src/core/pinned.ts";
import { inspectSession, listSessions } from "../../src/core/queries.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { createWorld } from "../../src/core/world.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { seedHome } from "../support/home.ts";

const CODEX = "codex:01a1fc7a-2e96-7a91-b5d8-5b130475fbff";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "casr-streaming-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a file that grows while it is read", () => {
  it("ends, for lines, bytes, size and digest alike, where it ended when it was opened", async () => {
    const path = join(folder, "grows.jsonl");
    writeFileSync(path, "one\ntwo\n");
    const plain = createWorld({ home: folder, cwd: folder, env: {}, warn: () => {} });
    const ref = { provider: "p", id: "s", path, sizeBytes: 8, modifiedAt: 0 };
    const world = await pinnedWorld(plain, ref);
    appendFileSync(path, "three\n");
    const lines: string[] = [];
    for await (const line of world.files.lines(path)) lines.push(line.text());
    expect(lines).toEqual(["one", "two"]);
    expect(Buffer.from((await world.files.read(path))!).toString()).toBe("one\ntwo\n");
    expect(Buffer.from((await world.files.read(path, { start: 4, end: 99 }))!).toString()).toBe("two\n");
    expect((await world.files.stat(path))!.size).toBe(8);
    expect(await world.files.readText(path)).toBe("one\ntwo\n");
    const digest = createHash("sha256").update("one\ntwo\n").digest("hex");
    expect(await digestOf(ref, world, () => {})).toBe(digest);
  });

  it("is converted as it was when it was opened", async () => {
    const home = seedHome(["codex/exec-gpt55-edit"]);
    const host = await bundledHost(home);
    const whole = await resumeSession(host, resumeOptions(CODEX, "cc"));
    const path = whole.source.ref.path;
    const before = readFileSync(path);
    const content = [{ type: "output_text", text: "Too late." }];
    const payload = { type: "message", role: "assistant", content };
    const line = JSON.stringify({ timestamp: "2026-11-21T06:00:00.000Z", type: "response_item", payload });
    const grows = { beforeWrite: async () => appendFileSync(path, `${line}\n`), force: true };
    const again = await resumeSession(host, resumeOptions(CODEX, "cc", grows));
    expect(again.target.sessionId).toBe(whole.target.sessionId);
    expect(readFileSync(again.writtenPaths[0]!, "utf8")).not.toContain("Too late.");
    expect(readFileSync(path).length).toBeGreaterThan(before.length);
  });
});

describe("progress of a conversion", () => {
  it("is one count over all passes, in bytes of the source, that never goes back", async () => {
    const host = await bundledHost(seedHome(["codex/exec-gpt55-edit"]));
    const seen: [phase: string, done: number, total: number][] = [];
    const onProgress = (...step: [string, number, number]): void => void seen.push(step);
    const report = await resumeSession(host, resumeOptions(CODEX, "cc", { onProgress }));
    const size = readFileSync(report.source.ref.path).length;
    const counts = seen.map(([, done]) => done);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(seen.map(([, , total]) => total))).toEqual(new Set([size]));
    expect([...new Set(seen.map(([phase]) => phase))]).toEqual(["reading", "writing", "verifying"]);
    expect(counts.at(-1)! <= size).toBe(true);
    expect(counts.at(-1)! > size * 0.8).toBe(true);
  });
});

describe("progress of reading whole sessions", () => {
  const CASES = ["codex/exec-gpt55-edit", "claude-code/rich-headless", "gemini/image-and-big-output"];
  type Step = [phase: string, done: number, total: number];

  it("counts the bytes of all that a list must read, and reaches them", async () => {
    const host = await bundledHost(seedHome(CASES));
    const seen: Step[] = [];
    const { signal } = new AbortController();
    const onProgress = (...step: Step): void => void seen.push(step);
    const { sessions } = await listSessions(host, {
      limit: 0,
      sort: "date",
      hidden: false,
      signal,
      onProgress,
    });
    const bytes = sessions.reduce((sum, { summary }) => sum + summary.ref.sizeBytes, 0);
    const counts = seen.map(([, done]) => done);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.length).toBeGreaterThan(sessions.length);
    expect(new Set(seen.map(([, , total]) => total))).toEqual(new Set([bytes]));
    expect(counts.at(-1)).toBe(bytes);
  });

  it("is told of the one session that is looked at", async () => {
    const host = await bundledHost(seedHome(CASES));
    const seen: Step[] = [];
    const { signal } = new AbortController();
    const onProgress = (...step: Step): void => void seen.push(step);
    const { ref } = await inspectSession(host, { session: CODEX, peek: 0, signal, onProgress });
    expect(seen[0]![1]).toBeLessThan(ref.sizeBytes);
    expect(seen.at(-1)).toEqual(["reading", ref.sizeBytes, ref.sizeBytes]);
  });
});
