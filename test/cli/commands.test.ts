import { access, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import {
  errorSchema,
  infoSchema,
  listSchema,
  providersSchema,
  resumeSchema,
} from "../../src/cli/json/schemas.ts";
import { model, person, sandbox, type Outcome } from "./harness.ts";

const FIRST = "3f2a9c10-1111-4a2b-8c3d-000000000001";
const SECOND = "3f2a9c10-2222-4a2b-8c3d-000000000002";
const RICH = [
  person("Please look."),
  model({ type: "reasoning", text: "Hm." }, "Looking.", {
    type: "tool_call",
    id: "c1",
    name: "run_it",
    input: { cmd: "ls" },
  }),
  {
    role: "tool",
    content: [
      { type: "tool_result", callId: "c1", isError: false, content: [{ type: "text", text: "a\nb" }] },
    ],
  },
  model("Done."),
];

/** The one JSON object on stdout, by its schema; nothing else may be there. */
function parsed<T extends z.ZodType>(outcome: Outcome, schema: T): z.infer<T> {
  const value: unknown = JSON.parse(outcome.stdout);
  expect(schema.parse(value)).toEqual(value);
  return value as z.infer<T>;
}

describe("list", () => {
  test("shows this project, says what is elsewhere, and --all shows that too", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.session(SECOND, { workspace: "/elsewhere", title: "Far away" });
    await box.session("no-workspace", { workspace: undefined, title: "Nowhere" });
    const here = await box.casr(["list"]);
    expect(here.status).toBe(0);
    expect(here.stdout).toContain(FIRST);
    expect(here.stdout).not.toContain("Far away");
    expect(here.stderr).toContain("2 sessions elsewhere: casr list --all");
    const all = await box.casr(["list", "--all"]);
    expect(all.stdout).toContain("Far away");
    expect(all.stdout).toContain("Nowhere");
    const below = await box.casr(["list", "--workspace", "/elsewhere", "--json"]);
    expect(parsed(below, listSchema).items.map((item) => item.session_id)).toEqual([SECOND]);
  });

  test("an empty project says what to do next, and leaves stdout empty", async () => {
    const box = await sandbox();
    const none = await box.casr(["list"]);
    expect(none).toMatchObject({ status: 0, stdout: "" });
    expect(none.stderr).toContain("casr providers");
    await box.session(FIRST, { workspace: "/elsewhere" });
    expect((await box.casr(["list"])).stderr).toContain("1 session elsewhere: casr list --all");
  });

  test("one unreadable session is named, the others are listed", async () => {
    const box = await sandbox();
    const path = await box.session(SECOND);
    await writeFile(path, "{not json\n");
    await box.session(FIRST);
    const json = parsed(await box.casr(["list", "--all", "--json"]), listSchema);
    expect(json.items).toHaveLength(2);
    expect(json.items.find((item) => item.session_id === SECOND)?.problem).toContain(path);
    expect(json.warnings.join("\n")).toContain(path);
    const text = await box.casr(["list", "--all"]);
    expect(text.stdout).toContain("unreadable");
    expect(text.status).toBe(0);
  });

  test("--limit, --sort and --provider", async () => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    await box.session(SECOND);
    const most = parsed(await box.casr(["list", "--sort", "messages", "--limit", "1", "--json"]), listSchema);
    expect(most.items.map((item) => item.session_id)).toEqual([FIRST]);
    expect(most.matched).toBe(2);
    const other = parsed(await box.casr(["list", "--provider", "plain", "--json"]), listSchema);
    expect(other.items).toEqual([]);
    expect((await box.casr(["list", "--provider", "nope", "--json"])).status).toBe(5);
  });
});

describe("info", () => {
  test("by prefix, by file, by place, with a tail", async () => {
    const box = await sandbox();
    const path = await box.session(FIRST, { title: "Fix \u001B[31mit\u001B[0m" }, RICH);
    for (const words of [["3f2a"], [path], ["toy", "1"], ["toy:latest"], ["latest"], ["--source", "toy"]]) {
      const json = parsed(await box.casr(["info", ...words, "--json"]), infoSchema);
      expect(json.session_id).toBe(FIRST);
    }
    const peek = await box.casr(["info", "3f2a", "--peek"]);
    expect(peek.stdout).toContain("Last 4 messages");
    expect(peek.stdout).toContain("Title        Fix it\n");
    const tail = parsed(
      await box.casr(["info", "3f2a", "--peek", "1", "--json"]),
      infoSchema,
    ).transcript_tail;
    expect(tail).toEqual([{ idx: 3, role: "Assistant", snippet: "Done." }]);
  });
});

