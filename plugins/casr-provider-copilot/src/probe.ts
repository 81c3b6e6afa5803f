import type { Probe } from "casr-cli/provider";

/** What the agent asks the model service for; any name of Anthropic's will do. */
const MODEL = "claude-sonnet-4.5";

/** Runs GitHub Copilot CLI (1.0.102) headless against a loopback model that speaks Anthropic Messages, without an account. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model }) => ({
    env: {
      COPILOT_OFFLINE: "true",
      COPILOT_AUTO_UPDATE: "false",
      COPILOT_PROVIDERS_CONFIG: `${home}/.copilot/providers.json`,
      COPILOT_MODEL: `probe/${model ?? MODEL}`,
    },
    files: [{ path: `${home}/.copilot/providers.json`, content: JSON.stringify({ providers: [{ name: "probe", type: "anthropic", baseUrl, apiKey: "probe" }], models: [{ id: model ?? MODEL, provider: "probe", capabilities: { supports: { vision: true } } }] }) }],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...ask(prompt)] }),
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, `--resume=${sessionId}`, ...ask(prompt)],
  }),
};

function ask(prompt: string): string[] {
  return ["-p", prompt, "--allow-all", "--output-format", "json"];
}
