import type { ScriptedCall, ScriptedError } from "../../../src/probe/index.ts";
import type { CanonicalTool } from "../../../src/session/tool-types.ts";

/**
 * A call the model makes: in the common vocabulary, with what is called instead by agents that have no such tool;
 * or in an agent's own words, for what no vocabulary has.
 */
export type CaseCall = { tool: CanonicalTool; otherwise?: CanonicalTool } | { native: ScriptedCall };

/** What the model says once. */
export interface CaseTurn {
  reasoning?: string;
  text?: string;
  calls?: CaseCall[];
  error?: ScriptedError;
  /** Tokens the service claims for the request; see `ScriptedTurn`. */
  inputTokens?: number;
}

/** One start of the agent: a new session the first time, the same one resumed after that. */
export interface CaseRun {
  prompt: string;
  turns: CaseTurn[];
  /** The agent is to replace the conversation by a summary; how it is brought to that is its recipe's business. */
  compacts?: boolean;
}

/** A conversation that is recorded with every agent. */
export interface RecordCase {
  name: string;
  /** What is in it, for people. */
  about: string;
  runs: CaseRun[];
  /** What a subagent is asked, and what its model says; for agents whose recipe has subagents. */
  subagent?: { prompt: string; turns: CaseTurn[] };
}

/** The folder the agents are started in, as they see it. */
export const WORKSPACE = "/home/dev/projects/app";