describe("providers", () => {
  test("says which agents are here, and what can be done with them", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.program("toy-agent", 'echo "toy-agent 1.0.7"');
    const items = parsed(await box.casr(["providers", "--json"]), providersSchema);
    const toy = items.find((item) => item.slug === "toy");
    expect(toy).toMatchObject({ alias: "ty", installed: true, read: true, write: true, resume: true });
    expect(toy?.version).toContain("1.0.7");
    expect(toy?.package).toMatchObject({ name: "casr-provider-toy", version: "1.2.3", origin: "linked" });
    expect(items.find((item) => item.slug === "plain")).toMatchObject({ installed: false, version: null });
    const text = await box.casr(["providers"]);
    expect(text.stdout).toMatch(/^Toy Agent +ty +yes +\S*1\.0\.7/m);
  });
});

describe("resume", () => {
  test.each([
    ["<target> resume", ["pl", "resume", FIRST]],
    ["--to", ["resume", FIRST, "--to", "plain"]],
    ["--in", ["resume", "toy", "1", "--in", "pl"]],
    ["-alias", ["-pl", "3f2a"]],
  ])("converts by the grammar %s", async (_name, words) => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    const json = parsed(await box.casr([...words, "--json"]), resumeSchema);
    expect(json).toMatchObject({
      outcome: "converted",
      source_provider: "toy",
      target_provider: "plain",
      dry_run: false,
    });
    expect(json.losses.map((loss) => loss.code)).toContain("reasoning-lost");
    expect(json.resume_command).toBe(`cd '${box.project}' && plain-agent --resume ${json.target_session_id}`);
    for (const path of json.written_paths ?? []) await access(path);
    expect(json.written_paths).not.toHaveLength(0);
  });

  test("the last line of stdout is the command, and running it is all that is left to do", async () => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    const outcome = await box.casr(["pl", "resume", FIRST]);
    expect(outcome.status).toBe(0);
    const lines = outcome.stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toMatch(/^cd '.*\/project' && plain-agent --resume [0-9a-f-]{36}$/);
    expect(outcome.stdout).toContain("reasoning");
    expect(outcome.stdout).toContain("read back and equal");
  });

  test("--dry-run writes nothing and prints the plan", async () => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    const json = parsed(await box.casr(["pl", "resume", FIRST, "--dry-run", "--json"]), resumeSchema);
    expect(json).toMatchObject({ dry_run: true, resume_command: null });
    expect(json.plan).toHaveLength(1);
    await expect(access(join(box.home, ".plain"))).rejects.toThrow();
  });

  test("the same agent is answered directly, --fork makes a copy", async () => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    const direct = parsed(await box.casr(["ty", "resume", FIRST, "--json"]), resumeSchema);
    expect(direct).toMatchObject({ outcome: "direct", target_session_id: FIRST, written_paths: [] });
    const fork = parsed(await box.casr(["ty", "resume", FIRST, "--fork", "--json"]), resumeSchema);
    expect(fork.outcome).toBe("converted");
    expect(await readdir(join(box.home, ".toy", "sessions"))).toHaveLength(2);
  });

  test("--strict refuses losses, shows them, and writes nothing", async () => {
    const box = await sandbox();
    await box.session(FIRST, {}, RICH);
    const json = await box.casr(["pl", "resume", FIRST, "--strict", "--json"]);
    expect(json.status).toBe(12);
    expect(parsed(json, errorSchema)).toMatchObject({ code: "loss-refused", error_type: "LossRefused" });
    const text = await box.casr(["pl", "resume", FIRST, "--strict"]);
    expect(text.stdout).toBe("");
    expect(text.stderr).toMatch(/1 {2}lost +reasoning/);
    await expect(access(join(box.home, ".plain"))).rejects.toThrow();
  });

  test("--workspace moves it", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    const json = parsed(await box.casr(["pl", "resume", FIRST, "--workspace", "..", "--json"]), resumeSchema);
    expect(json.workspace).toBe(join(box.home, "work"));
    expect(json.resume_cwd).toBe(join(box.home, "work"));
  });
});

describe("--launch", () => {
  test("runs the agent in the workspace and passes its exit status on", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.program("plain-agent", 'echo "agent: $* in $(pwd)"; exit 7');
    const outcome = await box.casr(["-pl", FIRST, "--launch"], { cwd: box.home });
    expect(outcome.status).toBe(7);
    expect(outcome.stdout).toMatch(/agent: --resume [0-9a-f-]{36} in .*\/work\/project\n$/);
  });

  test("dies of the signal the agent died of", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.program("plain-agent", "kill -TERM $$");
    expect((await box.casr(["-pl", FIRST, "--launch"])).signal).toBe("SIGTERM");
  });

  test("says what is missing, with the command to run by hand", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    const outcome = await box.casr(["-pl", FIRST, "--launch"]);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain("plain-agent is not on the PATH");
    expect(outcome.stderr).toContain("Resume it with: cd '");
  });

  test("does not go with --json", async () => {
    const box = await sandbox();
    const outcome = await box.casr(["-pl", FIRST, "--launch", "--json"]);
    expect(outcome.status).toBe(2);
    expect(parsed(outcome, errorSchema).message).toBe("--json and --launch do not go together");
  });
});

