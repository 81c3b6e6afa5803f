import type { Platform } from "../support/machine.ts";

/** One way in which an agent's store comes to lie somewhere. Paths as `placed` takes them, with `/` on every system. */
export interface Place {
  agent: string;
  /** The recorded home, such as `codex/zstd`, or one that the test makes. */
  home: string;
  /** What of that home is the store. */
  from: string;
  /** Where it lies. */
  at: string;
  /** What says so; nothing for the usual place. Values as paths. */
  env?: Record<string, string>;
  /** The systems this is true for; all when missing. */
  only?: Platform[];
  /** Folder casr is started in; the home when missing. */
  cwd?: string;
}

/** The usual place of a store, and the variables that move it. */
function places(
  agent: string,
  home: string,
  from: string,
  usual: string,
  ...moved: [at: string, env: Record<string, string>, from?: string][]
): Place[] {
  return [
    { agent, home, from, at: usual },
    ...moved.map(([at, env, part]) => ({ agent, home, from: part ?? from, at, env })),
  ];
}

const OPENCODE = ".local/share/opencode";
const KILO = ".local/share/kilo";
const AMP = ".local/share/amp";

/**
 * Where each agent keeps its sessions on Linux, macOS and Windows. The usual places and the agents' own variables are
 * from the agents' programs; the others are casr's, some of them known from older tools of its kind.
 */
