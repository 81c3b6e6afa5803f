import type { Registration } from "casr-cli/provider";

/** Kilo Code, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "kilo-code",
  name: "Kilo Code",
  aliases: ["kil", "kilo"],
  binary: { names: ["kilo", "kilocode"], versionArgs: ["--version"] },
  homeVariables: ["KILO_HOME", "KILO_DB", "XDG_DATA_HOME"],
  verified: [{ version: "7.7.9", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      failedResult: false,
      behindResults: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: ["application/pdf"],
    // Any other thought would be sent as ordinary text, or not be shown.
    reasoning: { replays: ["anthropic"], display: false },
    system: "user",
    toolCalls: {
      unknownNames: "keep",
      kinds: [
        "shell",
        "read",
        "write",
        "edit",
        "patch",
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
    toolResults: { errorFlag: true, order: "call" },
    notes: [
      "Kilo Code sends the thoughts of an answer as such only to the model that had them; another model gets them as text.",
      "Kilo Code lists a session only in the project and folder it belongs to.",
      "Kilo Code sums up a conversation by itself once it is larger than the model's context window.",
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
