import { describe, expect, it } from "vitest";
import type { ScriptedCall } from "../../src/probe/index.ts";
import { WORKSPACE, type RecordCase } from "../agents/record/case.ts";
import { CASES, FILES } from "../agents/record/cases.ts";
import { nativeTurns } from "../agents/record/native.ts";
import { planCase, settingsOf, type PlannedRun } from "../agents/record/plan.ts";
import { loadProvider } from "../agents/record/provider.ts";
import { RECIPES } from "../agents/record/recipes.ts";

const SLUGS = Object.keys(RECIPES);

async function planned(slug: string, wanted: RecordCase): Promise<PlannedRun[]> {
  const { writer } = await loadProvider(slug);
  const runs = planCase(wanted, writer, RECIPES[slug]!);
  if (typeof runs === "string") throw new Error(runs);
  return runs;
}

const caseOf = (name: string): RecordCase => CASES.find((candidate) => candidate.name === name)!;
const callsOf = (runs: PlannedRun[]): ScriptedCall[] =>
  runs.flatMap((run) => run.turns).flatMap((turn) => turn.toolCalls ?? []);

describe("the cases", () => {
  it("have names of their own, and runs with prompts of their own", () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
    for (const { name, runs } of CASES) {
      expect(name).toMatch(/^[a-z][a-z-]*$/);
      // A turn is known by the first line of its prompt; none may stand in another's.
      const firsts = runs.map(({ prompt }) => prompt.split("\n")[0]!);
      for (const first of firsts) expect(firsts.filter((other) => other.includes(first))).toEqual([first]);
    }
  });

  it("name files of the workspace alone", () => {
    const paths = JSON.stringify(CASES).match(/"path":"([^"]*)"/g) ?? [];
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) expect(path).toContain(`"path":"${WORKSPACE}`);
    expect(Object.keys(FILES)).toContain("README.md");
  });

  it.each(SLUGS)("can be planned for %s, each with an answer at the end of every run", async (slug) => {
    const { subagent, compaction } = RECIPES[slug]!;
    for (const wanted of CASES) {
      // Not every agent does these two without its terminal; all others are for every one.
      if (wanted.subagent !== undefined && subagent === undefined) continue;
      if (wanted.runs.some((run) => run.compacts) && compaction === undefined) continue;
      for (const run of await planned(slug, wanted)) {
        expect(run.prompt).not.toBe("");
        if (!run.isCommand) expect(run.turns.at(-1)).toMatchObject({ text: expect.any(String) as string });
      }
    }
  });
});

describe("native turns", () => {
  it("use each agent's own tools", async () => {
    const names = async (slug: string) =>
      callsOf(await planned(slug, caseOf("tools"))).map(({ name }) => name);
    expect(await names("claude-code")).toEqual(expect.arrayContaining(["Bash", "Read", "Write", "Edit"]));
    expect(await names("codex")).toEqual(
      expect.arrayContaining(["exec_command", "apply_patch", "update_plan"]),
    );
    expect(await names("gemini")).toEqual(
      expect.arrayContaining(["run_shell_command", "read_file", "write_file", "replace"]),
    );
  });

  it("chain the alternatives, and end with nothing", async () => {
    const { writer } = await loadProvider("claude-code");
    const read = { kind: "read", path: `${WORKSPACE}/README.md` } as const;
    const cat = { kind: "shell", command: "cat README.md" } as const;
    const [turn] = nativeTurns([{ calls: [{ tool: read, otherwise: cat }] }], writer, "x");
    expect(turn!.toolCalls).toMatchObject([
      { name: "Read", otherwise: { name: "Bash", input: { command: "cat README.md" }, otherwise: null } },
    ]);
  });

  it("leave out what an agent has no tool for, and turns of nothing else", () => {
    const none = { nativeCall: () => undefined };
    const tool = { kind: "list", path: WORKSPACE } as const;
    const native = { name: "no_such_tool", input: {} };
    expect(nativeTurns([{ text: "a", calls: [{ tool }] }, { text: "b" }], none, "x")).toEqual([
      { text: "b", to: "x" },
    ]);
    expect(nativeTurns([{ calls: [{ tool }, { native }] }], none, "x")).toEqual([
      { toolCalls: [native], to: "x" },
    ]);
  });
});

describe("a plan", () => {
  it("puts the subagent's turns before the parent's answer, each to its own conversation", async () => {
    const [first] = await planned("gemini", caseOf("subagent"));
    const { prompt } = caseOf("subagent").subagent!;
    expect(first!.turns.map((turn) => turn.to === first!.prompt)).toEqual([true, false, false, true]);
    expect(first!.turns[2]).toEqual({
      to: prompt,
      toolCalls: [{ name: "complete_task", input: { result: { response: "There are 4 files." } } }],
    });
    expect(Object.keys(settingsOf(caseOf("subagent"), RECIPES["codex"]!))).toEqual([".codex/config.toml"]);
    expect(settingsOf(caseOf("tools"), RECIPES["codex"]!)).toEqual({});
  });

  it("compacts by a command, or by claiming that the window is full", async () => {
    const wanted = caseOf("compaction");
    const claude = await planned("claude-code", wanted);
    expect(claude.map((run) => [run.prompt, run.isCommand])).toContainEqual(["/compact", true]);
    const codex = await planned("codex", wanted);
    expect(codex).toHaveLength(3);
    expect(codex[0]!.turns.at(-1)!.inputTokens).toBeGreaterThan(1_000_000);
  });

  it("has no answers that fail for an agent that ends with them", async () => {
    const failing = async (slug: string) =>
      (await planned(slug, caseOf("errors"))).flatMap(({ turns }) => turns).filter(({ error }) => error);
    expect(await failing("opencode")).toHaveLength(2);
    expect(await failing("amp")).toEqual([]);
  });

  it("says why there is none", async () => {
    const { writer } = await loadProvider("codex");
    const recipe = { keep: [] };
    expect(planCase(caseOf("subagent"), writer, recipe)).toBe("no subagents without a terminal");
    expect(planCase(caseOf("compaction"), writer, recipe)).toBe("no compaction without a terminal");
  });
});
