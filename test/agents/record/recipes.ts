import type { ScriptedCall } from "../../../src/probe/index.ts";

/** Changes to the settings the probe makes, by path below the home. */
export type Settings = Record<string, (text: string) => string>;

/** How an agent is brought to have a subagent. */
export interface SubagentRecipe {
  settings?: Settings;
  /** Calls the parent's model makes, one turn each; the subagent's own turns are played in between. */
  calls(prompt: string): ScriptedCall[][];
  /** What its requests are known by, where its prompt is not among the texts. */
  knownBy?: string;
  /** How the subagent's model ends, where a text alone does not. */
  report?(text: string): ScriptedCall;
}

/** How an agent is brought to compact a session without its terminal. */
export interface CompactionRecipe {
  settings?: Settings;
  /** A prompt that does it, given to the resumed session. */
  prompt?: string;
  /** Tokens the answer before claims; the agent compacts when it is resumed next. */
  inputTokens?: number;
}

/** What recording needs to know of an agent beyond its probe. */
export interface Recipe {
  /** Files of the home that are the session store, and the indexes beside it. Everything else is left behind. */
  keep: readonly RegExp[];
  /** What is kept of a file that also holds other things. */
  rewrite?: Record<string, (text: string) => string>;
  subagent?: SubagentRecipe;
  compaction?: CompactionRecipe;
  /** Codes of warnings that casr rightly has about a case. */
  warnings?: Record<string, readonly string[]>;
}

/** The recipes by slug. An agent without one cannot be recorded. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  "claude-code": {
    keep: [
      /^\.claude\/projects\//,
      /^\.claude\/(?:todos|tasks|file-history)\//,
      /^\.claude\/history\.jsonl$/,
    ],
    subagent: {
      calls: (prompt) => [
        [
          {
            name: "Agent",
            input: {
              description: "Count the files",
              prompt,
              subagent_type: "general-purpose",
              run_in_background: false,
            },
          },
        ],
      ],
    },
    compaction: { prompt: "/compact" },
  },
  codex: {
    keep: [
      /^\.codex\/(?:archived_)?sessions\//,
      /^\.codex\/(?:session_index|history)\.jsonl$/,
      /^\.codex\/state_\d+\.sqlite$/,
      /^\.codex\/config\.toml$/,
    ],
    // Sessions are resumed with the model they were made with.
    rewrite: { ".codex/config.toml": (text) => `${/^model = .*$/m.exec(text)?.[0] ?? ""}\n` },
    subagent: {
      settings: {
        ".codex/config.toml": (text) => `${text}\n[features]\nmulti_agent = true\nmulti_agent_v2 = true\n`,
      },
      calls: (prompt) => [
        [
          {
            name: "spawn_agent",
            namespace: "collaboration",
            input: { task_name: "count_a", message: prompt, fork_turns: "none" },
          },
        ],
        [{ name: "wait_agent", namespace: "collaboration", input: { timeout_ms: 10_000 } }],
      ],
      knownBy: "Task name: /root/count_a",
    },
    compaction: { inputTokens: 2_000_000 },
    // The service's summary is for the service alone.
    warnings: { compaction: ["opaque-compaction"] },
  },
  pi: {
    keep: [/^\.pi\/agent\/sessions\//],
  },
  gemini: {
    keep: [
      /^\.gemini\/projects\.json$/,
      /^\.gemini\/(?:tmp|history)\/[^/]+\/\.project_root$/,
      /^\.gemini\/tmp\/[^/]+\/(?:chats|tool-outputs)\//,
    ],
    subagent: {
      calls: (prompt) => [[{ name: "invoke_agent", input: { agent_name: "generalist", prompt } }]],
      report: (text) => ({ name: "complete_task", input: { result: { response: text } } }),
    },
    compaction: {
      settings: {
        ".gemini/settings.json": (text) =>
          JSON.stringify({ ...(JSON.parse(text) as object), model: { compressionThreshold: 0.00001 } }),
      },
      inputTokens: 900_000,
    },
  },
};
