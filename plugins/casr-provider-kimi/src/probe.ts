import type { Probe, ProbePlace } from "casr-cli/provider";

/** Its vendor's model for this agent; in the settings below also the name it is chosen by. */
const MODEL = "kimi-for-coding";

/** A provider that speaks as the vendor's service does, and its model. */
function config({ baseUrl, model = MODEL }: ProbePlace): string {
  return [
    `default_model = ${JSON.stringify(model)}`,
    "telemetry = false",
    "",
    "[providers.probe]",
    'type = "kimi"',
    `base_url = ${JSON.stringify(`${baseUrl}/v1`)}`,
    'api_key = "probe"',
    "",
    `[models.${JSON.stringify(model)}]`,
    'provider = "probe"',
    `model = ${JSON.stringify(model)}`,
    "max_context_size = 262144",
    'capabilities = ["image_in", "thinking"]',
    "",
  ].join("\n");
}

/**
 * Runs Kimi Code (2.1.0) in its print mode against a loopback model that speaks Chat Completions, as its vendor's
 * service does. In print mode tools run without asking.
 */
export const probe: Probe = {
  wire: "chat",
  setup: (place) => ({
    env: { KIMI_DISABLE_TELEMETRY: "1", KIMI_CODE_NO_AUTO_UPDATE: "1" },
    files: [{ path: `${place.home}/.kimi-code/config.toml`, content: config(place) }],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, "-p", prompt] }),
  // Unlike the terminal, print mode gives a session that names no model none by itself.
  resume: ({ command, sessionId, prompt, model = MODEL }) => ({
    argv: [...command, "--session", sessionId, "-m", model, "-p", prompt],
  }),
  list: ({ command }) => ({ argv: [...command, "session", "list", "--all", "--json"] }),
};
