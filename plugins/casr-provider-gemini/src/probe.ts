import type { Probe } from "casr-cli/provider";

/** Clean-up of old sessions stays as the CLI has it: a session casr wrote must survive that. */
const SETTINGS = {
  security: { auth: { selectedType: "gemini-api-key" } },
  telemetry: { enabled: false },
  privacy: { usageStatisticsEnabled: false },
  general: { disableAutoUpdate: true, enableAutoUpdate: false, enableAutoUpdateNotification: false },
};

/** Runs Gemini CLI (0.61.0) headless against a loopback model that speaks generateContent. */
export const probe: Probe = {
  wire: "gemini",
  setup: ({ baseUrl, home }) => ({
    env: {
      GEMINI_API_KEY: "probe",
      GOOGLE_GEMINI_BASE_URL: baseUrl,
      // Else the CLI starts itself once more, with more memory.
      GEMINI_CLI_NO_RELAUNCH: "true",
    },
    files: [{ path: `${home}/.gemini/settings.json`, content: `${JSON.stringify(SETTINGS, null, 2)}\n` }],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...ask(prompt)] }),
  resume: ({ command, sessionId, prompt }) => ({ argv: [...command, ...ask(prompt), "--resume", sessionId] }),
  list: ({ command }) => ({ argv: [...command, "--list-sessions", "--skip-trust"] }),
};

function ask(prompt: string): string[] {
  return ["-p", prompt, "--yolo", "--skip-trust"];
}
