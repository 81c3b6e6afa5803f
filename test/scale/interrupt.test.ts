import { spawn, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bigSession, manySessions } from "../bench/stores.ts";
import { casr, casrCommand, environment, filesOf, jsonOf, scratchHome } from "./machine.ts";

const MB = 1024 * 1024;
const never = new AbortController().signal;
const hasTerminal = spawnSync("script", ["--version"]).status === 0;

/** Words of a terminal, each line as it was when it was replaced. */
function linesOf(screen: string): string[] {
  return screen.split(/\r\n|\r|\n/).map((line) => line.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "").trim());
}

/** Runs casr at a terminal of its own; types Ctrl-C once the screen shows `until`. */
function atTerminal(
  home: string,
  args: string[],
  until?: RegExp,
): Promise<{ status: number | null; screen: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["-qefc", `stty cols 100; ${casrCommand(args)}`, "/dev/null"], {
      cwd: home,
      env: environment(home),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let screen = "";
    let isTyped = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      if (until === undefined || isTyped || !until.test(screen)) return;
      isTyped = true;
      child.stdin.write("\u0003");
    });
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, screen }));
  });
}

describe("a conversion that is stopped", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s leaves everything as it was, whenever it comes", async (name, status) => {
    const home = scratchHome();
    const { word } = await bigSession(home, "claude-code", 60 * MB, never);
    const before = await filesOf(home);
    const args = ["resume", word, "--to", "codex", "--json"];
    // How long it takes here, to spread the signals over all of it; a whole run is undone by hand.
    const start = Date.now();
    expect((await casr(home, [...args, "--dry-run"])).status).toBe(0);
    const reading = Date.now() - start;
    let stopped = 0;
    for (const share of [0.1, 0.5, 0.9, 1.1, 1.4, 1.7, 2]) {
      const outcome = await casr(home, args, {
        started: (child) => setTimeout(() => child.kill(name), reading * share).unref(),
      });
      // The first signal comes before the end everywhere; on a fast machine not all of them do.
      if (outcome.status === 0) break;
      stopped += 1;
      expect({ share, status: outcome.status }).toEqual({ share, status });
      expect(await filesOf(home)).toEqual(before);
    }
    expect(stopped).toBeGreaterThan(0);
    expect(jsonOf(await casr(home, args))["ok"]).toBe(true);
  });

  test.skipIf(!hasTerminal).each(["reading", "writing", "verifying"])(
    "by Ctrl-C while the terminal says %s is undone (needs script)",
    async (phase) => {
      const home = scratchHome();
      // Every phase must take more than the second in which nothing is shown.
      const { word } = await bigSession(home, "codex", 400 * MB, never);
      const before = await filesOf(home);
      const args = ["resume", word, "--to", "claude-code"];
      const { status, screen } = await atTerminal(home, args, new RegExp(`${phase} \\d+% of`));
      expect(linesOf(screen).join("\n")).toMatch(
        /(?:reading|writing|verifying) \d+% of \d+ MB, [\d.]+ MB\/s, \d+ s left/,
      );
      expect(screen).toContain("stopped");
      expect(status).toBe(130);
      expect(await filesOf(home)).toEqual(before);
    },
  );
});

test.skipIf(!hasTerminal)(
  "what is done is cleared from the terminal before the result (needs script)",
  async () => {
    const home = scratchHome();
    const { word } = await bigSession(home, "codex", 100 * MB, never);
    const { status, screen } = await atTerminal(home, ["resume", word, "--to", "claude-code"]);
    expect(status).toBe(0);
    const shown = screen.split("\n").map((line) => line.slice(line.lastIndexOf("\u001B[K")));
    expect(shown.join("\n")).not.toMatch(/\d+% of/);
    expect(screen).toMatch(/(?:reading|writing|verifying) \d+% of/);
  },
);

test("nothing of it is said where nobody watches", async () => {
  const home = scratchHome();
  const { word } = await bigSession(home, "codex", 60 * MB, never);
  const outcome = await casr(home, ["resume", word, "--to", "claude-code"]);
  expect(outcome.status).toBe(0);
  expect(outcome.stderr).not.toMatch(/% of|MB\/s/);
});

test("a list that is stopped while it looks at everything ends with the shell's status, and the next one is whole", async () => {
  const home = scratchHome();
  await manySessions(home, 330, never);
  const before = await filesOf(home);
  for (const after of [100, 250, 400]) {
    const outcome = await casr(home, ["list", "--all", "--limit", "0", "--json"], {
      started: (child) => setTimeout(() => child.kill("SIGINT"), after).unref(),
    });
    expect([130, 0]).toContain(outcome.status);
    expect(await filesOf(home)).toEqual(before);
  }
  const { items } = jsonOf(await casr(home, ["list", "--all", "--limit", "0", "--json"])) as {
    items: unknown[];
  };
  // The databases hold one genuine session each beside the generated ones.
  expect(items).toHaveLength(332);
});
