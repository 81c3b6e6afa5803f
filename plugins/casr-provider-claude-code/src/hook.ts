import type { Registration } from "casr-cli/provider";

/** Claude Code, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "claude-code",
  name: "Claude Code",
  aliases: ["cc", "claude"],
  binary: { names: ["claude"], versionArgs: ["--version"] },
  homeVariables: ["CLAUDE_CONFIG_DIR", "CLAUDE_HOME"],
  verified: [{ version: "2.1.329", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // Claude Code (2.1.329) sends no pictures of failed results: its service refuses them.
      failedResult: false,
      behindResults: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: true,
    reasoning: { replays: ["anthropic"], display: true },
    system: "user",
    toolCalls: {
      unknownNames: "keep",
      kinds: [
        "shell",
        "read",
        "write",
        "edit",
        "multi-edit",
        "patch",
        "list",
        "glob",
        "grep",
        "web-fetch",
        "web-search",
        "todo",
        "task",
        "ask-user",
        "view-image",
        "mcp",
      ],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [
      "Claude Code shows reasoning of other agents in the transcript but does not send it to the model.",
      "Claude Code deletes sessions whose file has not changed for 30 days (setting cleanupPeriodDays).",
    ],
  },
  reader: async () => (await import("./read.ts")).reader,
  writer: async () => (await import("./write.ts")).writer,
  probe: async () => (await import("./probe.ts")).probe,
};

/** The `casr:providers` hook. */
export default function providers(): Registration[] {
  return [registration];
}
