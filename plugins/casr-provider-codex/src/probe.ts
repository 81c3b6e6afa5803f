import type { Probe } from "casr-cli/provider";

/** Runs Codex 0.169.0 against a model on the loopback interface, offline and without an account. */
export const probe: Probe = {
  wire: "responses",
  resume: ({ binary, baseUrl, home, workspace, sessionId, prompt }) => ({
    env: { CODEX_HOME: `${home}/.codex`, CASR_PROBE_KEY: "unused" },
    files: [
      {
        path: `${home}/.codex/config.toml`,
        content: [
          'model = "gpt-5.5"',
          'model_provider = "casr_probe"',
          "",
          "[model_providers.casr_probe]",
          'name = "casr probe"',
          `base_url = ${JSON.stringify(`${baseUrl}/v1`)}`,
          'env_key = "CASR_PROBE_KEY"',
          'wire_api = "responses"',
          "supports_websockets = false",
          "",
          "[analytics]",
          "enabled = false",
          "",
          `[projects.${JSON.stringify(workspace)}]`,
          'trust_level = "trusted"',
          "",
        ].join("\n"),
      },
    ],
    argv: [
      binary,
      "exec",
      "--skip-git-repo-check",
      "--dangerously-bypass-approvals-and-sandbox",
      "resume",
      sessionId,
      prompt,
    ],
  }),
};
