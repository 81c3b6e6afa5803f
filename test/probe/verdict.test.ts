import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { versionVerdict } from "../../src/core/versions.ts";
import type { RunResult } from "../../src/probe/index.ts";
import { onJsonLine } from "../../src/probe/run/json-lines.ts";
import { obstacleOf } from "../../src/probe/verdict.ts";

const run = (change: Partial<RunResult>): RunResult => ({
  code: 1,
  signal: null,
  timedOut: false,
  stdout: "",
  stderr: "",
  requests: [],
  ...change,
});

describe("why an agent asked nothing", () => {
  it.each([
    [{ startError: "spawn EACCES" }, "could not be started: spawn EACCES"],
    [{ stderr: "error: unexpected argument '--x' found" }, "does not know an option"],
    [{ stdout: "Please run /login · Invalid API key" }, "wants a login; it said: Please run /login"],
    [{ code: null, timedOut: true }, "no question reached the model within 3 s; it said nothing"],
    [{ code: null, signal: "SIGABRT" }, "crashed (SIGABRT)"],
    [
      { code: 0, stdout: "ok\n\u001b[31mERROR: boom\u001b[0m\n\n  ──\n" },
      "ended with 0 and asked the model nothing; it said: ERROR: boom",
    ],
  ])("is told from %j", (change, words) => {
    expect(obstacleOf(run(change), 3000).reason).toContain(words);
  });

  it("names what the agent wanted from its service instead", () => {
    const requests = [
      { index: 0, method: "GET", path: "/api/account", auxiliary: true, refused: true, body: null },
    ];
    expect(obstacleOf(run({ requests }), 1000).reason).toContain("it asked for GET /api/account");
  });
});

describe("an installed version", () => {
  const passed = (version: string) => ({ version, date: "2026-11-01", result: "passed" as const });
  it.each([
    ["2.1.0", "ok"],
    ["2.1.5", "ok"],
    ["2.2.0", "ok"],
    ["2.2.1", "newer than verified"],
    ["10.0", "newer than verified"],
    ["2.0.99", "older than verified"],
    [undefined, "unknown"],
  ])("%s beside 2.1.0 and 2.2.0 is %s", (version, verdict) => {
    expect(versionVerdict(version, [passed("2.2.0"), passed("2.1.0")])).toBe(verdict);
  });

  it("is unproven without a passed test, and failed where it failed", () => {
    const unproven = { version: "1.0.0", date: "2026-11-01", result: "unproven" as const };
    expect(versionVerdict("1.0.0", [unproven])).toBe("unproven");
    expect(versionVerdict("1.0.0", [])).toBe("unproven");
    const failed = { version: "3.0.0", date: "2026-11-01", result: "failed" as const };
    expect(versionVerdict("3.0.0", [failed, passed("2.0.0")])).toBe("failed when verified");
  });
});

describe("JSON lines over a pipe", () => {
  it("come whole, whatever the chunks and whatever line separators the strings hold", async () => {
    const values = [{ text: "a\u2028b\u2029c\r" }, { text: "😀".repeat(50) }, 3, null];
    const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const stream = new PassThrough();
      const got: unknown[] = [];
      onJsonLine(stream, (value) => got.push(value));
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
      stream.end();
      await new Promise((resolve) => stream.once("close", resolve));
      expect(got).toEqual(values);
    }
  });
});
