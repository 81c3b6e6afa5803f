import { describe, expect, test } from "vitest";
import { rewriteArgv, wantsJson } from "../../src/cli/argv.ts";

/** Words are split at spaces; `''` is the empty word. */
const words = (line: string): string[] => line.split(" ").filter((word) => word !== "");

describe("the argv pre-pass", () => {
  test.each([
    // <target> resume <session>
    ["cc resume abc", "resume --to cc abc"],
    ["claude-code resume codex 3", "resume --to claude-code codex 3"],
    ["unheard-of resume abc", "resume --to unheard-of abc"],
    ["cc resume abc --dry-run --json", "resume --to cc abc --dry-run --json"],
    ["cc resume", "resume --to cc"],
    ["cc resume --help", "resume --to cc --help"],
    ["cc resume resume", "resume --to cc resume"],
    ["cc resume list", "resume --to cc list"],
    ["cc resume -- -odd", "resume --to cc -- -odd"],
    // -<alias> <session>
    ["-cc abc", "resume --to cc abc"],
    ["-claude-code abc --fork", "resume --to claude-code abc --fork"],
    ["-cc resume abc", "resume --to cc abc"],
    ["-cc", "resume --to cc"],
    ["-cc -- -odd", "resume --to cc -- -odd"],
    // global flags in front or between
    ["--json cc resume abc", "resume --to cc abc --json"],
    ["--verbose --json -cc abc", "resume --to cc abc --verbose --json"],
    ["cc --json resume abc", "resume --to cc abc --json"],
    ["--json cc resume -- abc", "resume --to cc --json -- abc"],
    ["--json list --all", "list --all --json"],
    ["--trace plugins install x", "plugins install x --trace"],
    // host commands stay
    ["list", "list"],
    ["list resume", "list resume"],
    ["info resume", "info resume"],
    ["resume abc --to cc", "resume abc --to cc"],
    ["resume -cc", "resume -cc"],
    ["plugins resume x", "plugins resume x"],
    ["complete bash 2 -- cc resume --peek", "complete bash 2 -- cc resume --peek"],
    // `--` ends everything
    ["-- cc resume abc", "-- cc resume abc"],
    ["--json -- cc resume abc", "--json -- cc resume abc"],
    // not ours
    ["cc", "cc"],
    ["cc list", "cc list"],
    ["-x", "-x"],
    ["--version", "--version"],
    ["--help", "--help"],
    ["--to cc resume abc", "--to cc resume abc"],
    ["", ""],
    // help and version
    ["help", "--help"],
    ["help list", "list --help"],
    ["help plugins install", "plugins install --help"],
    ["-help", "--help"],
    ["-h", "--help"],
    ["list -h", "list --help"],
    ["cc resume -h", "resume --to cc --help"],
    ["resume -- -h", "resume -- -h"],
    ["complete bash 0 -- -h", "complete bash 0 -- -h"],
    ["-V", "--version"],
    // --peek without a number
    ["info abc --peek", "info abc --peek=5"],
    ["info --peek abc", "info --peek=5 abc"],
    ["info --peek 3 abc", "info --peek 3 abc"],
    ["info abc --peek --json", "info abc --peek=5 --json"],
    ["info abc --peek=7", "info abc --peek=7"],
    ["info abc -- --peek", "info abc -- --peek"],
    ["list --peek", "list --peek"],
  ])("%s → %s", (line, expected) => {
    expect(rewriteArgv(words(line))).toEqual(words(expected));
  });

  test("leaves its argument alone and mapped lines as they are", () => {
    const line = ["cc", "resume", "a b", ""];
    const mapped = rewriteArgv(line);
    expect(line).toEqual(["cc", "resume", "a b", ""]);
    expect(mapped).toEqual(["resume", "--to", "cc", "a b", ""]);
    expect(rewriteArgv(mapped)).toEqual(mapped);
  });

  test("--json counts only before --", () => {
    expect(wantsJson(["list", "--json"])).toBe(true);
    expect(wantsJson(["resume", "--", "--json"])).toBe(false);
  });
});
