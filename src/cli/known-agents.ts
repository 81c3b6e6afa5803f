import type { ProviderOffer } from "../core/api.ts";

/** Where to look for an agent's sessions without its plugin: cheap checks, nothing is opened. */
export interface KnownStore {
  /**
   * Folder or file, `/`-separated, that starts with `HOME`, `DATA` (XDG_DATA_HOME), `CONFIG` (where editors
   * keep their settings on this platform) or `CWD`.
   */
  path: string;
  /** A variable that, when set, replaces the first `replaces` words of `path`. */
  variable?: { name: string; replaces: number };
  /** What an entry of the folder is, one and many; a file's own name is said instead. */
  entries?: [one: string, many: string];
  /** Only entries with this ending count. */
  ending?: string;
}

/** An agent that has a provider of this project, whether it is installed or not. */
export interface KnownAgent extends ProviderOffer {
  stores: KnownStore[];
}

const SESSIONS: [string, string] = ["session", "sessions"];
const PROJECTS: [string, string] = ["project with sessions", "projects with sessions"];
const TASKS: [string, string] = ["task", "tasks"];

function entry(slug: string, name: string, aliases: string[], stores: KnownStore[]): KnownAgent {
  return { slug, name, package: `casr-provider-${slug}`, aliases, stores };
}

/** The agents this project has providers for; `test/cli/known-agents.test.ts` compares them with `plugins/`. */
export const KNOWN_AGENTS: readonly KnownAgent[] = [
  entry(
    "claude-code",
    "Claude Code",
    ["cc", "claude"],
    [
      {
        path: "HOME/.claude/projects",
        variable: { name: "CLAUDE_CONFIG_DIR", replaces: 2 },
        entries: PROJECTS,
      },
    ],
  ),
  entry(
    "codex",
    "Codex",
    ["cod", "cdx"],
    [
      {
        path: "HOME/.codex/sessions",
        variable: { name: "CODEX_HOME", replaces: 2 },
        entries: ["year of sessions", "years of sessions"],
      },
    ],
  ),
  entry("gemini", "Gemini CLI", ["gmi", "gem"], [{ path: "HOME/.gemini/tmp", entries: PROJECTS }]),
  entry(
    "opencode",
    "OpenCode",
    ["opc"],
    [{ path: "DATA/opencode/opencode.db" }, { path: "DATA/opencode/storage/session", entries: PROJECTS }],
  ),
  entry(
    "pi",
    "Pi",
    ["pi-agent"],
    [
      {
        path: "HOME/.pi/agent/sessions",
        variable: { name: "PI_CODING_AGENT_DIR", replaces: 3 },
        entries: PROJECTS,
      },
    ],
  ),
  entry(
    "cline",
    "Cline",
    ["cln"],
    [
      {
        path: "HOME/.cline/data/sessions",
        variable: { name: "CLINE_DIR", replaces: 2 },
        entries: SESSIONS,
      },
      { path: "CONFIG/Code/User/globalStorage/saoudrizwan.claude-dev/tasks", entries: TASKS },
      { path: "CONFIG/Cursor/User/globalStorage/saoudrizwan.claude-dev/tasks", entries: TASKS },
      { path: "CONFIG/VSCodium/User/globalStorage/saoudrizwan.claude-dev/tasks", entries: TASKS },
    ],
  ),
  entry(
    "qwen",
    "Qwen Code",
    ["qwn"],
    [
      {
        path: "HOME/.qwen/projects",
        variable: { name: "QWEN_HOME", replaces: 2 },
        entries: PROJECTS,
      },
    ],
  ),
  entry(
    "kimi",
    "Kimi Code",
    ["kim"],
    [
      {
        path: "HOME/.kimi-code/sessions",
        variable: { name: "KIMI_CODE_HOME", replaces: 2 },
        entries: PROJECTS,
      },
      { path: "HOME/.kimi/sessions", variable: { name: "KIMI_SHARE_DIR", replaces: 2 }, entries: PROJECTS },
    ],
  ),
  entry(
    "kilo-code",
    "Kilo Code",
    ["kil", "kilo"],
    [
      { path: "DATA/kilo/kilo.db" },
      { path: "CONFIG/Code/User/globalStorage/kilocode.kilo-code/tasks", entries: TASKS },
    ],
  ),
  entry(
    "copilot",
    "GitHub Copilot CLI",
    ["cop"],
    [
      {
        path: "HOME/.copilot/session-state",
        variable: { name: "COPILOT_HOME", replaces: 2 },
        entries: SESSIONS,
      },
    ],
  ),
  entry("factory", "Factory Droid", ["fac"], [{ path: "HOME/.factory/sessions", entries: PROJECTS }]),
  entry(
    "continue",
    "Continue",
    ["con"],
    [
      {
        path: "HOME/.continue/sessions/sessions.json",
        variable: { name: "CONTINUE_GLOBAL_DIR", replaces: 2 },
      },
    ],
  ),
  entry("amp", "Amp", [], [{ path: "DATA/amp/threads", entries: ["thread", "threads"], ending: ".json" }]),
  entry("aider", "Aider", ["aid"], [{ path: "CWD/.aider.chat.history.md" }]),
  entry(
    "cursor",
    "Cursor",
    ["cur"],
    [
      { path: "CONFIG/Cursor/User/globalStorage/state.vscdb" },
      { path: "HOME/.cursor/chats", entries: PROJECTS },
    ],
  ),
];

/** The known agent with this slug or alias (case-insensitive). */
export function knownAgent(word: string): KnownAgent | undefined {
  const wanted = word.toLowerCase();
  return KNOWN_AGENTS.find(({ slug, aliases }) => slug === wanted || aliases.includes(wanted));
}
