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
  /** Tables of a kept database whose rows are left behind: journals, accounts. Those a version lacks are passed over. */
  emptied?: Record<string, readonly string[]>;
  /** What else is changed in a kept database, in SQL: texts of the vendor's, which are replaced in files by rules. */
  statements?: Record<string, readonly string[]>;
  /** The agent ends when an answer fails, without asking again: such answers are left out of its script. */
  endsOnError?: boolean;
  subagent?: SubagentRecipe;
  compaction?: CompactionRecipe;
  /** Codes of warnings that casr rightly has about a case. */
  warnings?: Record<string, readonly string[]>;
}

/** OpenCode and its fork keep a journal, and whom they belong to, in the database of the sessions. */
const OPENCODE_ROWS = [
  "event",
  "event_sequence",
  "account",
  "account_state",
  "control_account",
  "credential",
];

/** Asks for a subagent by a tool that takes a description, a prompt and a type. */
const delegate =
  (name: string, more: ScriptedCall["input"]): SubagentRecipe["calls"] =>
  (prompt) => [[{ name, input: { description: "Count the files", prompt, ...(more as object) } }]];

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
  amp: {
    keep: [/^\.local\/share\/amp\/threads\/T-[0-9a-f-]{36}\.json$/],
    endsOnError: true,
    subagent: { calls: delegate("Task", {}) },
  },
  cline: {
    keep: [/^\.cline\/data\/sessions\/[^/]+\/[^/]+\.json$/, /^\.cline\/data\/db\/sessions\.db$/],
    statements: {
      ".cline/data/db/sessions.db": [
        `UPDATE sessions SET metadata_json = json_replace(metadata_json, '$.systemPrompt', '[system prompt of the agent left out]') WHERE json_extract(metadata_json, '$.systemPrompt') IS NOT NULL`,
      ],
    },
    subagent: {
      calls: (prompt) => [
        [{ name: "spawn_agent", input: { systemPrompt: "You count files. Be brief.", task: prompt } }],
      ],
    },
  },
  continue: { keep: [/^\.continue\/sessions\/[^/]+\.json$/] },
  copilot: {
    // Not the database beside them, a search index that is made anew.
    keep: [
      /^\.copilot\/session-state\/[0-9a-f-]{36}\/(?:events\.jsonl|workspace\.yaml)$/,
      /^\.copilot\/session-state\/[0-9a-f-]{36}\/checkpoints\/[^/]+\.md$/,
    ],
    subagent: { calls: delegate("task", { name: "counter", agent_type: "task" }) },
  },
  factory: {
    // The settings are a session's: its model, its modes, what it has used.
    keep: [/^\.factory\/sessions\/[^/]+\/[0-9a-f-]{36}(?:\.settings\.json|\.jsonl)$/],
    compaction: { inputTokens: 900_000 },
  },
  "kilo-code": {
    keep: [
      /^\.local\/share\/kilo\/kilo\.db$/,
      /^\.local\/share\/kilo\/storage\/(?:migration$|session_diff\/)/,
    ],
    emptied: { ".local/share/kilo/kilo.db": OPENCODE_ROWS },
    subagent: { calls: delegate("task", { subagent_type: "general" }) },
    compaction: { inputTokens: 2_000_000 },
  },
  kimi: {
    // The journals, the pictures beside them, and what the lists show.
    keep: [
      /^\.kimi-code\/(?:session_index\.jsonl|workspaces\.json)$/,
      /^\.kimi-code\/sessions\/wd_[^/]+\/[^/]+\/state\.json$/,
      /^\.kimi-code\/sessions\/wd_[^/]+\/[^/]+\/agents\/[^/]+\/(?:wire\.jsonl|blobs\/[0-9a-f]+)$/,
    ],
    subagent: { calls: delegate("Agent", { subagent_type: "coder" }) },
    compaction: { inputTokens: 900_000 },
  },
  opencode: {
    keep: [
      /^\.local\/share\/opencode\/opencode\.db$/,
      // The store before 1.2, and what of it is still written.
      /^\.local\/share\/opencode\/storage\/(?:migration$|(?:project|session|message|part|todo|session_diff)\/)/,
    ],
    emptied: { ".local/share/opencode/opencode.db": OPENCODE_ROWS },
    subagent: { calls: delegate("task", { subagent_type: "general" }) },
    compaction: { inputTokens: 2_000_000 },
  },
  qwen: {
    keep: [
      /^\.qwen\/projects\/[^/]+\/chats\/(?:archive\/)?[0-9a-f-]{32,36}\.jsonl$/,
      /^\.qwen\/projects\/[^/]+\/subagents\//,
      /^\.qwen\/todos\//,
    ],
    subagent: { calls: delegate("agent", { subagent_type: "general-purpose", run_in_background: false }) },
  },
};