export const PLACES: Place[] = [
  ...places(
    "claude-code",
    "claude-code/rich-headless",
    ".claude",
    "~/.claude",
    ["@", { CLAUDE_CONFIG_DIR: "@" }],
    ["~/moved", { CLAUDE_CONFIG_DIR: "moved" }],
    ["@", { CLAUDE_HOME: "@" }],
    ["@", { CLAUDE_CONFIG_DIR: "@", CLAUDE_HOME: "@/other" }],
  ),
  ...places(
    "codex",
    "codex/exec-gpt55-edit",
    ".codex",
    "~/.codex",
    ["@", { CODEX_HOME: "@" }],
    ["~/moved", { CODEX_HOME: "moved" }],
  ),
  ...places(
    "gemini",
    "gemini/basic-tools",
    ".gemini",
    "~/.gemini",
    ["@/.gemini", { GEMINI_CLI_HOME: "@" }],
    ["@", { GEMINI_HOME: "@" }],
    ["@/.gemini", { GEMINI_HOME: "@" }],
    ["@/.gemini", { GEMINI_HOME: "@/.gemini" }],
  ),
  ...places(
    "opencode",
    "opencode/rich-git",
    OPENCODE,
    "~/.local/share/opencode",
    ["@/opencode", { XDG_DATA_HOME: "@" }],
    ["@", { OPENCODE_HOME: "@" }],
    ["@/mine.db", { OPENCODE_DB: "@/mine.db" }, `${OPENCODE}/opencode.db`],
    ["~/.local/share/opencode/mine.db", { OPENCODE_DB: "mine.db" }, `${OPENCODE}/opencode.db`],
    ["@/mine.db", { OPENCODE_DB_PATH: "@/mine.db" }, `${OPENCODE}/opencode.db`],
  ),
  ...places(
    "opencode",
    "opencode/legacy-json-1.1.65",
    OPENCODE,
    "~/.local/share/opencode",
    ["@/opencode", { XDG_DATA_HOME: "@" }],
    ["@", { OPENCODE_HOME: "@" }],
  ),
  ...places(
    "kilo-code",
    "kilo-code/rich-git",
    KILO,
    "~/.local/share/kilo",
    ["@/kilo", { XDG_DATA_HOME: "@" }],
    ["@", { KILO_HOME: "@" }],
    ["@/mine.db", { KILO_DB: "@/mine.db" }, `${KILO}/kilo.db`],
  ),
  ...places(
    "cline",
    "cline/rich",
    ".cline",
    "~/.cline",
    ["@", { CLINE_DIR: "@" }],
    ["@", { CLINE_DATA_DIR: "@" }, ".cline/data"],
    ["@", { CLINE_SESSION_DATA_DIR: "@" }, ".cline/data/sessions"],
    ["@", { CLINE_HOME: "@" }],
    ["@/.cline", { CLINE_HOME: "@" }],
    ["@", { CLINE_HOME: "@" }, ".cline/data"],
  ),
  ...["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"].flatMap((editor) =>
    places("cline", "made/cline-extension", "", `%/${editor}/User/globalStorage/saoudrizwan.claude-dev`),
  ),
  ...places(
    "cline",
    "made/cline-extension",
    "",
    "~/.vscode-server/data/User/globalStorage/saoudrizwan.claude-dev",
    ["@", { CLINE_HOME: "@" }],
  ),
  {
    agent: "cline",
    home: "made/cline-extension",
    from: "",
    at: "@/Code/User/globalStorage/saoudrizwan.claude-dev",
    env: { APPDATA: "@" },
    only: ["win32"],
  },
  ...places(
    "qwen",
    "qwen/basic-tools",
    ".qwen",
    "~/.qwen",
    ["@", { QWEN_HOME: "@" }],
    ["@", { QWEN_RUNTIME_DIR: "@" }],
    ["~/moved", { QWEN_HOME: "~/moved" }],
  ),
  ...places("copilot", "copilot/rich", ".copilot", "~/.copilot", ["@", { COPILOT_HOME: "@" }]),
  ...places(
    "factory",
    "factory/rich",
    ".factory",
    "~/.factory",
    ["@/.factory", { FACTORY_HOME_OVERRIDE: "@" }],
    ["@/.factory", { FACTORY_HOME: "@" }],
    ["@/.factory", { FACTORY_HOME: "@/.factory" }],
    ["@", { FACTORY_HOME: "@" }, ".factory/sessions"],
    ["@/sessions", { FACTORY_HOME: "@/sessions" }, ".factory/sessions"],
  ),
  ...places(
    "kimi",
    "kimi/tools",
    ".kimi-code",
    "~/.kimi-code",
    ["@", { KIMI_CODE_HOME: "@" }],
    ["~/moved", { KIMI_CODE_HOME: "moved" }],
    ["@", { KIMI_HOME: "@" }],
    ["@", { KIMI_CODE_HOME: "@", KIMI_HOME: "@/other" }],
  ),
  // The older agent, kimi-cli, and where Kimi Code looks for its sessions when it takes them over.
  ...places(
    "kimi",
    "kimi/cli-tools",
    ".kimi",
    "~/.kimi",
    ["@", { KIMI_SHARE_DIR: "@" }],
    ["~/moved", { KIMI_SHARE_DIR: "moved" }],
    ["@", { KIMI_SHARE_DIR: "@", KIMI_CODE_HOME: "@/other" }],
  ),
  ...places("continue", "continue/edit", ".continue", "~/.continue", ["@", { CONTINUE_GLOBAL_DIR: "@" }]),
  ...places(
    "pi",
    "pi/tools",
    ".pi/agent",
    "~/.pi/agent",
    ["@", { PI_CODING_AGENT_DIR: "@" }],
    ["@", { PI_CODING_AGENT_SESSION_DIR: "@" }, ".pi/agent/sessions/--home-dev-projects-app--"],
    ["@", { PI_AGENT_HOME: "@" }],
    ["@/.pi", { PI_AGENT_HOME: "@/.pi" }, ".pi"],
  ),
  ...places(
    "amp",
    "amp/task-jan",
    AMP,
    "~/.local/share/amp",
    ["@/amp", { XDG_DATA_HOME: "@" }],
    ["@", { AMP_HOME: "@" }],
    ["@/amp", { AMP_DATA_HOME: "@" }],
  ),
  ...places("amp", "amp/task-jan", `${AMP}/threads`, "%/Code/User/globalStorage/sourcegraph.amp/threads3"),
  { agent: "aider", home: "aider/two-runs", from: "projects/app", at: "~/app", cwd: "~/app/src" },
  ...["@", "@/deep/down"].map((at) => ({
    agent: "aider",
    home: "aider/two-runs",
    from: "projects/app",
    at,
    env: { AIDER_HOME: "@" },
  })),
  {
    agent: "aider",
    home: "aider/two-runs",
    from: "projects/app/.aider.chat.history.md",
    at: "@/history.md",
    env: { AIDER_CHAT_HISTORY_FILE: "@/history.md" },
  },
  ...places("cursor", "made/cursor-editor", "", "%/Cursor", ["@", { CURSOR_HOME: "@" }]),
  ...places("cursor", "made/cursor-agent", ".cursor", "~/.cursor", ["@", { CURSOR_CONFIG_DIR: "@" }]),
  {
    agent: "cursor",
    home: "made/cursor-agent",
    from: ".cursor",
    at: "@/cursor",
    env: { XDG_CONFIG_HOME: "@" },
    only: ["linux"],
  },
];
