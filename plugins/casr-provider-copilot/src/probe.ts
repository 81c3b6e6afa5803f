import type { Probe } from "casr-cli/provider";

/** What the agent asks the model service for; any name of Anthropic's will do. */
const MODEL = "claude-sonnet-4.5";

/** A model of the person's own: no account is asked for, and pictures in results are sent, which other own models do not get. */
function providers(baseUrl: string, model: string): string {
  return JSON.stringify({
    providers: [{ name: "probe", type: "anthropic", baseUrl, apiKey: "probe" }],
    models: [{ id: model, provider: "probe", capabilities: { supports: { vision: true } } }],
  });
}

/** Runs GitHub Copilot CLI (1.0.102) headless against a loopback model that speaks Anthropic Messages, without an account. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model = MODEL }) => ({
    env: {
      COPILOT_OFFLINE: "true",
      COPILOT_AUTO_UPDATE: "false",
      COPILOT_PROVIDERS_CONFIG: `${home}/.copilot/providers.json`,
      COPILOT_MODEL: `probe/${model}`,
    },
    files: [{ path: `${home}/.copilot/providers.json`, content: `${providers(baseUrl, model)}\n` }],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...ask(prompt)] }),
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, "--resume", sessionId, ...ask(prompt)],
  }),
  // The list that editors show: `session/list` of the Agent Client Protocol.
  list: ({ command }) => ({
    argv: [...command, "--acp"],
    stdin: [
      request(1, "initialize", { protocolVersion: 1, clientCapabilities: {} }),
      request(2, "session/list", {}),
    ].join(""),
  }),
};

/** One line of JSON-RPC. */
function request(id: number, method: string, params: object): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
}

function ask(prompt: string): string[] {
  return ["-p", prompt, "--allow-all", "--output-format", "json"];
}
