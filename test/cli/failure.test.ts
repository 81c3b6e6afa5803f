import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, closeSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { describeFailure } from "../../src/cli/failure.ts";
import { renderFailure } from "../../src/cli/render/failure.ts";
import { createStyle } from "../../src/cli/render/style.ts";
import { CasrError } from "../../src/core/errors.ts";
import { AGENTS } from "../support/readers.ts";
import { root, sandbox } from "./harness.ts";

const received = vi.hoisted(() => ({ signal: undefined as string | undefined }));
vi.mock("../../src/cli/interrupt.ts", async (original) => ({
  ...(await original<object>()),
  receivedSignal: () => received.signal,
}));
afterEach(() => {
  received.signal = undefined;
});

const plain = createStyle(false);
const cutShort = (context: CasrError["context"]): CasrError =>
  new CasrError("write-failed", "Interrupted before the session was complete.", { context });

describe("a write that a signal cut short", () => {
  test("ends like any stopped program once everything is back", () => {
    received.signal = "SIGTERM";
    const failure = describeFailure(cutShort({ interrupted: true, undone: true }), "resume", false);
    expect(failure).toMatchObject({ code: "interrupted", exitStatus: 143, context: { undone: true } });
    expect(renderFailure(failure, plain)).toBe("stopped: by SIGTERM.\n  Everything is as it was before.\n");
  });

  test("is a failed write as long as something is left", () => {
    received.signal = "SIGTERM";
    const left = { interrupted: true, undone: true, left: ["a file"] };
    const failure = describeFailure(cutShort(left), "resume", false);
    expect(failure).toMatchObject({ code: "write-failed", exitStatus: 9 });
    expect(renderFailure(failure, plain)).not.toContain("as it was before");
  });
});

test("help for an agent's name says what the name is", async () => {
  const box = await sandbox();
  const outcome = await box.casr(["ty", "--help"]);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain('"ty" is a provider (Toy Agent)');
  expect(outcome.stderr).toContain("casr ty resume <session>");
});

describe.skipIf(process.platform === "win32")("surroundings", () => {
  const run = (env: Record<string, string>, stdout: "pipe" | number, user: object = {}) =>
    spawnSync(process.execPath, [join(root, "bin/run.js"), "providers", "--json"], {
      stdio: ["ignore", stdout, "pipe"],
      encoding: "utf8",
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", ...env },
      ...user,
    });

  test.skipIf(!existsSync("/dev/full"))("output that cannot be written is no success", () => {
    const home = mkdtempSync(join(tmpdir(), "casr-cli-"));
    const full = openSync("/dev/full", "w");
    try {
      const { status, stderr } = run({ HOME: home }, full);
      expect(status).toBe(1);
      expect(stderr).toContain("the output could not be written: ENOSPC");
    } finally {
      closeSync(full);
      rmSync(home, { recursive: true });
    }
  });

  // Only the superuser can become somebody else, and only where anybody may run node and read this folder.
  const nobody = { uid: 54_321, gid: 54_321 };
  const canBecome =
    process.getuid?.() === 0 &&
    spawnSync(process.execPath, ["--check", join(root, "bin/run.js")], { ...nobody, cwd: "/" }).status === 0;
  test.skipIf(!canBecome)("a user without a name, home or shell can run casr", () => {
    const { status, stdout } = run({}, "pipe", nobody);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(AGENTS.length);
  });
});
