import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./support/home.ts";

const START = fileURLToPath(new URL("../bin/start.js", import.meta.url));

/** Runs `npm start`'s script with a home and a folder for temporary files of its own. */
function start(words: string[], folders: { home: string; temporary: string }): SpawnSyncReturns<string> {
  const { PATH = "" } = process.env;
  const env = {
    PATH,
    HOME: folders.home,
    TMPDIR: folders.temporary,
    CODEX_HOME: folders.home,
    INIT_CWD: folders.home,
  };
  return spawnSync(process.execPath, [START, ...words], { env, encoding: "utf8" });
}

describe("npm start", () => {
  it("shows a verified conversion in a throw-away home and leaves nothing behind", () => {
    const folders = { home: temporaryFolder("mine"), temporary: temporaryFolder("tmp") };
    const { status, stdout, stderr } = start([], folders);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const shown = stdout.match(/^\$ .*$/gm) ?? [];
    expect(shown.slice(0, 2)).toEqual(["$ casr list --all", "$ casr cc resume 01a1fc7a-2e96"]);
    expect(shown[2]).toMatch(/^\$ casr info [0-9a-f-]{36}$/);
    expect(stdout).toContain("read back and equal");
    expect(stdout).toContain("from codex:01a1fc7a-2e96-7a91-b5d8-5b130475fbff");
    expect(stdout).toContain("npm start -- list");
    expect(stdout).not.toContain("\u001B");
    expect(stdout).not.toContain(folders.temporary);
    expect(readdirSync(folders.home)).toEqual([]);
    expect(readdirSync(folders.temporary).filter((name) => name.startsWith("casr-"))).toEqual([]);
  });

  it("runs casr itself with the words after it, in the folder of its user", () => {
    const folders = { home: temporaryFolder("mine"), temporary: temporaryFolder("tmp") };
    const listed = start(["list", "--json"], folders);
    expect(listed.status).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject({ items: [], workspace: folders.home });
    const unknown = start(["info", "nowhere"], folders);
    expect(unknown.status).toBe(3);
    expect(unknown.stderr).toContain("nowhere");
  });
});
