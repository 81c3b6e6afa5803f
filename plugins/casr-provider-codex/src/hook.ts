import type { Registration } from "casr-cli/provider";

/** Codex CLI, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "codex",
  name: "Codex",
  aliases: ["cod", "cdx"],
  binary: { names: ["codex"], versionArgs: ["--version"] },
  homeVariables: ["CODEX_HOME", "CODEX_SQLITE_HOME"],
  verified: [{ version: "0.169.0", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    reasoning: { replays: ["openai"], display: true },
    system: "message",
    toolCalls: {
      unknownNames: "keep",
      kinds: ["shell", "write", "edit", "multi-edit", "patch", "todo", "ask-user", "view-image", "mcp"],
      inputs: "any",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 128,
    },
    toolResults: { errorFlag: false, order: "any" },
    notes: [
      "Codex resumes with the model of the user's configuration, not with the one the session was made with.",
      "Codex does not cut the history on resume: a conversation larger than the model's context window fails at the service.",
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
