import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { root, sandbox, type Sandbox } from "./harness.ts";

const HOOK = fileURLToPath(new URL("loaded-child.ts", import.meta.url));
const CODEX = "01a1fc7a-2e96-7a91-b5d8-5b130475fbff";

let box: Sandbox;

beforeEach(async () => {
  box = await sandbox();
  const home = fileURLToPath(new URL("../../fixtures/codex/exec-gpt55-edit/home", import.meta.url));
  await cp(home, box.home, { recursive: true });
});

/** What a run loads, as paths below the package: `dist/cli/main.js`, `node:fs`, `node_modules/zod/…`. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const list = join(box.home, "loaded.txt");
  const env = { CASR_TEST_LOADED: list, NODE_OPTIONS: `--import=${HOOK}` };
  const outcome = await box.casr(args, { env });
  expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({ status: 0, stderr: "" });
  const base = pathToFileURL(`${root}/`).href;
  const urls = (await readFile(list, "utf8")).trimEnd().split("\n");
  return [...new Set(urls.map((url) => (url.startsWith(base) ? url.slice(base.length) : url)))].toSorted();
}

/** The providers of which more was loaded than what registers them. */
function providersIn(loaded: string[]): string[] {
  const code = loaded.filter((path) => !path.endsWith("/hook.js"));
  const slugs = code.flatMap((path) => /casr-provider-([a-z-]+)\/dist\//.exec(path)?.[1] ?? []);
  return [...new Set(slugs)];
}

/** What no run needs that neither converts nor asks for it: each of these takes as long as all of Node's start. */
const HEAVY = [
  /node_modules\/(?:zod|fast-glob|typescript)\//,
  /dist\/(?:session\/schema|cli\/json\/schemas)\.js$/,
  /dist\/(?:probe|testing|generator)\//,
  /dist\/core\/(?:resume|conversion|trial|verify|checkup)\.js$/,
  /dist\/core\/(?:apply|project)\/(?!unfinished|failure)/,
  /dist\/cli\/plugins\//,
  /dist\/(?:write|probe)\.js$/,
];

function heavyIn(loaded: string[]): string[] {
  return loaded.filter((path) => HEAVY.some((pattern) => pattern.test(path)));
}

test("the version is told by one file", async () => {
  for (const word of ["--version", "-V"]) {
    expect((await loadedBy(word)).filter((path) => !path.startsWith("node:"))).toEqual(["bin/run.js"]);
  }
});

test("the list of modules is one: what is forbidden below is there when it is needed", async () => {
  const loaded = await loadedBy("resume", CODEX, "--to", "claude-code", "--fork", "--json");
  expect(heavyIn(loaded)).toEqual(expect.arrayContaining(["dist/core/resume.js", "dist/core/conversion.js"]));
  expect(loaded.some((path) => path.endsWith("claude-code/dist/write.js"))).toBe(true);
  expect(loaded).toContain("node:sqlite");
});

describe.each([["--help"], ["list --help"], ["resume --help"], ["complete bash 1 -- re"]])(
  "casr %s",
  (line) => {
    test("loads no provider, no database and nothing that converts", async () => {
      const loaded = await loadedBy(...line.split(" "));
      expect(heavyIn(loaded)).toEqual([]);
      expect(providersIn(loaded)).toEqual([]);
      expect(loaded).not.toContain("node:sqlite");
    });
  },
);

describe.each([["list --all"], ["list --all --json"], ["complete bash 2 -- info 0"]])("casr %s", (line) => {
  test("loads nothing that converts or writes", async () => {
    expect(heavyIn(await loadedBy(...line.split(" ")))).toEqual([]);
  });
});

test("a list of one agent loads no other", async () => {
  const loaded = await loadedBy("list", "--all", "--provider", "codex");
  expect(heavyIn(loaded)).toEqual([]);
  expect(providersIn(loaded)).toEqual(["codex"]);
});

test("a session named with its agent is found without the others", async () => {
  const loaded = await loadedBy("info", `codex:${CODEX}`);
  expect(heavyIn(loaded)).toEqual([]);
  expect(providersIn(loaded)).toEqual(["codex"]);
});

test("a conversion loads its source and its target, and no way to prove it", async () => {
  const loaded = await loadedBy("resume", `codex:${CODEX}`, "--to", "claude-code", "--json");
  expect(providersIn(loaded).toSorted()).toEqual(["claude-code", "codex"]);
  expect(
    loaded.filter((path) =>
      /node_modules\/zod\/|dist\/(?:probe\/(?!compare\/kinds)|testing\/)|\/probe\.js$/.test(path),
    ),
  ).toEqual([]);
});
