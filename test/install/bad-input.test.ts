import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { machine, type Machine, type ProviderJson } from "./machine.ts";
import { BUNDLED, tinyAs } from "./plugins.ts";
import { packageCopy, publish, startRegistry, type TestRegistry } from "./registry.ts";

let registry: TestRegistry;
const packages = (): string => join(inject("scratch"), "packages-bad");

async function release(folder: string): Promise<void> {
  await publish(folder, registry.url, join(inject("scratch"), "publisher"));
}

beforeAll(async () => {
  registry = await startRegistry(join(inject("scratch"), "registry-bad"));
  await mkdir(packages(), { recursive: true });
  await release(await tinyAs("good", join(packages(), "good"), { version: "1.0.0" }));
  const future = (text: string): string => text.replace("api: 1", "api: 7");
  await release(await tinyAs("future", join(packages(), "future"), { files: { "hook.js": future } }));
  const thief = (text: string): string => text.replace('slug: "thief"', 'slug: "codex"');
  await release(await tinyAs("thief", join(packages(), "thief"), { files: { "hook.js": thief } }));
  await release(
    await tinyAs("plain", join(packages(), "plain"), {
      manifest: ({ oclif: _oclif, ...manifest }) => manifest,
    }),
  );
  // Exists, but cannot be installed: it depends on what nobody has.
  await release(
    await tinyAs("good", join(packages(), "good-2"), {
      version: "2.0.0",
      manifest: (manifest) => ({ ...manifest, dependencies: { "nobody-has-this": "^1.0.0" } }),
    }),
  );
});
afterAll(() => registry.stop());

interface ErrorJson {
  ok: false;
  code: string;
  message: string;
  exit_status: number;
  suggestions: string[];
}

/** An installation that must fail: one JSON object, a status, a next step. */
async function refused(user: Machine, ...args: string[]): Promise<ErrorJson> {
  const outcome = await user.casr([...args, "--json"]);
  const error = JSON.parse(outcome.stdout) as ErrorJson;
  expect([outcome.status, error.ok]).toEqual([error.exit_status, false]);
  expect(error.suggestions.length).toBeGreaterThan(0);
  const plain = await user.casr(args);
  expect(plain.status).toBe(error.exit_status);
  expect(plain.stderr).toContain(`error: ${error.message}`);
  expect(plain.stdout).toBe("");
  return error;
}

async function slugs(user: Machine): Promise<string[]> {
  const providers = await user.json<ProviderJson[]>("providers");
  return providers.filter(({ package: { origin } }) => origin !== "missing").map(({ slug }) => slug);
}

describe("a registry that does not answer", () => {
  it("costs a line; what is installed stays and works, installing from a file does too", async () => {
    const user = await machine(registry.url);
    expect((await user.casr(["plugins", "install", "good@1.0.0"])).status).toBe(0);
    await registry.stop();
    try {
      for (const words of [["install", "amp"], ["install", "good"], ["update"]]) {
        const error = await refused(user, "plugins", ...words);
        expect(error).toMatchObject({ code: "install-failed", exit_status: 13 });
        expect(error.message).toContain("cannot be reached");
      }
      expect(await slugs(user)).toEqual([...BUNDLED, "good"].sort());
      const folder = await tinyAs("x", join(user.home, "x"));
      expect((await user.casr(["plugins", "install", folder])).status).toBe(0);
      expect(await slugs(user)).toEqual([...BUNDLED, "good", "x"].sort());
    } finally {
      await registry.start();
    }
  });

  it("is told as such when its name is unknown", async () => {
    const user = await machine("http://registry.invalid/");
    const error = await refused(user, "plugins", "install", "amp");
    expect(error.message).toMatch(/cannot be reached \((?:ENOTFOUND|EAI_AGAIN)\)/);
  });
});

describe("a package that cannot be a plugin", () => {
  it.each([
    ["nowhere", "npm has no package casr-provider-nowhere."],
    ["good@9.9.9", "npm has no casr-provider-good@9.9.9"],
    ["plain", "casr-provider-plain 1.0.0 is not a casr plugin"],
    ["npm:nobody-has-this", "npm has no package nobody-has-this."],
  ])("%s is refused before anything is installed", async (word, message) => {
    const user = await machine(registry.url);
    const error = await refused(user, "plugins", "install", word);
    expect(error).toMatchObject({ exit_status: 13, message: expect.stringContaining(message) });
    expect(await slugs(user)).toEqual(BUNDLED);
  });

  it("is refused as a folder, an archive or a link as well", async () => {
    const user = await machine(registry.url);
    const cwd = join(user.home, "work");
    await packageCopy(join(packages(), "plain"), join(cwd, "plain"));
    await mkdir(join(cwd, "empty"));
    await writeFile(join(cwd, "noise.tgz"), "this is no archive");
    expect((await refused(user, "plugins", "install", "./plain")).message).toContain("no oclif block");
    expect((await refused(user, "plugins", "link", "plain")).message).toContain("no oclif block");
    expect((await refused(user, "plugins", "install", "./empty")).message).toContain("has no package.json");
    expect((await refused(user, "plugins", "install", "./noise.tgz")).message).toContain("cannot be read");
    expect(await refused(user, "plugins", "link", "./nowhere")).toMatchObject({ exit_status: 2 });
    expect(await slugs(user)).toEqual(BUNDLED);
  });
});

