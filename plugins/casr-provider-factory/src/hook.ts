import type { Registration } from "casr-cli/provider";

/** Factory Droid, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "factory",
  name: "Factory Droid",
  aliases: ["fac"],
  binary: { names: ["droid"], versionArgs: ["--version"] },
  homeVariables: ["FACTORY_HOME_OVERRIDE", "FACTORY_HOME"],
  verified: [{ version: "0.225.2", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // Droid sends those of failed results too, which its service refuses.
      failedResult: false,
      behindResults: true,
      // Droid sends any type; these are what the services take.
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: true,
    // Whatever thoughts are in the file reach the model, those of others as <thinking> text.
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
        "list",
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
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [
      "Factory Droid has no place for reasoning that its model shall not see: what Anthropic has not signed is left out (--reasoning text keeps it as text).",
      "Factory Droid asks Factory's service for a session before droid exec resumes it; the terminal UI does not.",
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
