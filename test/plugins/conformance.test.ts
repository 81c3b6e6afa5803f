import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { conformanceChecks, runConformance } from "../../src/testing/index.ts";
import { AGENTS, OUTSIDE } from "../support/readers.ts";

const root = new URL("../../", import.meta.url);

/** Claude Code and Codex run the checks on their recorded homes as well, in their own folders. */
const THE_OTHERS = [...AGENTS, ...OUTSIDE].filter((slug) => slug !== "claude-code" && slug !== "codex");

/** What may be skipped, and why: the form of a store, and what a registration does not claim. */
const REASONS =
  /^\S+ is (?:one JSON document|a database|neither JSON nor a database)$|^it has no probe$|^the registration /;

it.each(THE_OTHERS)(
  "the plugin of %s passes every check that casr gives to strangers",
  async (slug) => {
    const folder = new URL(`plugins/casr-provider-${slug}/`, root);
    const hook = fileURLToPath(new URL("src/hook.ts", folder));
    const results = await runConformance(await conformanceChecks({ package: fileURLToPath(folder), hook }));
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);
    for (const { status, message } of results) if (status === "skipped") expect(message).toMatch(REASONS);
    expect(results.length).toBeGreaterThan(25);
  },
  120_000,
);
