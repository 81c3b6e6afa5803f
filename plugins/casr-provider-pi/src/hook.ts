import type { Registration } from "casr-cli/provider";

/** Pi, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "pi",
  name: "Pi",
  aliases: ["pi-agent"],
  binary: { names: ["pi"], versionArgs: ["--version"] },
  homeVariables: ["PI_CODING_AGENT_SESSION_DIR", "PI_CODING_AGENT_DIR", "PI_AGENT_HOME"],
  verified: [
    { version: "0.87.1", date: "2026-11-21", result: "passed" },
    { version: "0.73.1", date: "2026-11-21", result: "passed" },
  ],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // Pi sends those of failed results too, which one of its services refuses.
      failedResult: false,
      behindResults: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    // With any other model than the one that thought them, Pi sends thoughts as if they had been said.
    reasoning: { replays: [], display: false },
    system: "user",
    toolCalls: {
      unknownNames: "keep",
      kinds: ["shell", "read", "write", "edit", "multi-edit", "patch", "list", "glob", "grep", "view-image"],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [
      "Pi says thoughts aloud to any model but the one that thought them: reasoning is left out (--reasoning text keeps it as text).",
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
