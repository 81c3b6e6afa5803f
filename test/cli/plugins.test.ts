import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resolvePluginPaths } from "../../src/cli/plugins/paths.ts";
import { sandbox, toyPlugin, type Sandbox } from "./harness.ts";

/** A copy of the toy plugin under another name, with its hook changed. */
async function variant(box: Sandbox, name: string, change: (hook: string) => string): Promise<string> {
  const folder = join(box.home, "plugins", name);
  await cp(toyPlugin, folder, { recursive: true });
  const manifest = await readFile(join(folder, "package.json"), "utf8");
  await writeFile(join(folder, "package.json"), manifest.replace("casr-provider-toy", name));
  await writeFile(join(folder, "hook.js"), change(await readFile(join(folder, "hook.js"), "utf8")));
  return folder;
}

describe("a plugin that does not work", () => {
  test.each([
    ["throws", () => "export default () => { throw new Error('no luck today'); };", "no luck today"],
    ["does not parse", () => "export default (", "casr:providers hook failed"],
    ["returns no list", () => "export default () => 42;", "no list of providers"],
    ["is made for another api", (hook: string) => hook.replace("api: 1", "api: 9"), "api 9"],
    ["ends the process's patience", () => "export default () => new Promise(() => {});", "did not come back"],
  ])("%s: one line, and the others work", async (_name, change, reason) => {
    const box = await sandbox();
    await box.session("abc-1");
    await box.link("casr-provider-broken", await variant(box, "casr-provider-broken", change));
    const outcome = await box.casr(["list", "--json"]);
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ matched: 1 });
    const lines = outcome.stderr.split("\n").filter((line) => line.includes("casr-provider-broken"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(reason);
  });

  test("what is gone or damaged costs a line, not the run", async () => {
    const box = await sandbox();
    await box.session("abc-1");
    await box.link("casr-provider-gone", join(box.home, "nowhere"));
    const outcome = await box.casr(["list"]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toContain("abc-1");
    const gone = `warning: the linked plugin ~/nowhere is gone; take it off the list: casr plugins uninstall <name>\n`;
    expect(outcome.stderr).toBe(gone.replace("~", box.home));

    await writeFile(join(box.home, "xdg-data", "casr", "package.json"), "{damaged");
    const damaged = await box.casr(["providers", "--json"]);
    expect(damaged.status).toBe(0);
    expect(damaged.stderr).toMatch(/^warning: the list of installed plugins .* is damaged: .*\n$/);
    expect(JSON.parse(damaged.stdout)).not.toHaveLength(0);
  });
});

describe("installing", () => {
  test("a folder by its path, checked at once; then it is a provider like any other", async () => {
    const box = await sandbox();
    const folder = await variant(box, "casr-provider-fresh", (hook) =>
      hook
        .replaceAll('"toy"', '"fresh"')
        .replaceAll('"ty"', '"fr"')
        .replace(/, agent\("plain".*?\)/, ""),
    );
    await mkdir(join(box.home, "cwd"), { recursive: true });
    const installed = await box.casr(["plugins", "install", "../plugins/casr-provider-fresh"], {
      cwd: join(box.home, "cwd"),
    });
    expect(installed.stderr).toContain("casr-provider-fresh 1.2.3 provides Toy Agent (fresh)");
    expect(installed.status).toBe(0);
    const providers = JSON.parse((await box.casr(["providers", "--json"])).stdout) as {
      slug: string;
      package: object;
    }[];
    expect(providers.find(({ slug }) => slug === "fresh")?.package).toMatchObject({ origin: "user" });
    expect(folder).toContain("fresh");
  });

  test("a provider that is older than the one casr brings is told of in every run, until it is gone", async () => {
    const box = await sandbox();
    const as = (hook: string): string =>
      hook
        .replaceAll('"toy"', '"codex"')
        .replaceAll('"ty"', '"cod"')
        .replace(/, agent\("plain".*?\)/, "");
    const folder = await variant(box, "casr-provider-codex", as);
    const manifest = join(folder, "package.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace("1.2.3", "0.0.9"));
    const cwd = join(box.home, "plugins");
    expect((await box.casr(["plugins", "install", "./casr-provider-codex"], { cwd })).status).toBe(0);
    const told =
      /^warning: the installed plugin casr-provider-codex 0\.0\.9 is older than the \S+ that comes with casr/m;
    const older = await box.casr(["list", "--json"]);
    expect(older.status).toBe(0);
    expect(older.stderr).toMatch(told);
    expect(older.stderr).toContain("casr plugins uninstall casr-provider-codex");
    expect((await box.casr(["plugins", "uninstall", "casr-provider-codex"])).status).toBe(0);
    expect((await box.casr(["list", "--json"])).stderr).not.toMatch(told);
  });

  test("a plugin that registers nothing is told apart", async () => {
    const box = await sandbox();
    await variant(box, "casr-provider-bad", (hook) => hook.replace("api: 1", "api: 9"));
    const outcome = await box.casr(["plugins", "install", "./casr-provider-bad"], {
      cwd: join(box.home, "plugins"),
    });
    expect(outcome.stderr).toContain("warning: casr-provider-bad is installed, but");
    expect(outcome.stderr).toContain("casr plugins uninstall casr-provider-bad");
  });
});

test("paths for plugins install become what plugin-plugins understands", async () => {
  const box = await sandbox();
  await mkdir(join(box.home, "some", "plugin"), { recursive: true });
  await writeFile(join(box.home, "x.tgz"), "");
  await writeFile(join(box.home, "x.txt"), "");
  const map = (...words: string[]): string[] => resolvePluginPaths(words, box.home, box.home);
  const file = (path: string): string => `file:${join(box.home, path)}`;
  expect(map("plugins", "install", "./x.tgz")).toEqual(["plugins", "install", file("x.tgz")]);
  expect(map("plugins", "install", "x.tgz")).toEqual(["plugins", "install", file("x.tgz")]);
  expect(map("plugins", "add", "some/plugin", "--force")).toEqual([
    "plugins",
    "add",
    file("some/plugin"),
    "--force",
  ]);
  expect(map("plugins", "install", "~/some/plugin")).toEqual(["plugins", "install", file("some/plugin")]);
  expect(map("plugins", "install", "file:some/plugin")).toEqual(["plugins", "install", file("some/plugin")]);
  for (const word of [
    "user/repo",
    "some",
    "@scope/name",
    "name@1.0.0",
    "./x.txt",
    "./missing.tgz",
    "git+ssh://x/y.git",
    "https://x/y",
  ]) {
    expect(map("plugins", "install", word)).toEqual(["plugins", "install", word]);
  }
  expect(map("list", "./x.tgz")).toEqual(["list", "./x.tgz"]);
});
