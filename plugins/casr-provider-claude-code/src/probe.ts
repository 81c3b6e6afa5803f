import type { Probe } from "casr-cli/provider";

/** Runs Claude Code (2.1.329) headless against a loopback model that speaks Anthropic Messages. */
export const probe: Probe = {
  wire: "anthropic",
  setup: ({ baseUrl }) => ({
    env: {
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_API_KEY: "probe",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      // Lets uid 0, which a fresh user namespace gives, skip the permission questions.
      IS_SANDBOX: "1",
    },
    files: [],
  }),
  fresh: ({ command, prompt }) => ({ argv: [...command, ...print(prompt)] }),
  resume: ({ command, sessionId, prompt }) => ({
    argv: [...command, ...print(prompt), "--resume", sessionId],
  }),
};

function print(prompt: string): string[] {
  return ["-p", prompt, "--permission-mode", "bypassPermissions"];
}
