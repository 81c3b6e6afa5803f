import type { Registration } from "casr-cli/provider";

/** Amp, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "amp",
  name: "Amp",
  aliases: [],
  binary: { names: ["amp"], versionArgs: ["--version"] },
  homeVariables: ["AMP_HOME", "AMP_DATA_HOME", "XDG_DATA_HOME"],
  verified: [
    { version: "0.0.1774569934-g39e3ec", date: "2026-11-21", result: "passed" },
    { version: "0.0.1767830505-ga62310", date: "2026-11-21", result: "passed" },
  ],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    reasoning: { replays: ["anthropic"], display: true },
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
        "view-image",
        "mcp",
      ],
      inputs: "object",
      // Amp passes ids and names on to the model's service as they are.
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [
      "Amp needs a login: its own server stands between it and the model, and gets the thread after the first turn.",
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
