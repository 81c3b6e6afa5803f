import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, sandbox, toyPlugin, type Sandbox } from "./harness.ts";

const tiny = join(root, "test", "plugins", "casr-provider-tiny");

interface Report {
  ok: boolean;
  exit_status: number;
  package: { name: string; version: string; root: string };
  passed: number;
  failed: number;
  skipped: number;
  checks: { name: string; status: string; message: string | null }[];
}

async function check(box: Sandbox, ...words: string[]): Promise<{ status: number | null; report: Report }> {
  const outcome = await box.casr(["providers", "check", ...words, "--json"]);
  return { status: outcome.status, report: JSON.parse(outcome.stdout) as Report };
}

/** A copy of the tiny plugin with its hook changed. */
async function variant(box: Sandbox, change: (hook: string) => string): Promise<string> {
  const folder = join(box.home, "casr-provider-tiny");
  await cp(tiny, folder, { recursive: true });
  await writeFile(join(folder, "hook.js"), change(await readFile(join(folder, "hook.js"), "utf8")));
  return folder;
}

describe("casr providers check", () => {
  test("a bundled agent by its alias: all passes, and nothing of the home folder is touched", async () => {
    const box = await sandbox();
    const { status, report } = await check(box, "cc");
    expect(report.checks.filter((one) => one.status === "failed")).toEqual([]);
    expect(status).toBe(0);
    expect(report).toMatchObject({ ok: true, package: { name: "casr-provider-claude-code" }, failed: 0 });
    expect(report.checks[0]).toMatchObject({ name: "this casr takes what it registers", status: "passed" });
    expect(report.passed + report.skipped).toBe(report.checks.length);
    await expect(readFile(join(box.home, ".claude"))).rejects.toThrow("ENOENT");
  });

  test("what fails is said with its reason, and the exit status is 11", async () => {
    const box = await sandbox();
    const outcome = await box.casr(["providers", "check", "ty"]);
    expect(outcome.status).toBe(11);
    expect(outcome.stdout).toMatch(/^casr-provider-toy 1\.2\.3 /);
    expect(outcome.stdout).toContain("  ok    the hook can be loaded\n");
    expect(outcome.stdout).toMatch(
      / {2}FAIL {2}toy: reads around an unknown record: a written session\n {8}\S/,
    );
    expect(outcome.stdout).toMatch(/\n\d+ checks: \d+ passed, 4 failed\n$/);
    const { status, report } = await check(box, toyPlugin);
    expect(status).toBe(11);
    expect(report).toMatchObject({ ok: false, exit_status: 11, failed: 4 });
  });

  test.each([
    ["throws", () => "throw new Error('no luck today'); export default () => [];", "no luck today"],
    [
      "never returns",
      () => "export default () => new Promise(() => { setInterval(() => {}, 9); });",
      "never returned",
    ],
    ["is made for another api", (hook: string) => hook.replace("api: 1", "api: 9"), "api 9"],
  ])("a hook that %s is explained", async (_what, change, reason) => {
    const box = await sandbox();
    const { status, report } = await check(box, await variant(box, change));
    expect(status).toBe(11);
    const failed = report.checks.filter((one) => one.status === "failed");
    expect(failed.map(({ message }) => message).join("\n")).toContain(reason);
  });

  test("what a plugin prints does not get into the JSON", async () => {
    const box = await sandbox();
    const folder = await variant(box, (hook) => `console.log("hello");\n${hook}`);
    const { report } = await check(box, folder);
    const printing = report.checks.find(({ name }) => name.startsWith("loading prints nothing"));
    expect(printing).toMatchObject({ status: "failed" });
  });

  test("an installed plugin that another one has displaced is told", async () => {
    const box = await sandbox();
    const folder = await variant(box, (hook) => hook.replaceAll('"tiny"', '"toy"'));
    await box.link("casr-provider-tiny", folder);
    const { report } = await check(box, "casr-provider-toy");
    expect(report.checks[0]).toMatchObject({ name: "this casr takes what it registers", status: "failed" });
    expect(report.checks[0]!.message).toContain("both casr-provider-tiny and casr-provider-toy");
  });

  test("a folder that is no plugin", async () => {
    const box = await sandbox();
    await mkdir(join(box.home, "empty"));
    const nothing = await check(box, join(box.home, "empty"));
    expect(nothing.status).toBe(11);
    expect(nothing.report.checks.at(-1)?.message).toContain("package.json cannot be read");
    await writeFile(join(box.home, "empty", "package.json"), '{"name":"x","version":"1.0.0"}');
    const other = await check(box, join(box.home, "empty"));
    expect(other.report.checks.at(-1)?.message).toContain('no oclif.hooks["casr:providers"]');
  });

  test("words that name nothing", async () => {
    const box = await sandbox();
    const unknown = await box.casr(["providers", "check", "codxe"]);
    expect(unknown.status).toBe(5);
    expect(unknown.stderr).toContain("casr providers check codex");
    expect((await box.casr(["providers", "check", "./nowhere"])).status).toBe(2);
    expect((await box.casr(["providers", "check"])).status).toBe(2);
    const subcommand = await box.casr(["providers", "chek"]);
    expect(subcommand.status).toBe(2);
    expect(subcommand.stderr).toContain('There is no command "providers chek"');
    expect((await box.casr(["providers"])).stdout).toContain("Toy Agent");
  });
});
