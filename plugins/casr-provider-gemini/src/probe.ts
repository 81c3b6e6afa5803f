import { join } from "node:path";
import type { Probe } from "casr-cli/provider";

/** Settings that keep the CLI offline and its session files where they are. */
const SETTINGS = {
  security: { auth: { selectedType: "gemini-api-key" } },
  telemetry: { enabled: false },
  privacy: { usageStatisticsEnabled: false },
  general: {
    enableAutoUpdate: false,
    enableAutoUpdateNotification: false,
    sessionRetention: { enabled: false },
  },
};

/** Runs Gemini CLI (0.61.0) headless against a model on the loopback interface. */
export const probe: Probe = {
  wire: "gemini",
  resume: ({ binary, baseUrl, home, sessionId, prompt }) => ({
    env: { GEMINI_CLI_HOME: home, GEMINI_API_KEY: "probe", GOOGLE_GEMINI_BASE_URL: baseUrl, NO_COLOR: "1" },
    files: [
      { path: join(home, ".gemini", "settings.json"), content: `${JSON.stringify(SETTINGS, null, 2)}\n` },
    ],
    argv: [binary, "--resume", sessionId, "-p", prompt, "--yolo", "--skip-trust"],
  }),
};
