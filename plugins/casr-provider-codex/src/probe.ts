import type { Probe } from "casr-cli/provider";

/** A model Codex 0.169.0 knows; for unknown ones it cuts outputs much earlier. */
const MODEL = "gpt-5.5";

/**
 * Runs Codex (0.169.0) headless against a loopback model that speaks Responses. The model provider stays the
 * built-in `openai`, moved to the loopback server: Codex resumes no session of another provider.
 */
export const probe: Probe = {
  wire: "responses",
  setup: ({ baseUrl, home, workspace, model }) => ({
    env: { CODEX_HOME: `${home}/.codex`, CODEX_API_KEY: "probe", OPENAI_API_KEY: "probe" },
    files: [
      {
        path: `${home}/.codex/config.toml`,
        content: [
          `model = ${JSON.stringify(model ?? MODEL)}`,
          `openai_base_url = ${JSON.stringify(`${baseUrl}/v1`)}`,
          "check_for_update_on_startup = false",
          "",
          "[analytics]",
          "enabled = false",
          "",
          `[projects.${JSON.stringify(workspace)}]`,
          'trust_level = "trusted"',
          "",
        ].join("\n"),
      },
    ],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...EXEC, prompt] }),
  // The app server ends with its input, answered or not; so its input ends late.
  list: ({ command }) => ({
    argv: ["sh", "-c", '{ cat; sleep 2; } | "$@" app-server', "sh", ...command],
    stdin: LIST_THREADS.map((message) => `${JSON.stringify(message)}\n`).join(""),
  }),
  resume: ({ command, sessionId, prompt }) => ({ argv: [...command, ...EXEC, "resume", sessionId, prompt] }),
};

/** What an editor asks the app server to show the saved threads. */
const LIST_THREADS = [
  { id: 1, method: "initialize", params: { clientInfo: { name: "casr", version: "1" } } },
  { method: "initialized" },
  { id: 2, method: "thread/list", params: { limit: 100 } },
];

const EXEC = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