describe("errors", () => {
  test.each([
    ["session-not-found", 3, ["pl", "resume", "nope"]],
    ["ambiguous-session", 4, ["pl", "resume", "3f2a9c10"]],
    ["unknown-provider", 5, ["nobody", "resume", FIRST]],
    ["usage", 2, ["resume", FIRST]],
    ["usage", 2, ["info"]],
    ["usage", 2, ["resume", FIRST, "--bogus"]],
    ["usage", 2, ["resume", FIRST, "--to"]],
    ["usage", 2, ["list", "--sort", "size"]],
    ["usage", 2, ["list", "--limit", "many"]],
    ["usage", 2, ["list", "toy"]],
    ["usage", 2, ["resume", "a", "b", "c", "--to", "pl"]],
    ["usage", 2, ["frobnicate"]],
    ["usage", 2, ["list", "--all", "--workspace", "x"]],
  ])("%s is exit status %i: %j", async (code, status, words) => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.session(SECOND);
    const json = await box.casr([...words, "--json"]);
    expect(json.status).toBe(status);
    expect(parsed(json, errorSchema)).toMatchObject({ code, exit_status: status });
    const text = await box.casr(words);
    expect(text).toMatchObject({ status, stdout: "" });
    expect(text.stderr).toMatch(/^error: /m);
    expect(text.stderr).toMatch(/^ {2}→ .*casr /m);
  });

  test("an ambiguous word lists the choices as ready commands", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.session(SECOND);
    const { stderr } = await box.casr(["pl", "resume", "3f2a9c10"]);
    expect(stderr).toContain(`→ casr pl resume toy:${FIRST}`);
    expect(stderr).toContain(`→ casr pl resume toy:${SECOND}`);
  });

  test("an unknown word gets a suggestion", async () => {
    const box = await sandbox();
    expect((await box.casr(["lst"])).stderr).toContain("Did you mean: casr list");
    expect((await box.casr(["toy"])).stderr).toContain("casr ty resume <session>");
    expect((await box.casr([FIRST])).stderr).toContain(`casr info ${FIRST}`);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s undoes and ends with the shell's status", async (signal) => {
    const box = await sandbox();
    await box.session(FIRST);
    const outcome = await box.casr(["pl", "resume", FIRST, "--json", "--verbose"], {
      env: { TOY_STALL: "1" },
      on: { text: "found toy session", act: (pid) => process.kill(pid, signal) },
    });
    expect(outcome.status).toBe(signal === "SIGINT" ? 130 : 143);
    expect(parsed(outcome, errorSchema)).toMatchObject({ code: "interrupted", context: { signal } });
    await expect(access(join(box.home, ".plain"))).rejects.toThrow();
  });
});

describe("output", () => {
  test("has no escape sequences in a pipe, whatever a session holds", async () => {
    const box = await sandbox();
    await box.session(FIRST, { title: "\u001B]0;evil\u0007 \u009B31m x", model: "\u001B[2J" }, [
      person("\u001B[31mred"),
      model("ok"),
    ]);
    for (const words of [
      ["list"],
      ["info", FIRST, "--peek", "--verbose"],
      ["providers"],
      ["pl", "resume", FIRST],
      ["--help"],
    ]) {
      const { stdout, stderr } = await box.casr(words);
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    }
    // JSON keeps the data, escaped.
    const json = await box.casr(["info", FIRST, "--json"]);
    // oxlint-disable-next-line no-control-regex
    expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(parsed(json, infoSchema).title).toContain("\u009B31m");
  });

  test("FORCE_COLOR colours, NO_COLOR never lets it", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    expect((await box.casr(["list"], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001B[");
    expect((await box.casr(["list"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain(
      "\u001B",
    );
  });

  test("log levels reach stderr, and never stdout", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    for (const env of [
      { CASR_LOG: "debug" },
      { RUST_LOG: "casr=debug" },
      { RUST_LOG: "warn,casr::x=trace" },
    ]) {
      const outcome = await box.casr(["pl", "resume", FIRST, "--dry-run", "--json"], { env });
      expect(outcome.stderr).toContain("debug: ");
      parsed(outcome, resumeSchema);
    }
    expect(
      (await box.casr(["pl", "resume", FIRST, "--dry-run"], { env: { RUST_LOG: "warn" } })).stderr,
    ).not.toContain("debug:");
  });

  test("--version is the package's, and plain", async () => {
    const box = await sandbox();
    const { version } = JSON.parse(
      await readFile(new URL("../../package.json", import.meta.url), "utf8"),
    ) as { version: string };
    for (const word of ["--version", "-V"]) expect((await box.casr([word])).stdout).toBe(`casr ${version}\n`);
  });

  test("casr keeps to its own folders", async () => {
    const box = await sandbox();
    await box.session(FIRST);
    await box.casr(["pl", "resume", FIRST]);
    const allowed = [".plain", ".toy", "casr-cache", "casr-state", "work", "xdg-cache", "xdg-data"];
    expect(allowed).toEqual(expect.arrayContaining(await readdir(box.home)));
  });
});
