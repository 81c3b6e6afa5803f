import type { Probe } from "casr-cli/provider";

/** Runs Claude Code headless against a loopback model that speaks Anthropic Messages. */
export const probe: Probe = {
  wire: "anthropic",
  resume: ({ binary, baseUrl, home, sessionId, prompt }) => ({
    env: {
      HOME: home,
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_API_KEY: "probe",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      IS_SANDBOX: "1",
    },
    files: [],
    argv: [binary, "-p", prompt, "--permission-mode", "bypassPermissions", "--resume", sessionId],
  }),
};
