import { appendFileSync, closeSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { bigSession } from "../bench/stores.ts";
import { casr, jsonOf, scratchHome, type Outcome } from "./machine.ts";

const MB = 1024 * 1024;
const never = new AbortController().signal;

type Converted = {
  ok: boolean;
  warnings: string[];
  verification: { messages: number; tool_results: number };
  written_paths: string[];
};

function converted(outcome: Outcome): Converted {
  expect(outcome.stderr).toBe("");
  expect(outcome.status).toBe(0);
  return jsonOf(outcome) as Converted;
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n");
}

/** `count` times `unit`, without ever being one string. */
function fill(file: number, unit: string, count: number): void {
  const block = Buffer.from(unit.repeat(1024));
  for (let done = 0; done < count; done += 1024) writeSync(file, block);
}

/** A genuine Claude Code session of its natural size. */
async function small(home: string): Promise<{ word: string; path: string; last: string }> {
  const { word, path } = await bigSession(home, "claude-code", 1, never);
  const uuids = linesOf(path).map((line) => (JSON.parse(line) as { uuid?: string }).uuid);
  return { word, path, last: uuids.findLast((uuid) => uuid !== undefined)! };
}

/** A prompt of a person that continues a Claude Code session, with room for text of any size. */
function promptAround(word: string, last: string): [before: string, after: string] {
  const record = {
    parentUuid: last,
    isSidechain: false,
    type: "user",
    message: { role: "user", content: "HERE" },
    uuid: "11111111-2222-4333-8444-555555555555",
    timestamp: "2026-11-21T05:30:00.000Z",
    sessionId: word.slice(word.indexOf(":") + 1),
    version: "2.1.329",
  };
  const [before = "", after = ""] = JSON.stringify(record).split("HERE");
  return [before, `${after}\n`];
}

test("a line of 100 MB that the model sees arrives whole", async () => {
  const home = scratchHome();
  const { word, path, last } = await small(home);
  const [before, after] = promptAround(word, last);
  const file = openSync(path, "a");
  writeSync(file, before);
  fill(file, "0123456789abcdef", (100 * MB) / 16);
  writeSync(file, after);
  closeSync(file);
  const outcome = await casr(home, ["resume", word, "--to", "codex", "--json"]);
  const [written] = converted(outcome).written_paths;
  expect(statSync(written!).size).toBeGreaterThan(100 * MB);
  // One message is held, and its like in a few forms on the way; not the tenfold.
  expect(outcome.peakMb).toBeLessThan(1200);
});

test("a line of 100 MB that the model never sees is passed over", async () => {
  const home = scratchHome();
  const { word, path } = await small(home);
  const plain = converted(await casr(home, ["resume", word, "--to", "codex", "--dry-run", "--json"]));
  const file = openSync(path, "a");
  writeSync(file, `{"type":"file-history-snapshot","messageId":"x","snapshot":{"text":"`);
  fill(file, "0123456789abcdef", (100 * MB) / 16);
  writeSync(file, `"}}\n`);
  closeSync(file);
  const outcome = await casr(home, ["resume", word, "--to", "codex", "--json"]);
  const { verification, warnings } = converted(outcome);
  expect(verification.messages).toBeGreaterThan(0);
  expect(warnings).toEqual(plain.warnings);
  expect(outcome.peakMb).toBeLessThan(600);
});

test("100 MB without a line end is told with file and line, and the rest is kept", async () => {
  const home = scratchHome();
  const { word, path, last } = await small(home);
  const [before, after] = promptAround(word, last);
  const lines = linesOf(path).length;
  const file = openSync(path, "a");
  fill(file, "not JSON at all ", (100 * MB) / 16);
  writeSync(file, `\n${before}The last prompt.${after}`);
  closeSync(file);
  const outcome = await casr(home, ["resume", word, "--to", "codex", "--json"]);
  const { warnings, written_paths } = converted(outcome);
  expect(warnings.join("\n")).toContain(`${path}:${lines + 1}`);
  expect(readFileSync(written_paths[0]!, "utf8")).toContain("The last prompt.");
  expect(outcome.peakMb).toBeLessThan(900);
});

test("a file of a million lines is converted in memory that does not go with them", async () => {
  const home = scratchHome();
  const { word, path, last } = await small(home);
  const [before, after] = promptAround(word, last);
  const file = openSync(path, "a");
  fill(
    file,
    `{"type":"atis-latch","atis":"","sessionId":"${word.slice(word.indexOf(":") + 1)}"}\n`,
    1_000_000,
  );
  writeSync(file, `${before}The last prompt.${after}`);
  closeSync(file);
  const outcome = await casr(home, ["resume", word, "--to", "codex", "--json"]);
  expect(readFileSync(converted(outcome).written_paths[0]!, "utf8")).toContain("The last prompt.");
  expect(outcome.peakMb).toBeLessThan(450);
});

test.each(["claude-code", "codex", "gemini", "qwen", "copilot", "kimi"] as const)(
  "a %s session that grows while it is read is converted as it was at one moment",
  async (slug) => {
    const home = scratchHome();
    const { word, path } = await bigSession(home, slug, 24 * MB, never);
    const original = readFileSync(path);
    // What is appended are lines the agent itself wrote, in pieces that end within lines.
    const more = original.subarray(original.indexOf(10) + 1);
    const target = slug === "codex" ? "claude-code" : "codex";
    const done = new AbortController();
    const writer = async (): Promise<void> => {
      for (let at = 0; !done.signal.aborted && at < more.length; at += 70_001) {
        appendFileSync(path, more.subarray(at, at + 70_001));
        await sleep(5);
      }
    };
    const [outcome] = await Promise.all([
      casr(home, ["resume", word, "--to", target, "--json"]).finally(() => done.abort()),
      writer(),
    ]);
    const { verification } = converted(outcome);
    expect(verification.messages).toBeGreaterThan(10);
    const after = readFileSync(path);
    expect(after.length).toBeGreaterThan(original.length);
    expect(after.subarray(0, original.length).equals(original)).toBe(true);
  },
);
