import type { Probe } from "casr-cli/provider";

/** A model that Kilo Code's built-in catalogue has; the one most recorded sessions were made with. */
const MODEL = "claude-sonnet-4-5";

/** What keeps Kilo Code (7.7.9) off the network. */
const QUIET = {
  KILO_DISABLE_AUTOUPDATE: "1",
  KILO_DISABLE_LSP_DOWNLOAD: "1",
  KILO_DISABLE_MODELS_FETCH: "1",
  KILO_DISABLE_DEFAULT_PLUGINS: "1",
  KILO_TELEMETRY_LEVEL: "off",
};

/**
 * Runs Kilo Code (7.7.9) headless against a loopback model that speaks Anthropic's Messages. The prompt goes in
 * through standard input: as an argument it would get quotes around it.
 */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model }) => ({
    env: { ...QUIET, ANTHROPIC_API_KEY: "probe" },
    files: [
      {
        path: `${home}/.config/kilo/kilo.json`,
        content: JSON.stringify({
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
