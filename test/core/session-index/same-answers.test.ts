import fc from "fast-check";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { seedHome, temporaryFolder } from "../../support/home.ts";
import { bundledScene, listAll, plain, tick, type Scene } from "./scene.ts";

const AGENTS = [
  "claude-code",
  "codex",
  "gemini",
  "opencode",
  "cline",
  "qwen",
  "pi",
  "kilo-code",
  "kimi",
] as const;
const CASES = [
  "claude-code/subagents",
  "claude-code/forks-rewind-two-workspaces",
  "codex/tui-named-aborted",
  "codex/zstd",
  "gemini/mcp-tools",
  "gemini/legacy-0.24-hash-json",
  "opencode/subagent-compaction",
  "opencode/legacy-json-1.1.65",
  "cline/workspaces",
  "qwen/basic-tools",
  "pi/errors",
  "kilo-code/rich-git",
  "kimi/subagent",
  "kimi/cli-compaction",
];

/** A home with stores, its files, and a host that uses the index and one that does not. */
async function scenes(): Promise<{ home: string; files: string[]; indexed: Scene; plainly: Scene }> {
  const home = seedHome(CASES);
  return {
    home,
    files: filesBelow(home).sort(),
    indexed: await bundledScene(home, AGENTS),
    plainly: await bundledScene(home, AGENTS, { env: { CASR_NO_INDEX: "1" } }),
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => !path.includes("/.casr-") && existsSync(path) && statSync(path).isFile());
}

/** What somebody does to a file of a store; nothing where the file is gone. */
const OPERATIONS: Record<string, (path: string, number: number) => void> = {
  append: (path) => appendFileSync(path, lastLine(path)),
  tear: (path) => appendFileSync(path, '{"type":"us'),
  truncate: (path, number) => truncateSync(path, statSync(path).size % (number + 1)),
  remove: (path) => rmSync(path),
  touch: (path, number) => utimesSync(path, number, number),
  "rewrite in place": (path) => writeFileSync(path, swapped(readFileSync(path, "latin1")), "latin1"),
  "rewrite and put the time back"(path) {
    const { atimeMs, mtimeMs } = statSync(path);
    writeFileSync(path, swapped(readFileSync(path, "latin1")), "latin1");
    utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
  },
  "replace by another file"(path) {
    writeFileSync(`${path}.new`, swapped(readFileSync(path, "latin1")), "latin1");
    renameSync(`${path}.new`, path);
  },
  "move within the folder"(path, number) {
    const name = path.replace(/[0-9a-f]{4}(?=[^/]*$)/, number.toString(16).padStart(4, "0").slice(-4));
    if (name !== path) renameSync(path, name);
  },
  copy(path, number) {
    const name = path.replace(/[0-9a-f]{4}(?=[^/]*$)/, number.toString(16).padStart(4, "0").slice(-4));
    if (name !== path) copyFileSync(path, name);
  },
  "move the folder behind a link"(path) {
    const folder = dirname(path);
    const elsewhere = join(temporaryFolder("elsewhere"), "folder");
    mkdirSync(dirname(elsewhere), { recursive: true });
    renameSync(folder, elsewhere);
    symlinkSync(elsewhere, folder);
  },
  "rename the folder"(path, number) {
    renameSync(dirname(path), `${dirname(path)}-${number}`);
  },
  "write to the database"(path) {
    if (!/\.(?:db|sqlite)$/.test(path)) return;
    const database = new DatabaseSync(path);
    try {
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('session')").all();
      if (tables.length > 0)
        database.exec("UPDATE session SET title = title || '!', time_updated = time_updated + 1");
    } finally {
      database.close();
    }
  },
};

function lastLine(path: string): string {
  const lines = readFileSync(path, "latin1").split("\n");
  return `${lines.at(-2) ?? lines.at(-1) ?? ""}\n`;
}

/** The same number of bytes, other letters. */
const swapped = (text: string): string =>
  text.replaceAll(/[aeiou](?=[a-z]{2,} )/g, (vowel) => (vowel === "e" ? "a" : "e"));

const step = fc.record({
  operation: fc.constantFrom(...Object.keys(OPERATIONS)),
  file: fc.nat(),
  number: fc.integer({ min: 1, max: 2_000_000_000 }),
  sort: fc.constantFrom("date" as const, "messages" as const, "provider" as const),
  limit: fc.constantFrom(0, 3, 10),
});

test(
  "a list from the index is the list without it, whatever has happened to the stores",
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const { home, files, indexed, plainly } = await scenes();
        expect((await listAll(indexed.host)).sessions.length).toBeGreaterThan(12);
        for (const { operation, file, number, sort, limit } of steps) {
          const path = files[file % files.length]!;
          if (existsSync(path)) OPERATIONS[operation]!(path, number);
          // The next change may come at once, but not in the same tick of the disk's clock.
          await tick(home);
          const expected = plain(await listAll(plainly.host, { sort, limit }));
          expect(plain(await listAll(indexed.host, { sort, limit }))).toEqual(expected);
          expect(plain(await listAll(indexed.host, { sort, limit }))).toEqual(expected);
        }
      }),
      { numRuns: Number(process.env["CASR_TEST_RUNS"] ?? 12) },
    );
  },
);
