import type { Registration } from "casr-cli/provider";

/** GitHub Copilot CLI, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "copilot",
  name: "GitHub Copilot CLI",
  aliases: ["cop"],
  binary: { names: ["copilot"], versionArgs: ["--version"] },
  homeVariables: ["COPILOT_HOME"],
  verified: [{ version: "1.0.102", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // 1.0.102 sends "[image/bmp omitted: the model reads PNG, JPEG, WebP and GIF images only]" for others.
      mediaTypes: ["image/png", "image/jpeg", "image/webp", "image/gif"],
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
        "patch",
        "list",
        "glob",
        "grep",
        "web-fetch",
        "task",
        "view-image",
        "mcp",
      ],
      inputs: "any",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    // Failure is told in the text alone, live and after a resume.
    toolResults: { errorFlag: false, order: "call" },
    notes: [
      "GitHub Copilot CLI sends pictures in tool results, and PDF documents, only to models that it knows to read them.",
      "GitHub Copilot CLI works in the folder it is started in, whatever folder the session is from.",
      "Reasoning of other agents is shown, not sent; Anthropic's signed reasoning is sent again.",
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
