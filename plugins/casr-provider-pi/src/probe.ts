import type { Probe } from "casr-cli/provider";

/** A model of Anthropic's that Pi knows to see pictures. */
const MODEL = "claude-sonnet-4-5-20250929";

/** Runs Pi (0.73.1) in its print mode against a loopback model that speaks Anthropic Messages. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model = MODEL }) => ({
    env: { PI_OFFLINE: "1", PI_TELEMETRY: "0", ANTHROPIC_API_KEY: "probe" },
    files: [
      {
        path: `${home}/.pi/agent/models.json`,
        content: `${JSON.stringify({ providers: { anthropic: { baseUrl } } })}\n`,
      },
      {
        path: `${home}/.pi/agent/settings.json`,
        content: `${JSON.stringify({ defaultProvider: "anthropic", defaultModel: model })}\n`,
      },
    ],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, "-p", prompt] }),
  // Without a model named, Pi goes on with the session's own.
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, "--session", sessionId, "-p", prompt],
  }),
  list: ({ command }) => ({
    argv: [...command, "--resume"],
    terminal: [{ waitFor: "Resume Session", type: "" }],
  }),
};
