import type { Probe, ProbePlace } from "casr-cli/provider";

/** A model Qwen Code knows to see pictures and to have a window of a million tokens. */
const MODEL = "qwen3-vl-plus";

const SETTINGS = {
  security: { auth: { selectedType: "openai" } },
  telemetry: { enabled: false },
  privacy: { usageStatisticsEnabled: false },
  general: { enableAutoUpdate: false },
  // Else the CLI sends the conversation a second time, to learn from it.
  memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false },
};

/** Runs Qwen Code (0.24.4) headless against a loopback model that speaks Chat Completions. */
export const probe: Probe = {
  wire: "chat",
  setup: ({ baseUrl, home }) => ({
    env: {
      OPENAI_API_KEY: "probe",
      OPENAI_BASE_URL: `${baseUrl}/v1`,
      QWEN_CODE_NO_RELAUNCH: "true",
    },
    files: [{ path: `${home}/.qwen/settings.json`, content: `${JSON.stringify(SETTINGS, null, 2)}\n` }],
  }),
  fresh: (place) => ({ argv: [...start(place), "-p", place.prompt] }),
  resume: (place) => ({ argv: [...start(place), "--resume", place.sessionId, "-p", place.prompt] }),
  list: ({ command }) => ({ argv: [...command, "sessions", "list", "--json"] }),
};

function start({ command, baseUrl, model }: ProbePlace): string[] {
  const service = ["--auth-type", "openai", "--openai-base-url", `${baseUrl}/v1`, "-m", model ?? MODEL];
  return [...command, "--yolo", ...service];
}
