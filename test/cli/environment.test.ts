import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { casrFolders, homeFolder } from "../../src/cli/folders.ts";
import { isLogged, logLevel } from "../../src/cli/log.ts";
import { projectRoot } from "../../src/cli/project.ts";

describe("folders", () => {
  test.each([
    ["linux", {}, "/h/.local/state/casr", "/h/.cache/casr"],
    ["linux", { XDG_STATE_HOME: "/s", XDG_CACHE_HOME: "/c" }, "/s/casr", "/c/casr"],
    ["linux", { CASR_STATE_HOME: "/mine", CASR_CACHE_HOME: "/too", XDG_STATE_HOME: "/s" }, "/mine", "/too"],
    ["linux", { CASR_STATE_HOME: "", XDG_STATE_HOME: "" }, "/h/.local/state/casr", "/h/.cache/casr"],
    ["darwin", {}, "/h/Library/Application Support/casr", "/h/Library/Caches/casr"],
  ])("on %s with %j", (platform, env, state, cache) => {
    expect(casrFolders(env, "/h", platform)).toEqual({ state, cache });
  });

  test("the home folder is the environment's", () => {
    expect(homeFolder({ HOME: "/somewhere" }, "linux")).toBe("/somewhere");
    expect(homeFolder({ USERPROFILE: "/users/a" }, "win32")).toBe("/users/a");
  });
});

test("log levels", () => {
  const off = { verbose: false, trace: false };
  expect(logLevel(off, {})).toBe("none");
  expect(logLevel({ ...off, verbose: true }, {})).toBe("debug");
  expect(logLevel({ ...off, trace: true }, { CASR_LOG: "debug" })).toBe("trace");
  expect(logLevel(off, { CASR_LOG: "TRACE" })).toBe("trace");
  expect(logLevel(off, { RUST_LOG: "info,casr=debug" })).toBe("debug");
  expect(logLevel(off, { RUST_LOG: "casr::pipeline=trace,x=debug" })).toBe("trace");
  expect(logLevel(off, { RUST_LOG: "casrx=debug" })).toBe("none");
  expect(isLogged("debug", "trace")).toBe(true);
  expect(isLogged("trace", "debug")).toBe(false);
});

test("the project is the folder with .git at or above this one, but not the home folder", async () => {
  const home = await mkdtemp(join(tmpdir(), "casr-project-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, "repo", ".git"), { recursive: true });
  await mkdir(join(home, "repo", "a", "b"), { recursive: true });
  await mkdir(join(home, "loose"), { recursive: true });
  await mkdir(join(home, ".git"));
  expect(projectRoot(join(home, "repo", "a", "b"), home)).toBe(join(home, "repo"));
  expect(projectRoot(join(home, "loose"), home)).toBe(join(home, "loose"));
  expect(projectRoot(home, home)).toBe(home);
});
