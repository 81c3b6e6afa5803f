import type { Probe } from "casr-cli/provider";

/** Its vendor's model for this agent. */
const MODEL = "kimi-for-coding";

/**
 * Runs Kimi Code (2.1.0) in its print mode against a loopback model that speaks Chat Completions, as its vendor's
 * service does. In print mode tools run without asking.
 */
export const probe: Probe = {
  wire: "chat",
  setup: ({ baseUrl, home, model = MODEL }) => ({
    env: {
      KIMI_CODE_HOME: `${home}/.kimi-code`,
      KIMI_MODEL_NAME: model,
      KIMI_MODEL_API_KEY: "probe",
      KIMI_MODEL_BASE_URL: `${baseUrl}/v1`,
      KIMI_DISABLE_TELEMETRY: "1",
      KIMI_CODE_NO_AUTO_UPDATE: "1",
    },
    files: [],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, "-p", prompt] }),
  resume: ({ command, sessionId, prompt }) => ({ argv: [...command, "--session", sessionId, "-p", prompt] }),
  list: ({ command }) => ({ argv: [...command, "session", "list", "--all", "--json"] }),
};
