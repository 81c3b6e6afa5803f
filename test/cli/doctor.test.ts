import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hashTree } from "../agents/files.ts";
import { sandbox, type Outcome, type Sandbox } from "./harness.ts";

const AGENT = fileURLToPath(new URL("toy/agent.js", import.meta.url));

/** Puts the made-up agent's program on the PATH, with a fault of its own. */
async function agent(box: Sandbox, slug = "toy", fault = "none"): Promise<void> {
  await box.program(`${slug}-agent`, `exec "${process.execPath}" "${AGENT}" ${slug} "${fault}" "$@"`);
}

interface ProofJson {
  provider: string;
  status: string;
  reason: string | null;
  suggestion: string | null;
  isolation: string | null;
  recall: { kind: string; wanted: number; found: number; difference: string | null }[] | null;
  unexplained: string[];
  listed: boolean | null;
}

function proofs({ stdout }: Outcome): ProofJson[] {
  return (JSON.parse(stdout) as { proofs: ProofJson[] }).proofs;
}

/** Processes whose command line holds `words`. */
async function processesWith(words: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(words)) found.push(line);
  }
  return found;
}

const MODES = [
  ["in namespaces", []],
  ["behind a proxy", ["--no-namespaces"]],
] as const;

describe.each(MODES)("a proof %s", (_name, mode) => {
  test("passes when all of the session reaches the model, and touches nothing of the person's", async () => {
    const box = await sandbox();
    await agent(box);
    await box.session("mine");
    const before = await hashTree(box.home, (path) => path.startsWith("casr-"));
    const outcome = await box.casr(["doctor", "--probe", "toy", "--json", ...mode]);
    expect(outcome.stderr).toBe("");
    const [proof] = proofs(outcome);
    expect(proof).toMatchObject({
      provider: "toy",
      status: "passed",
      reason: null,
      listed: true,
      unexplained: [],
    });
    expect(proof!.recall!.every(({ wanted, found }) => wanted === found)).toBe(true);
    expect(proof!.recall!.filter(({ wanted }) => wanted > 0).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["user", "assistant", "call", "result", "error", "image", "order"]),
    );
    expect(outcome.status).toBe(0);
    expect(await hashTree(box.home, (path) => path.startsWith("casr-"))).toEqual(before);
    expect(await readdir(join(box.home, "casr-cache"))).toEqual([]);
  });

  test.each([
    ["hang", "blocked", /no question reached the model within 2 s; it said: thinking/, 6],
    ["crash", "blocked", /crashed \(SIGSEGV\)|ended with 139/, 6],
    ["login", "blocked", /wants a login; it said: You are not logged in/, 6],
    ["old", "blocked", /does not know an option it was started with/, 6],
    ["garbage", "blocked", /ended with 0 and asked the model nothing; it said nothing/, 6],
    ["rejects", "failed", /does not resume the session: .*no conversation/, 10],
    ["forgets", "failed", /the answer .* did not reach the model/, 10],
    ["forgets itself", "failed", /after the agent's turn casr does not find that turn/, 10],
    ["daemon", "passed", null, 0],
    ["reaches out", "passed", null, 0],
  ])("of an agent with the fault %s is %s", async (fault, status, reason, exit) => {
    const box = await sandbox();
    await agent(box, "toy", fault);
    const outcome = await box.casr(["doctor", "--probe", "toy", "--json", "--timeout", "2", ...mode]);
    const [proof] = proofs(outcome);
    expect(proof!.status).toBe(status);
    if (reason === null) expect(proof!.reason).toBeNull();
    else expect(proof!.reason).toMatch(reason);
    // eslint-disable-next-line no-control-regex -- what an agent prints must not reach the terminal
    expect(proof!.reason ?? "").not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(outcome.status).toBe(exit);
    expect(await processesWith("casr-toy-daemon")).toEqual([]);
    expect(await readdir(join(box.home, "casr-cache"))).toEqual([]);
  });

  test("drives an agent that has a terminal UI only", async () => {
    const box = await sandbox();
    await agent(box, "plain");
    const outcome = await box.casr(["doctor", "--probe", "plain", "--json", ...mode]);
    expect(proofs(outcome)).toMatchObject([{ status: "passed", reason: null }]);
  });
});

