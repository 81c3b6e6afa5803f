import type { Loss } from "../core/api.ts";
import type { Recall } from "./compare/index.ts";

/**
 * How a proof ended. `passed`: all that was written reached the model. `failed`: the agent works, but refused or
 * misread the session. `blocked`: the agent could not be brought to ask the model at all. `skipped`: there is no
 * agent to run, or nothing of it that could be run.
 */
export type ProofStatus = "passed" | "failed" | "blocked" | "skipped";

/** What a run of the real agent showed. */
export interface Proof {
  /** Slug of the target. */
  provider: string;
  status: ProofStatus;
  /** One line: why not `passed`. */
  reason?: string;
  /** What to do about it. */
  suggestion?: string;
  program?: string;
  version?: string;
  /** How the agent was kept from the network; missing when it was not run. */
  isolation?: "namespaces" | "proxy";
  recall?: Recall;
  /** Whether the agent's own list shows the session with its title; missing where it has no such list. */
  listed?: boolean;
  /** Named by casr before it wrote. */
  losses: Loss[];
  /** Milliseconds. */
  durationMs: number;
}
