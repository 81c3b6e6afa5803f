import type { Probe } from "casr-cli/provider";

/** A model that OpenCode's built-in catalogue has; the one most recorded sessions were made with. */
const MODEL = "claude-sonnet-4-5";

/** What keeps OpenCode (1.18.33) off the network. */
const QUIET = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_MODELS_FETCH: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
};

/**
 * Runs OpenCode (1.18.33) headless against a loopback model that speaks Anthropic's Messages. The prompt goes in
 * through standard input: as an argument it would get quotes around it.
 */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model }) => ({
    env: { ...QUIET, ANTHROPIC_API_KEY: "probe" },
    files: [
      {
        path: `${home}/.config/opencode/opencode.json`,
        content: JSON.stringify({
          $schema: "https://opencode.ai/config.json",
          model: `anthropic/${model ?? MODEL}`,
          autoupdate: false,
          share: "disabled",
          permission: "allow",
          provider: { anthropic: { options: { baseURL: `${baseUrl}/v1`, apiKey: "probe" } } },
        }),
      },
    ],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, "run"], stdin: prompt }),
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, "run", "--session", sessionId],
    stdin: prompt,
  }),
  list: ({ command }) => ({ argv: [...command, "session", "list", "--format", "json"] }),
};