describe("a plugin that installs but does not work", () => {
  it.each([
    ["future", "made for provider api 7, this casr has api 1: update casr"],
    ["thief", 'it claims "codex", which casr-provider-codex 0.1.0 provides'],
  ])("%s is told at once, and costs every run one line", async (name, reason) => {
    const user = await machine(registry.url);
    const installed = await user.casr(["plugins", "install", name]);
    expect([installed.status, installed.stderr]).toEqual([11, expect.stringContaining(reason)]);
    expect(installed.stderr).toContain(`casr plugins uninstall casr-provider-${name}`);
    const providers = await user.casr(["providers", "--json"]);
    expect(providers.status).toBe(0);
    expect(providers.stderr).toMatch(/^warning: [^\n]+\n$/);
    expect(providers.stderr).toContain(`casr-provider-${name} 1.0.0`);
    const bundled = (JSON.parse(providers.stdout) as ProviderJson[]).filter(
      ({ package: { origin } }) => origin === "bundled",
    );
    expect(bundled.map(({ slug }) => slug)).toEqual(BUNDLED);
    expect((await user.casr(["plugins", "uninstall", name])).status).toBe(0);
  });

  it("does not take a working older version with it when its installation fails", async () => {
    const user = await machine(registry.url);
    expect((await user.casr(["plugins", "install", "good@1.0.0"])).status).toBe(0);
    const failed = await user.casr(["plugins", "install", "good@2.0.0"]);
    expect([failed.status, failed.stderr]).toEqual([
      13,
      expect.stringContaining("casr-provider-good@2.0.0 could not be installed"),
    ]);
    const providers = await user.json<ProviderJson[]>("providers");
    expect(providers.find(({ slug }) => slug === "good")?.package.version).toBe("1.0.0");
    expect((await user.casr(["plugins", "uninstall", "good"])).status).toBe(0);
  });
});

describe("a folder for plugins that cannot be used", () => {
  const install = ["plugins", "install", "good@1.0.0"];

  it("damaged list: nothing is overwritten, casr works, and the way out is told", async () => {
    const user = await machine(registry.url);
    await mkdir(user.data, { recursive: true });
    const list = join(user.data, "package.json");
    await writeFile(list, "{damaged");
    const error = await refused(user, ...install);
    expect(error.message).toContain("package.json is damaged");
    expect(error.suggestions[0]).toContain("mv ");
    expect(await readFile(list, "utf8")).toBe("{damaged");
    const listed = await user.casr(["list", "--all", "--json"]);
    expect([listed.status, listed.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: [^\n]*damaged[^\n]*\n$/),
    ]);
  });

  it.each([
    ["a list of other things", { oclif: { plugins: [42, null, { type: "user" }, { name: 7 }] } }],
    ["no list", { oclif: { plugins: "casr-provider-good" } }],
    ["another shape", { oclif: [], dependencies: 5 }],
    [
      "plugins that are gone",
      { oclif: { plugins: [{ name: "casr-provider-gone", type: "user", tag: "latest" }] } },
    ],
  ])("%s: casr works", async (_what, content) => {
    const user = await machine(registry.url);
    await mkdir(user.data, { recursive: true });
    await writeFile(join(user.data, "package.json"), JSON.stringify(content));
    const providers = await user.casr(["providers", "--json"]);
    expect(providers.status).toBe(0);
    expect(
      (JSON.parse(providers.stdout) as ProviderJson[]).slice(0, BUNDLED.length).map(({ slug }) => slug),
    ).toEqual(BUNDLED);
    for (const line of providers.stderr.split("\n").filter(Boolean)) expect(line).toMatch(/^warning: /);
  });

  it("a file in its place", async () => {
    const user = await machine(registry.url);
    await mkdir(join(user.home, ".local/share"), { recursive: true });
    await writeFile(user.data, "");
    expect((await refused(user, ...install)).message).toContain("cannot be used");
    const providers = await user.casr(["providers"]);
    expect([providers.status, providers.stderr]).toEqual([0, expect.stringMatching(/^warning: [^\n]+\n$/)]);
  });

  it.skipIf(process.getuid?.() === 0)("one that may not be written to", async () => {
    const user = await machine(registry.url);
    await mkdir(user.data, { recursive: true });
    await chmod(user.data, 0o555);
    expect((await refused(user, ...install)).message).toContain("may not be written to");
    expect(await slugs(user)).toEqual(BUNDLED);
    await chmod(user.data, 0o755);
  });
});
