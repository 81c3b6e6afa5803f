import type { Probe } from "casr-cli/provider";

/** A name of Anthropic's, which decides how the agent talks to it. */
const MODEL = "claude-sonnet-4-5-20250929";

/** A model of the person's own; nothing goes to Factory's service but to the loopback server, which knows nothing. */
function settings(baseUrl: string, model: string): string {
  return JSON.stringify({
    customModels: [
      {
        model,
        displayName: "Probe",
        baseUrl,
        apiKey: "probe",
        provider: "anthropic",
        maxOutputTokens: 8192,
      },
    ],
    cloudSessionSync: false,
    enableDroidShield: false,
  });
}

/** Runs Factory Droid (0.225.2) headless against a loopback model that speaks Anthropic Messages, without an account. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl, home, model = MODEL }) => ({
    env: {
      FACTORY_API_BASE_URL: baseUrl,
      FACTORY_API_KEY: "fk-probe",
      FACTORY_DROID_AUTO_UPDATE_ENABLED: "false",
      FACTORY_OTEL_ENABLED: "false",
    },
    files: [{ path: `${home}/.factory/probe.json`, content: `${settings(baseUrl, model)}\n` }],
  }),
  fresh: (place) => ({ argv: [...start(place), place.prompt] }),
  // A session the server does not know (404) is taken from disk.
  resume: (place) => ({ argv: [...start(place), "-s", place.sessionId, place.prompt] }),
  // The list that editors show: `session/list` of the Agent Client Protocol. Where its input is closed, Droid ends
  // before it has answered, so it gets a terminal. Its own picker wants an account.
  list: ({ command }) => ({
    argv: [...command, "exec", "--output-format", "acp"],
    terminal: [
      { type: request(1, "initialize", { protocolVersion: 1, clientCapabilities: {} }) },
      { waitFor: '"agentCapabilities"', type: request(2, "session/list", {}) },
      { waitFor: '"result":{"sessions"', type: "" },
    ],
  }),
};

/** One line of JSON-RPC. */
function request(id: number, method: string, params: object): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
}

function start({
  command,
  home,
  model = MODEL,
}: {
  command: readonly string[];
  home: string;
  model?: string;
}): string[] {
  return [
    ...command,
    "exec",
    "--settings",
    `${home}/.factory/probe.json`,
    "-m",
    `custom:${model}`,
    "--skip-permissions-unsafe",
  ];
}
