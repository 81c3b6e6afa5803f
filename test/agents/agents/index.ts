import type { Agent } from "./agent.ts";
import { claudeCode } from "./claude-code.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { kiloCode } from "./kilo-code.ts";
import { opencode } from "./opencode.ts";

/** Every agent that can be run here, by slug. */
export const AGENTS: readonly Agent[] = [claudeCode, codex, gemini, opencode, kiloCode];

export function agentBySlug(slug: string): Agent {
  const agent = AGENTS.find((candidate) => candidate.slug === slug);
  if (agent === undefined)
    throw new Error(`no agent ${slug}; known: ${AGENTS.map((a) => a.slug).join(", ")}`);
  return agent;
}
