import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root, sandbox, type Sandbox } from "../cli/harness.ts";
import { fixtureHome } from "../support/home.ts";
import { build, install } from "../testing/generated.ts";

const run = promisify(execFile);

interface Block {
  language: string;
  /** The file it is, for code. */
  file: string | undefined;
  text: string;
}

/** The code blocks of a Markdown file, in order. */
async function blocksOf(path: string): Promise<Block[]> {
  const text = await readFile(path, "utf8");
  return [...text.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, body]) => ({
    language: language!,
    file,
    text: body!,
  }));
}

/** Replaces the lines of a diff that stand in `text`: those without a sign or with `-`, by those without or with `+`. */
function patched(text: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (signs: string): string =>
    lines
      .filter((line) => signs.includes(line[0]!))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  expect(text).toContain(side(" -"));
  return text.replace(side(" -"), () => side(" +"));
}

const TSCONFIG = {
  compilerOptions: {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    target: "es2024",
    module: "nodenext",
    types: ["node"],
    skipLibCheck: true,
  },
  include: ["*.js"],
};

/** Runs a line of the guide; only npm's own doings need no success here, since there is no registry. */
async function runLine(line: string, box: Sandbox, folder: string): Promise<void> {
  const words = line
    .replace(/#.*$/, "")
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/^~/, box.home));
  if (words[0] === "npm") {
    expect(words.slice(1)).toEqual(["pack", "--dry-run"]);
    return;
  }
  expect(words[0]).toBe("casr");
  const outcome = await box.casr(words.slice(1), { cwd: folder });
  expect(`${line}\n${outcome.stdout}${outcome.stderr}`).toContain(line);
  if (outcome.status !== 0) throw new Error(`${line}: ${outcome.stdout}${outcome.stderr}`);
}

test("every block of the guide compiles, runs, and passes the checks where it says so", async () => {
  const box = await sandbox();
  await cp(join(fixtureHome("codex/exec-gpt55-edit"), ".codex"), join(box.home, ".codex"), {
    recursive: true,
  });
  const folder = join(box.home, "casr-provider-parrot");
  await mkdir(folder);
  await install(folder);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  const kinds = new Map<string, number>();
  for (const { language, file, text } of await blocksOf(join(root, "docs", "provider-guide.md"))) {
    kinds.set(language, (kinds.get(language) ?? 0) + 1);
    if (language === "sh") {
      if (kinds.has("js")) await build(folder);
      for (const line of text.trim().split("\n")) await runLine(line, box, folder);
    } else if (language === "js" || language === "json") {
      const path = join(folder, file!);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      // The recorded home of the guide is the reader's own one too.
      if (file!.startsWith("fixtures/first/home/")) {
        await cp(join(folder, "fixtures", "first", "home"), box.home, { recursive: true });
      }
    } else if (language === "diff") {
      const path = join(folder, file!);
      await writeFile(path, patched(await readFile(path, "utf8"), text));
    } else expect(language).toBe("text");
  }
  expect(Object.fromEntries(kinds)).toEqual({ sh: 7, json: 2, js: 9, diff: 3, text: 1 });
  const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap", "conformance.test.js"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], NODE_ENV: "production" },
  });
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(stdout).toMatch(/^# skipped 0$/m);
});

test("the first provider of the guide has 40 lines at most", async () => {
  const blocks = await blocksOf(join(root, "docs", "provider-guide.md"));
  const first = ["hook.js", "reader.js"].map((name) => blocks.find(({ file }) => file === name)!.text);
  const lines = first.flatMap((text) => text.trimEnd().split("\n"));
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(125);
});

test("names of other pages and files in the guide exist", async () => {
  for (const page of ["provider-guide.md", "contract.md"]) {
    const text = await readFile(join(root, "docs", page), "utf8");
    for (const [, target] of text.matchAll(/\]\(([\w./-]+)\)/g))
      await readFile(join(root, "docs", target!), "utf8");
  }
});
