import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, inject, it } from "vitest";
import { machine } from "./machine.ts";
import { tinyAs } from "./plugins.ts";
import { plainEnvironment, run } from "./run.ts";
import { nodeRelease } from "./tools.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  bundleDependencies: string[];
  engines: { node: string };
}

async function manifestAt(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Problems publint finds in a package as it would be published. */
async function problems(pkgDir: string): Promise<(string | undefined)[]> {
  const { messages, pkg } = await publint({ pkgDir, pack: "npm", level: "warning", strict: true });
  // The template becomes the root of another package; only there its "exports" mean anything.
  return messages
    .map((message) => formatMessage(message, pkg))
    .filter((text) => text?.startsWith("./template/package.json") !== true);
}

describe("the packed host", () => {
  const paths = (): string[] => inject("packed").files.map(({ path }) => path);

  it("holds everything it runs with, the bundled providers included", async () => {
    const { bundleDependencies } = await manifestAt(root);
    expect(bundleDependencies.length).toBeGreaterThan(0);
    const wanted = [
      "bin/run.js",
      "dist/cli/main.js",
      "oclif.manifest.json",
      "LICENSE",
      "README.md",
      "CHANGELOG.md",
    ];
    const bundled = bundleDependencies.flatMap((name) =>
      [
        "package.json",
        "LICENSE",
        "README.md",
        name.startsWith("casr-provider-") ? "dist/hook.js" : "dist/read.js",
      ].map((file) => `node_modules/${name}/${file}`),
    );
    expect(paths()).toEqual(expect.arrayContaining([...wanted, ...bundled]));
  });

  it("holds no tests, fixtures, sources or leavings of the build", () => {
    // The template of a new provider has all of these, on purpose.
    const own = paths().filter((path) => !path.startsWith("template/"));
    const strange = own.filter(
      (path) =>
        /(?:^|\/)(?:test|tests|fixtures|src|coverage)\//.test(path) ||
        /\.tsbuildinfo$|\.map$|\.test\.|\.tgz$/.test(path) ||
        (path.endsWith(".ts") && !path.endsWith(".d.ts")),
    );
    expect(strange).toEqual([]);
  });

  it("holds no file whose source is gone", async () => {
    const sources = new Set(
      (await readdir(join(root, "src"), { recursive: true })).map((path) => path.replace(/\.ts$/, "")),
    );
    const built = paths().flatMap((path) => /^dist\/(.*?)(?:\.d\.ts|\.js)$/.exec(path)?.[1] ?? []);
    expect(built.filter((path) => !sources.has(path))).toEqual([]);
  });
});

describe("publint", () => {
  it("has nothing against the host or any provider", async () => {
    const plugins = (await readdir(join(root, "plugins"))).map((name) => join(root, "plugins", name));
    for (const folder of [root, ...plugins]) expect.soft(await problems(folder), folder).toEqual([]);
  });
});

describe("casr, installed globally", async () => {
  const { engines } = await manifestAt(root);
  const oldest = engines.node.split(" || ").map((range) => range.replace(/^\D+/, ""));

  it.each(oldest)("runs on Node %s, plugins included", async (version) => {
    const program = await nodeRelease(version);
    const user = await machine("http://registry.invalid/", ["codex/exec-gpt55-edit"]);
    const folder = await tinyAs("x", join(user.home, "x"));
    const casr = async (...args: string[]): Promise<string> => {
      const words = [join(inject("prefix"), "bin", "casr"), ...args];
      const env = { ...plainEnvironment(), HOME: user.home, NO_COLOR: "1" };
      const outcome = await run(program, words, { cwd: user.home, env });
      expect([outcome.status, outcome.stderr]).toEqual([0, expect.not.stringMatching(/warning/i)]);
      return outcome.stdout;
    };
    expect((await run(program, ["--version"], { cwd: user.home, env: {} })).stdout.trim()).toBe(
      `v${version}`,
    );
    expect(await casr("--version")).toMatch(/^casr \d/);
    expect(await casr("--help")).toContain("casr -cc SESSION");
    await casr("plugins", "link", folder);
    expect(JSON.parse(await casr("list", "--all", "--json"))).toMatchObject({ matched: 1 });
    const id = "01a1fc7a-2e96-7a91-b5d8-5b130475fbff";
    for (const target of ["cc", "gmi", "x"]) {
      const made = JSON.parse(await casr(target, "resume", `codex:${id}`, "--json")) as object;
      expect(made).toMatchObject({ outcome: "converted", verification: { tool_calls: 12 } });
    }
  });

  it("says what it needs on a Node that is too old", async () => {
    const program = "/usr/local/bin/node";
    const version = await run(program, ["--version"], { cwd: root, env: {} }).catch(() => undefined);
    if (version === undefined || !/^v(?:1\d|20|21)\./.test(version.stdout)) return;
    const outcome = await run(program, [join(inject("prefix"), "bin", "casr"), "list"], {
      cwd: root,
      env: {},
    });
    expect([outcome.status, outcome.stderr]).toEqual([
      1,
      expect.stringMatching(/^casr needs Node 22[^\n]*\n$/),
    ]);
  });
});
