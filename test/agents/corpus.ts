import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AGENTS } from "./agents/index.ts";
import type { Agent, FoundSession } from "./agents/agent.ts";

/** A main session of a recorded home. */
export interface CorpusSession extends FoundSession {
  agent: Agent;
  /** Name of the recorded home it belongs to. */
  case: string;
  /** The recorded home; never written to. */
  home: string;
}

const FIXTURES = fileURLToPath(new URL("../../fixtures", import.meta.url));

/** Where the recorded homes are: `$CASR_CORPUS`, else the repository's fixtures. `<agent>/<case>/home` below it. */
function corpusDirectory(): string {
  const directory = process.env["CASR_CORPUS"] ?? FIXTURES;
  if (!existsSync(directory)) throw new Error(`no recorded sessions at ${directory}; set CASR_CORPUS`);
  return directory;
}

/** Every main session of the chosen agents, in a fixed order. */
export async function corpusSessions(
  filter: { agents?: string[]; case?: string } = {},
): Promise<CorpusSession[]> {
  const found: CorpusSession[] = [];
  for (const agent of AGENTS) {
    if (filter.agents !== undefined && !filter.agents.includes(agent.slug)) continue;
    const folder = join(corpusDirectory(), agent.slug);
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const home = join(folder, name, "home");
      if (!existsSync(home) || (filter.case !== undefined && filter.case !== name)) continue;
      for (const session of await agent.sessions(home)) found.push({ ...session, agent, case: name, home });
    }
  }
  return found;
}
