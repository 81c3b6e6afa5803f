import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { editorHome } from "../../plugins/casr-provider-cursor/test/helpers.ts";
import { isCasrError } from "../../src/core/errors.ts";
import { resumeSession } from "../../src/core/resume.ts";
import { bundledHost, resumeOptions } from "../support/bundled.ts";
import { casesOf, seedHome } from "../support/home.ts";
import { AGENTS, OUTSIDE } from "../support/readers.ts";
import { databasesIn, filesIn, piecesIn } from "../support/store-state.ts";

type Target = (typeof AGENTS)[number] | (typeof OUTSIDE)[number];

const TARGETS: readonly Target[] = [...AGENTS, ...OUTSIDE];
/** What is converted: a session of another agent than the target. */
const sourceFor = (target: Target): string =>
  target === "codex" ? "claude-code/rich-headless" : "codex/exec-gpt55-edit";

/** A home with everything that was recorded of the target, and a session to convert. */
function homeOf(target: Target, journal: "delete" | "wal"): string {
  const home = seedHome([...casesOf(target).map((name) => `${target}/${name}`), sourceFor(target)]);
  if (target === "cursor") {
    const bubbles = [
      { bubbleId: "b1", type: 1, text: "question" },
      { bubbleId: "b2", type: 2, text: "answer" },
    ];
    editorHome(home, [{ id: "5667590a-e4c7-4f28-9d99-027f84c10837", bubbles }]);
  }
  for (const path of databasesIn(home)) {
    const database = new DatabaseSync(join(home, path));
    database.exec(`PRAGMA journal_mode = ${journal}`);
    database.close();
  }
  return home;
}

async function convert(home: string, target: Target) {
  const host = await bundledHost(home, OUTSIDE);
  const source = sourceFor(target).split("/")[0]!;
  return resumeSession(host, resumeOptions("latest", target, { source }));
}

/** The pieces of `before` that `after` lacks. */
function gone(before: readonly string[], after: readonly string[]): string[] {
  const there = new Map<string, number>();
  for (const piece of after) there.set(piece, (there.get(piece) ?? 0) + 1);
  return before.filter((piece) => {
    const count = there.get(piece) ?? 0;
    there.set(piece, count - 1);
    return count < 1;
  });
}

describe.each(TARGETS)("writing a session for %s", (target) => {
  it.each(["delete", "wal"] as const)(
    "leaves every other session, row and setting as it was (journal: %s)",
    async (journal) => {
      const home = homeOf(target, journal);
      const files = filesIn(home);
      const before = piecesIn(home);
      const report = await convert(home, target);
      expect(report.outcome).toBe("converted");
      const after = piecesIn(home);
      expect(gone(before, after)).toEqual([]);
      expect(after.length).toBeGreaterThan(before.length);
      const known = new Set([...files, ...report.writtenPaths.map((path) => path.slice(home.length + 1))]);
      expect(filesIn(home).filter((path) => !known.has(path))).toEqual([]);
    },
  );
});

/** A process that holds a database for itself until it is killed, or for `ms`. */
async function holding(path: string, ms?: number): Promise<() => void> {
  const code = `const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(process.argv[1]);
    database.exec("BEGIN EXCLUSIVE");
    console.log("held");
    setTimeout(() => database.exec("ROLLBACK"), Number(process.argv[2]));`;
  const child = spawn(process.execPath, ["-e", code, path, String(ms ?? 60_000)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return () => child.kill("SIGKILL");
}

const DATABASES: readonly [Target, string][] = [
  ["cline", ".cline/data/db/sessions.db"],
  ["codex", ".codex/state_5.sqlite"],
  ["cursor", ".config/Cursor/User/globalStorage/state.vscdb"],
  ["kilo-code", ".local/share/kilo/kilo.db"],
  ["opencode", ".local/share/opencode/opencode.db"],
];

describe.each(DATABASES)("a database of %s that its agent holds", (target, path) => {
  it.each(["delete", "wal"] as const)("is waited for (journal: %s)", async (journal) => {
    const home = homeOf(target, journal);
    const release = await holding(join(home, path), 1000);
    try {
      expect((await convert(home, target)).outcome).toBe("converted");
    } finally {
      release();
    }
  });

  it("is told of when it stays so, and nothing is changed", async () => {
    const home = homeOf(target, "delete");
    const files = filesIn(home);
    const before = piecesIn(home);
    const release = await holding(join(home, path));
    try {
      const failure: unknown = await convert(home, target).catch((error: unknown) => error);
      if (!isCasrError(failure)) throw failure;
      expect(failure).toMatchObject({ code: "write-failed", message: expect.stringContaining(path) });
      expect(failure.suggestions.join(" ")).toMatch(/close/i);
    } finally {
      release();
    }
    expect(piecesIn(home)).toEqual(before);
    expect(filesIn(home).filter((file) => !/-(?:wal|shm)$/.test(file))).toEqual(files);
  }, 30_000);
});

it("knows every agent that keeps sessions in a database", () => {
  const found = TARGETS.filter((target) =>
    databasesIn(homeOf(target, "delete")).some((path) => !path.startsWith(".codex")),
  );
  expect([...found, "codex"].sort()).toEqual(DATABASES.map(([target]) => target).sort());
});
