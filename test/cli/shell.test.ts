import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quotePosix, quotePowerShell, resumeCommand } from "../../src/cli/render/shell.ts";

describe("the resume command as text", () => {
  test("a folder is always quoted, an id needs no quotes", () => {
    expect(resumeCommand([{ argv: ["claude", "--resume", "id-1"], cwd: "/ws" }], "linux")).toBe(
      "cd '/ws' && claude --resume id-1",
    );
    expect(resumeCommand([{ argv: ["claude", "--resume", "id-1"], cwd: "/it's" }], "linux")).toBe(
      String.raw`cd '/it'\''s' && claude --resume id-1`,
    );
  });

  test("several steps, variables, and no command at all", () => {
    const steps = [
      { argv: ["agent", "import", "a b"], cwd: "/ws", env: { X: "1 2" } },
      { argv: ["agent", "--last"], cwd: "/ws" },
    ];
    expect(resumeCommand(steps, "linux")).toBe("cd '/ws' && X='1 2' agent import 'a b' && agent --last");
    expect(resumeCommand([{ argv: [], note: "Open the sidebar." }], "linux")).toBeUndefined();
  });

  test("nothing that hides or turns text round is shown as it is", () => {
    const command = resumeCommand([{ argv: ["a", "x\u202Ey\u200B"], cwd: "/w\u2066" }], "linux");
    expect(command).toBe(String.raw`cd $'/w\xe2\x81\xa6' && a $'x\xe2\x80\xaey\xe2\x80\x8b'`);
  });

  test("PowerShell has its own way", () => {
    expect(
      resumeCommand(
        [{ argv: ["codex", "resume", "id"], cwd: String.raw`C:\it's`, env: { A: "b" } }],
        "win32",
      ),
    ).toBe(String.raw`Set-Location -LiteralPath 'C:\it''s'; $env:A = 'b'; codex resume id`);
    expect(quotePowerShell("a b")).toBe("'a b'");
    expect(quotePowerShell("$(rm)")).toBe("'$(rm)'");
    expect(resumeCommand([{ argv: ["C:\\Program Files\\x.exe", "-r"] }], "win32")).toBe(
      "& 'C:\\Program Files\\x.exe' -r",
    );
  });

  test("bash gives back every word as it was, and no control character is shown", () => {
    const word = fc
      .array(
        fc.constantFrom(
          "a",
          "-",
          "=",
          "'",
          '"',
          "\\",
          "$",
          "`",
          " ",
          "\n",
          "\u001B",
          "~",
          "#",
          "!",
          "é",
          "测",
          "\u0007",
          "*",
          ";",
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const text = words.map(quotePosix).join(" ");
        // oxlint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
        const printed = execFileSync("bash", ["--norc", "-c", `printf '%s\\0' ${text}`], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "inherit"],
          env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" },
        });
        expect(printed.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 30 },
    );
  });
});
