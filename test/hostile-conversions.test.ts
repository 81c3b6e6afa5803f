import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isCasrError } from "../src/core/errors.ts";
import { resumeSession } from "../src/core/resume.ts";
import { bundledHost, resumeOptions } from "./support/bundled.ts";
import { HOSTILE_CASES, hostileHome, place } from "./support/hostile.ts";
import { deepJson, Raw, sessionText } from "./support/hostile-lines.ts";
import { temporaryFolder } from "./support/home.ts";
import { AGENTS, LINE_AGENTS, type AgentSlug } from "./support/readers.ts";

const PAIRS = LINE_AGENTS.flatMap((source) =>
  AGENTS.filter((target) => target !== source).map((target) => [source, target] as const),
);

/** What a damaged session may be refused with; everything else would be a fault of casr's own. */
const REFUSALS = ["source-unreadable", "invalid-session", "session-not-found"];

/** Converts the session at `path`; the code of the typed refusal, if it was refused. */
async function convert(home: string, path: string, target: AgentSlug): Promise<string | undefined> {
  const host = await bundledHost(home);
  try {
    const report = await resumeSession(
      host,
      resumeOptions(path, target, { workspace: "/home/dev/projects/app" }),
    );
    expect(report.outcome).toBe("converted");
    for (const written of report.writtenPaths) expect(existsSync(written)).toBe(true);
    return undefined;
  } catch (error) {
    if (!isCasrError(error)) throw error;
    return error.code;
  }
}

/** All files below a folder, relative to it. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const STORES: Record<AgentSlug, string> = {
  "claude-code": ".claude",
  cline: ".cline",
  codex: ".codex",
  copilot: ".copilot",
  factory: ".factory",
  gemini: ".gemini",
  continue: ".continue",
  kimi: ".kimi-code",
  "kilo-code": ".local/share/kilo",
  opencode: ".local/share/opencode",
  pi: ".pi",
  qwen: ".qwen",
};

describe.each(PAIRS)("damaged sessions of %s for %s", (source, target) => {
  it.each(HOSTILE_CASES)("%s: %s", async (name, outcome) => {
    const { home, paths } = await hostileHome(source, [name]);
    const refused = await convert(home, paths.get(name)!, target);
    if (outcome === "whole") expect(refused).toBeUndefined();
    if (refused === undefined) return;
    expect(REFUSALS).toContain(refused);
    expect(filesIn(join(home, STORES[target]))).toEqual([]);
  });

  it("carries over or refuses values that are 100,000 levels deep", async () => {
    const home = temporaryFolder("deep");
    const input = `{"command":"true","cmd":"true","deep":${deepJson(100_000)}}`;
    const path = await place(
      home,
      source,
      1,
      sessionText(source, 1, [{ call: source === "codex" ? input : new Raw(input) }]),
    );
    const refused = await convert(home, path, target);
    if (refused !== undefined) expect(REFUSALS).toContain(refused);
  });
});
