import { appendFile, cp, mkdir, rename, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { resumeSchema, type ResumeJson } from "../../src/cli/json/schemas.ts";
import { sandbox, type Outcome, type Sandbox } from "./harness.ts";

const CODEX = "01a1fc7a-2e96";
const CLAUDE = "160d8024";

/** A sandbox with one genuine Codex and one genuine Claude Code session. */
async function seeded(): Promise<Sandbox> {
  const box = await sandbox();
  for (const name of ["codex/exec-gpt55-edit", "claude-code/interactive-compact"]) {
    const home = fileURLToPath(new URL(`../../fixtures/${name}/home`, import.meta.url));
    await cp(home, box.home, { recursive: true });
  }
  return box;
}

function parsed({ stdout, stderr }: Outcome): ResumeJson {
  expect(stderr).toBe("");
  return resumeSchema.parse(JSON.parse(stdout));
}

/** Moves a folder of the home elsewhere and leaves a link behind. */
async function linkAway(box: Sandbox, ...path: string[]): Promise<void> {
  const from = join(box.home, ...path);
  const to = join(box.home, "dotfiles", path.join("-"));
  await mkdir(dirname(from), { recursive: true });
  await mkdir(to, { recursive: true });
  await rename(from, join(to, "moved")).catch(() => mkdir(join(to, "moved")));
  await symlink(join(to, "moved"), from);
}

describe("stores that are links to elsewhere", () => {
  test.each([
    ["claude-code", CODEX, [".claude", "projects"]],
    ["codex", CLAUDE, [".codex", "sessions"]],
    ["gemini", CLAUDE, [".gemini", "tmp"]],
  ])("%s is read and written", async (target, session, path) => {
    const box = await seeded();
    await linkAway(box, ...path);
    const report = parsed(await box.casr([target, "resume", session, "--json"]));
    expect(report.outcome).toBe("converted");
    expect(report.target_path).toContain(join(box.home, ...path));
    const again = parsed(await box.casr([target, "resume", report.target_session_id!, "--json"]));
    expect(again.outcome).toBe("direct");
  });
});

describe("stores moved by a variable", () => {
  test.each([
    ["claude-code", CODEX, "CLAUDE_HOME", "CLAUDE_CONFIG_DIR", ["alt"]],
    ["claude-code", CODEX, "CLAUDE_CONFIG_DIR", "CLAUDE_CONFIG_DIR", ["alt"]],
    ["codex", CLAUDE, "CODEX_HOME", "CODEX_HOME", ["alt"]],
    ["gemini", CLAUDE, "GEMINI_HOME", "GEMINI_CLI_HOME", ["alt", ".gemini"]],
    ["gemini", CLAUDE, "GEMINI_CLI_HOME", "GEMINI_CLI_HOME", ["alt", ".gemini"]],
  ])("%s: %s with %s", async (target, session, variable, own, store) => {
    const box = await seeded();
    const alt = join(box.project, "alt");
    const run = async (value: string): Promise<ResumeJson> =>
      parsed(await box.casr([target, "resume", session, "--json"], { env: { [variable]: value } }));
    // A relative folder is another one in the workspace, where the agent starts: it gets the whole path.
    const report = await run("alt");
    expect(report.target_path).toContain(join(box.project, ...store));
    expect(report.resume_steps[0]?.env).toEqual({ [own]: alt });
    expect(report.resume_command).toContain(`${own}=${alt} `);
    // What the agent knows by itself is not said again.
    const whole = await run(alt);
    expect(whole.outcome).toBe("existing");
    expect(whole.resume_steps[0]?.env).toEqual(variable === own ? {} : { [own]: alt });
  });

  test("the usual folder by another name needs no variable", async () => {
    const box = await seeded();
    const env = { CLAUDE_HOME: join(box.home, ".claude"), GEMINI_HOME: join(box.home, ".gemini") };
    for (const target of ["claude-code", "gemini"]) {
      const session = target === "gemini" ? CLAUDE : CODEX;
      const report = parsed(await box.casr([target, "resume", session, "--json"], { env }));
      expect(report.resume_steps[0]?.env).toEqual({});
    }
  });
});

describe("workspaces", () => {
  test("one that is not on this machine is told of, and ~ means the home folder", async () => {
    const box = await seeded();
    const recorded = parsed(await box.casr(["cc", "resume", CODEX, "--dry-run", "--json"]));
    expect(recorded.warnings.join()).toContain("/home/dev/projects/calc is not on this machine");
    const shown = await box.casr(["cc", "resume", CODEX, "--dry-run"]);
    expect(shown.stdout).toContain("/home/dev/projects/calc (not on this machine: make it, or add");
    expect(shown.stderr).toBe("");
    const words = ["cc", "resume", CODEX, "--json", "--dry-run"];
    const named = parsed(await box.casr([...words, "--workspace=~/work/project"]));
    expect(named).toMatchObject({ workspace: box.project, warnings: [] });
    expect((await box.casr([...words, "--workspace="])).status).toBe(2);
  });
});

describe("the same session again", () => {
  test("at the same time: one run writes it, the others answer with it", async () => {
    const box = await seeded();
    const runs = await Promise.all(
      [1, 2, 3].map(() => box.casr(["cod", "resume", CLAUDE, "--workspace", ".", "--json"])),
    );
    const reports = runs.map(parsed);
    expect(reports.map(({ outcome }) => outcome).sort()).toEqual(["converted", "existing", "existing"]);
    expect(new Set(reports.map((report) => report.target_session_id)).size).toBe(1);
  });

  test("after the agent has gone on with the copy, that is said", async () => {
    const box = await seeded();
    const words = ["cc", "resume", CODEX, "--workspace", "."];
    const path = parsed(await box.casr([...words, "--json"])).target_path!;
    expect((await box.casr(words)).stdout).toContain("(--force writes it anew)");
    await appendFile(path, "\n");
    const later = new Date(Date.now() + 60_000);
    await utimes(path, later, later);
    const report = parsed(await box.casr([...words, "--json"]));
    expect(report.lineage?.earlier).toMatchObject([{ path, same_source: true, gone_on: true }]);
    const text = (await box.casr(words)).stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain("converted before and gone on with since (--fork makes a fresh copy)");
  });

  test("a converted session says where it is from, also where its title is cut", async () => {
    const box = await seeded();
    await box.casr(["cc", "resume", CODEX]);
    const { stdout } = await box.casr(["list", "--all", "--provider", "cc"], { env: { COLUMNS: "44" } });
    expect(stdout).toContain("[from codex]");
  });
});
