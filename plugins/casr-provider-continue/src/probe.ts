import type { Probe, ProbePlace } from "casr-cli/provider";

/** A model whose pictures cn sends. */
const MODEL = "gpt-4o";

function config({ baseUrl, model = MODEL }: ProbePlace): string {
  // JSON is YAML too.
  return JSON.stringify(
    {
      name: "probe",
      version: "1.0.0",
      schema: "v1",
      models: [
        {
          name: "probe",
          provider: "openai",
          model,
          apiKey: "probe",
          apiBase: `${baseUrl}/v1/`,
          roles: ["chat", "edit", "apply"],
          capabilities: ["tool_use", "image_input"],
          defaultCompletionOptions: { contextLength: 1_000_000 },
          // Else a model that cn knows for it is asked by the Responses API.
          useResponsesApi: false,
        },
      ],
    },
    null,
    2,
  );
}

/** Runs cn (1.5.47) headless against a loopback model that speaks Chat Completions. */
export const probe: Probe = {
  wire: "chat",
  setup: (place) => ({
    env: { CONTINUE_TELEMETRY_ENABLED: "0", CONTINUE_CLI_AUTO_UPDATED: "1", CI: "1" },
    files: [
      { path: `${place.home}/.continue/config.yaml`, content: `${config(place)}\n` },
      { path: `${place.home}/.continue/.onboarding_complete`, content: "2026-11-21T00:00:00.000Z" },
    ],
  }),
  fresh: (place) => ({ argv: [...start(place), "-p", place.prompt] }),
  // cn resumes the session whose file changed last, whichever that is.
  resume: (place) => ({ argv: [...start(place), "-p", place.prompt, "--resume"] }),
  list: ({ command }) => ({ argv: [...command, "ls", "--json"] }),
};

function start({ command, home }: ProbePlace): string[] {
  return [...command, "--config", `${home}/.continue/config.yaml`, "--auto"];
}
