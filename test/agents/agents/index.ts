import type { Agent } from "./agent.ts";
import { amp } from "./amp.ts";
import { claudeCode } from "./claude-code.ts";
import { cline } from "./cline.ts";
import { codex } from "./codex.ts";
import { continueCli } from "./continue.ts";
import { copilot } from "./copilot.ts";
import { factory } from "./factory.ts";
import { gemini } from "./gemini.ts";
import { kiloCode } from "./kilo-code.ts";
import { kimi } from "./kimi.ts";
import { opencode } from "./opencode.ts";
import { pi } from "./pi.ts";
import { qwen } from "./qwen.ts";

/** Every agent that can be run here, by slug. */
export const AGENTS: readonly Agent[] = [
  amp,
  claudeCode,
  cline,
  codex,
  continueCli,
  copilot,
  factory,
  gemini,
  kiloCode,
  kimi,
  opencode,
  pi,
  qwen,
];

export function agentBySlug(slug: string): Agent {
  const agent = AGENTS.find((candidate) => candidate.slug === slug);
  if (agent === undefined)
    throw new Error(`no agent ${slug}; known: ${AGENTS.map((a) => a.slug).join(", ")}`);
  return agent;
}
