import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { completionScript, SHELLS } from "../../src/cli/completion/scripts.ts";
import { root, sandbox } from "./harness.ts";

const ID = "3f2a9c10-1111-4a2b-8c3d-000000000001";

describe("casr complete", () => {
  test.each([
    ["commands", [""], ["list", "info", "resume", "providers", "completions", "plugins", "ty", "plain"]],
    ["agents to check", ["doctor", "--probe", "c"], ["cc", "claude", "claude-code", "cod", "cdx", "codex"]],
    ["a command's start", ["pro"], ["providers"]],
    ["shorthands", ["-p"], ["-pl"]],
    ["resume after an agent", ["ty", ""], ["resume"]],
    ["sessions", ["ty", "resume", "3f"], [ID]],
    ["sessions after a shorthand", ["-pl", "3f"], [ID]],
    ["sessions of an agent", ["info", "toy:3f"], [`toy:${ID}`]],
    ["flags", ["resume", "--dry"], ["--dry-run"]],
    ["agents for --to", ["resume", ID, "--to", "p"], ["pl", "plain"]],
    ["agents for --to=", ["resume", ID, "--to=p"], ["--to=pl", "--to=plain"]],
    ["choices of a flag", ["resume", ID, "--history", ""], ["context", "full"]],
    ["shells", ["completions", "z"], ["zsh"]],
    ["subcommands", ["plugins", "unl"], ["unlink"]],
    ["folders", ["list", "--workspace", "./sub"], ["./subfolder/"]],
    ["folders of the home folder", ["list", "--workspace", "~/"], ["~/work/"]],
  ])("%s", async (_name, words, expected) => {
    const box = await sandbox();
    await box.session(ID, { title: "A title\twith a tab" });
    await mkdir(join(box.project, "subfolder"));
    const { stdout, status } = await box.casr(["complete", "zsh", String(words.length - 1), "--", ...words]);
    expect(status).toBe(0);
    const candidates = stdout.split("\n").map((line) => line.split("\t")[0]);
    expect(candidates).toEqual(expect.arrayContaining(expected));
    for (const line of stdout.split("\n").slice(0, -1)) expect(line.split("\t")).toHaveLength(2);
  });

  test("is silent about what is wrong", async () => {
    const box = await sandbox();
    await box.link("casr-provider-gone", join(box.home, "nowhere"));
    expect(await box.casr(["complete", "bash", "1", "--", "info", "zz"])).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(await box.casr(["complete"])).toMatchObject({ status: 0 });
  });
});

describe("scripts", () => {
  test.each([...SHELLS])("%s has one", async (shell) => {
    const box = await sandbox();
    const { stdout } = await box.casr(["completions", shell]);
    expect(stdout).toBe(completionScript(shell));
    expect(stdout).toContain(`casr complete ${shell}`);
  });

  test("bash completes a session with a colon, which it splits into words", async () => {
    const box = await sandbox();
    await box.session(ID);
    await box.program("casr", `exec "${process.execPath}" "${join(root, "bin/run.js")}" "$@"`);
    const script = `${completionScript("bash")}
      COMP_WORDS=(casr info toy : 3f2a); COMP_CWORD=4; _casr; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = {
      HOME: box.home,
      XDG_DATA_HOME: join(box.home, "xdg-data"),
      PATH: `${join(box.home, "bin")}:/usr/bin:/bin`,
    };
    const printed = execFileSync("bash", ["--norc", "-c", script], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect(printed.trim()).toBe(ID);
  });

  test("a shell without completions is named", async () => {
    const box = await sandbox();
    const { status, stderr } = await box.casr(["completions", "bsh"]);
    expect(status).toBe(2);
    expect(stderr).toContain("→ casr completions bash");
  });
});
