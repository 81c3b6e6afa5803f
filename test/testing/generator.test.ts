import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { aliasFor, checkedName, nameFor, slugFrom, storeFrom } from "../../src/generator/answers.ts";
import { model, person, root, sandbox } from "../cli/harness.ts";
import { build, install } from "./generated.ts";

const run = promisify(execFile);

describe("a generated provider", () => {
  test("builds, passes every check, is linked, and takes and gives sessions", async () => {
    const box = await sandbox();
    const made = await box.casr(
      [
        "providers",
        "new",
        "my-agent",
        "--name",
        "My Agent 2",
        "--store",
        "~/.config/my agent/chats",
        "--json",
      ],
      { cwd: box.home },
    );
    expect(made.stderr).toBe("");
    const report = JSON.parse(made.stdout) as { folder: string; files: string[]; alias: string };
    expect(report.alias).toBe("ma");
    const folder = join(box.home, "casr-provider-my-agent");
    expect(report.folder).toBe(folder);
    for (const name of [
      ".gitignore",
      ".github/workflows/ci.yml",
      "package.json",
      "README.md",
      "scripts/record.js",
    ])
      expect(report.files).toContain(name);
    for (const name of report.files) {
      const text = await readFile(join(folder, name), "utf8");
      expect(`${name}: ${text}`).not.toMatch(/sample|\bsma\b|\^0\.0\.0/i);
    }

    await install(folder);
    await build(folder);
    const checked = await box.casr(["providers", "check", folder, "--json"]);
    const checks = JSON.parse(checked.stdout) as { ok: boolean; checks: { status: string; name: string }[] };
    expect(checks.checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks).toMatchObject({ ok: true, exit_status: 0 });
    expect(checks.checks.length).toBeGreaterThan(40);

    const { stdout } = await run(
      process.execPath,
      ["--test", "--test-reporter=tap", "test/conformance.test.js"],
      {
        cwd: folder,
        env: { PATH: process.env["PATH"], NODE_ENV: "production" },
      },
    );
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(stdout).toMatch(/^# skipped 1$/m);

    await box.link("casr-provider-my-agent", folder);
    const session = await box.session("source-1", {}, [person("Please fix it."), model("Done.")]);
    const there = await box.casr(["ma", "resume", session, "--json"]);
    expect(JSON.parse(there.stdout)).toMatchObject({
      ok: true,
      target_provider: "my-agent",
      outcome: "converted",
    });
    const target = (JSON.parse(there.stdout) as { target_session_id: string }).target_session_id;
    expect(await readdir(join(box.home, ".config", "my agent", "chats"))).toEqual([`${target}.jsonl`]);
    const back = await box.casr(["cc", "resume", `my-agent:${target}`, "--json"]);
    expect(JSON.parse(back.stdout)).toMatchObject({ ok: true, source_provider: "my-agent" });
  });

  test("npm create runs the same command", async () => {
    const box = await sandbox();
    const creator = join(box.home, "create-casr-provider");
    await cp(join(root, "packages", "create-casr-provider"), creator, { recursive: true });
    await install(creator);
    const { stdout } = await run(process.execPath, [join(creator, "bin.js"), "tiny-one", "--json"], {
      cwd: box.home,
      env: { ...process.env, HOME: box.home, XDG_DATA_HOME: join(box.home, "data") },
    });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, slug: "tiny-one", alias: "to", name: "Tiny One" });
    expect(await readdir(join(box.home, "casr-provider-tiny-one", "src"))).toContain("native.ts");
  });

  test("nothing of yours is written over", async () => {
    const box = await sandbox();
    await mkdir(join(box.home, "casr-provider-x1"));
    await writeFile(join(box.home, "casr-provider-x1", "mine.txt"), "mine");
    const outcome = await box.casr(["providers", "new", "x1"], { cwd: box.home });
    expect(outcome.status).toBe(8);
    expect(await readdir(join(box.home, "casr-provider-x1"))).toEqual(["mine.txt"]);
  });

  test("without a terminal the slug must be given", async () => {
    const box = await sandbox();
    const outcome = await box.casr(["providers", "new"]);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain("casr providers new amp");
  });

  test("an agent that has a provider is made with a warning", async () => {
    const box = await sandbox();
    const outcome = await box.casr(["providers", "new", "codex"], { cwd: box.home });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain("casr-provider-codex provides codex already");
  });
});

describe("answers", () => {
  test("slugs", () => {
    expect(slugFrom(" casr-provider-amp ")).toBe("amp");
    expect(slugFrom("Amp")).toBe("amp");
    for (const bad of ["", "a", "1amp", "amp_x", "../amp", "amp-", "x".repeat(50)])
      expect(() => slugFrom(bad)).toThrow("cannot be a slug");
  });

  test("names and short names made from a slug", () => {
    expect(nameFor("roo-code")).toBe("Roo Code");
    expect(aliasFor("roo-code", new Set())).toBe("rc");
    expect(aliasFor("roo-code", new Set(["rc", "ro"]))).toBe("roo");
    expect(aliasFor("ab", new Set(["ab"]))).toBe("ab");
  });

  test("names that could not stand in code are refused", () => {
    expect(checkedName(" Ünï 2 ")).toBe("Ünï 2");
    for (const bad of ["", '"; process.exit() //', "a\nb", "`x`", "$x", "x".repeat(60)])
      expect(() => checkedName(bad)).toThrow("cannot be a name");
  });

  test("stores are folders below the home folder", () => {
    expect(storeFrom("~/.amp/threads/", "/home/dev")).toBe(".amp/threads");
    expect(storeFrom("/home/dev/.amp", "/home/dev")).toBe(".amp");
    expect(storeFrom("Library/Application Support/amp", "/home/dev")).toBe("Library/Application Support/amp");
    for (const bad of ["", "/etc", "~/../x", "a/./b", 'a"b', "${HOME}", "/home/developer/x"])
      expect(() => storeFrom(bad, "/home/dev")).toThrow("cannot be a store");
  });
});