test("Ctrl-C ends the agent and leaves nothing behind", async () => {
  const box = await sandbox();
  await agent(box, "toy", "hang");
  const interrupt = async (pid: number): Promise<void> => {
    while ((await processesWith(`${AGENT}\0toy\0hang\0--new`)).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(pid, "SIGINT");
  };
  let interrupted: Promise<void> | undefined;
  const outcome = await box.casr(["doctor", "--probe", "toy", "--timeout", "30"], {
    started: (pid) => (interrupted = interrupt(pid)),
  });
  await interrupted;
  expect(outcome.status).toBe(130);
  expect(await processesWith(box.home)).toEqual([]);
  expect(await readdir(join(box.home, "casr-cache"))).toEqual([]);
});

describe("doctor", () => {
  test("tells what is installed, how versions relate to the verified ones, and what cannot be read", async () => {
    const box = await sandbox();
    await agent(box);
    await box.session("good");
    await box.session("bad", { agent: "somebody else" });
    const outcome = await box.casr(["doctor", "toy", "codex", "--json"]);
    expect(outcome.status).toBe(0);
    const { agents, ok } = JSON.parse(outcome.stdout) as { agents: Record<string, unknown>[]; ok: boolean };
    expect(ok).toBe(true);
    expect(agents).toMatchObject([
      {
        slug: "toy",
        installed: true,
        version: "1.0.0",
        version_verdict: "ok",
        store: {
          sessions: 2,
          unreadable_count: 1,
          unreadable: [{ problem: expect.stringContaining("has no header") }],
        },
        faults: [],
      },
      { slug: "codex", installed: false, version_verdict: null, store: { sessions: 0 } },
    ]);
    const text = (await box.casr(["doctor", "toy"])).stdout;
    expect(text).toContain("1 unreadable");
    expect(text).toContain("~/.toy/sessions/bad.jsonl");
    expect(text).toContain("No unfinished writes.");
  });

  test.each([
    ["0.9.0", "older than verified"],
    ["1.0.1-beta.1", "newer than verified"],
    ["nonsense", "unknown"],
  ])("calls version %s %s", async (version, verdict) => {
    const box = await sandbox();
    await box.program("toy-agent", `echo ${version}`);
    const { agents } = JSON.parse((await box.casr(["doctor", "toy", "--json"])).stdout) as {
      agents: Record<string, unknown>[];
    };
    expect(agents[0]).toMatchObject({ version_verdict: verdict });
  });

  test("skips agents that are not here; an agent that was asked for must be", async () => {
    const box = await sandbox();
    await agent(box);
    const all = await box.casr(["doctor", "--probe", "--json"]);
    expect(proofs(all).map(({ provider, status }) => [provider, status])).toEqual(
      expect.arrayContaining([
        ["toy", "passed"],
        ["codex", "skipped"],
      ]),
    );
    expect(all.status).toBe(0);
    const one = await box.casr(["doctor", "--probe", "codex", "--json"]);
    expect(proofs(one)[0]).toMatchObject({
      status: "skipped",
      reason: "not installed: there is no codex on PATH",
    });
    expect(one.status).toBe(6);
  });

  test("tries the program that a variable names", async () => {
    const box = await sandbox();
    await agent(box, "other");
    await box.program("other-agent", `exec "${process.execPath}" "${AGENT}" toy none "$@"`);
    const env = { CASR_TOY_BINARY: join(box.home, "bin/other-agent") };
    expect(proofs(await box.casr(["doctor", "--probe", "toy", "--json"], { env }))[0]!.status).toBe("passed");
  });

  test.each([
    ["0.5.0", "update the agent"],
    ["9.0.0", "update casr and its plugins"],
  ])("says what to do when version %s fails", async (version, advice) => {
    const box = await sandbox();
    const run = `exec "${process.execPath}" "${AGENT}" toy rejects "$@"`;
    await box.program("toy-agent", `case "$1" in --version) echo ${version};; *) ${run};; esac`);
    const [proof] = proofs(await box.casr(["doctor", "--probe", "toy", "--json"]));
    expect(proof).toMatchObject({ status: "failed" });
    expect(proof!.suggestion).toContain(advice);
  });

  test("explains an unknown agent", async () => {
    const box = await sandbox();
    const outcome = await box.casr(["doctor", "coddex"]);
    expect(outcome.status).toBe(5);
    expect(outcome.stderr).toContain("codex");
  });
});

describe("resume --probe", () => {
  test("writes what the agent itself takes whole", async () => {
    const box = await sandbox();
    await agent(box, "plain");
    await box.session("abc");
    const outcome = await box.casr(["plain", "resume", "abc", "--probe", "--json"]);
    expect(outcome.stderr).toBe("");
    expect(JSON.parse(outcome.stdout)).toMatchObject({ outcome: "converted", proof: { status: "passed" } });
    const again = await box.casr(["plain", "resume", "abc", "--probe", "--fork"]);
    expect(again.stdout).toMatch(/Proven +plain 1\.0\.0 itself sent its model user 1\/1/);
  });

  test.each([
    ["rejects", 10, "verification-failed", "itself did not take the session whole"],
    ["login", 6, "capability-missing", "could not be tried (blocked): it wants a login"],
  ])("writes nothing when the agent has the fault %s", async (fault, exit, code, message) => {
    const box = await sandbox();
    await agent(box, "plain", fault);
    await box.session("abc");
    const outcome = await box.casr(["plain", "resume", "abc", "--probe", "--json"]);
    expect(outcome.status).toBe(exit);
    const error = JSON.parse(outcome.stdout) as {
      code: string;
      message: string;
      context: { proof: ProofJson };
    };
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.context.proof.provider).toBe("plain");
    expect(await readdir(join(box.home, ".plain")).catch(() => [])).toEqual([]);
  });
});
