import type { Probe, TerminalStep } from "casr-cli/provider";

/** What the CLI asks for when the place names no model. */
const MODEL = "claude-sonnet-4-5";

/** Runs the Cline CLI (3.0.65) against a loopback model that speaks the Anthropic Messages API. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model = MODEL }) => {
    const settings = { provider: "anthropic", apiKey: "probe", model, baseUrl: `${baseUrl}/v1` };
    const stored = {
      version: 1,
      lastUsedProvider: "anthropic",
      modes: {},
      providers: { anthropic: { settings, updatedAt: "2026-01-01T00:00:00.000Z", tokenSource: "manual" } },
    };
    return {
      env: { CLINE_NO_AUTO_UPDATE: "1", CLINE_TELEMETRY_DISABLED: "1" },
      files: [
        {
          path: `${home}/.cline/data/settings/providers.json`,
          content: `${JSON.stringify(stored, null, 2)}\n`,
        },
      ],
    };
  },
  fresh: ({ command, model = MODEL, prompt }) => ({
    argv: [...command, "--json", "-P", "anthropic", "-m", model, prompt],
  }),
  // With `--id` the CLI takes no prompt and no `--json`: it is resumed in its terminal UI alone.
  resume: ({ command, model = MODEL, sessionId, prompt }) => ({
    argv: [...command, "--id", sessionId, "-P", "anthropic", "-m", model],
    terminal: typed(prompt),
  }),
  list: ({ command }) => ({ argv: [...command, "history", "--json", "--limit", "1000"] }),
};

/** The prompt goes in as one paste when it has several lines; Enter goes separately, or it would belong to it. */
function typed(prompt: string): TerminalStep[] {
  const text = /[\r\n]/u.test(prompt) ? `\u001b[200~${prompt}\u001b[201~` : prompt;
  // The session is drawn after the input line, and a prompt typed before that is lost.
  return [{ waitFor: "Ask anything", type: "" }, { type: text }, { type: "\r" }];
}
