import type { Probe, ProbePlace } from "casr-cli/provider";
import { OWN_ENDING } from "./native.ts";
import { join } from "./paths.ts";

const MODEL = "openai/probe";

/** No colours, no questions, no updates, nothing of git's; the model named and its window known. */
function argv(place: ProbePlace, more: string[]): string[] {
  const quiet = ["--no-pretty", "--no-stream", "--no-git", "--no-check-update", "--no-show-model-warnings"];
  const calm = [
    "--no-analytics",
    "--no-gitignore",
    "--no-show-release-notes",
    "--no-auto-lint",
    "--map-tokens",
    "0",
    "--no-fancy-input",
  ];
  return [...place.command, "--model", place.model ?? MODEL, "--yes-always", ...quiet, ...calm, ...more];
}

/** How Aider 0.86 is run against the loopback server. */
export const probe: Probe = {
  wire: "chat",
  setup: ({ baseUrl, home }) => ({
    env: {
      OPENAI_API_BASE: `${baseUrl}/v1`,
      OPENAI_API_KEY: "probe",
      // Prices and windows of models come with the package.
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
      AIDER_ANALYTICS: "false",
    },
    // Where Aider keeps what it knows of models; without it it would look on the network, for seconds.
    files: [
      {
        path: join(home, ".aider", "caches", "model_prices_and_context_window.json"),
        content: JSON.stringify({
          [MODEL]: { max_input_tokens: 1_000_000, litellm_provider: "openai", mode: "chat" },
        }),
      },
    ],
  }),
  fresh: (place) => ({ argv: argv(place, ["--message", place.prompt]) }),
  resume: (place) => {
    const history = join(place.home, ".aider", "casr", `${place.sessionId}${OWN_ENDING}`);
    const restore = [
      "--chat-history-file",
      history,
      "--restore-chat-history",
      "--max-chat-history-tokens",
      "10000000",
    ];
    return { argv: argv(place, [...restore, "--message", place.prompt]) };
  },
};
