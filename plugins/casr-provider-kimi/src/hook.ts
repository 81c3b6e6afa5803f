import type { Registration } from "casr-cli/provider";

/** Kimi Code CLI, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "kimi",
  name: "Kimi Code",
  aliases: ["kim"],
  binary: { names: ["kimi"], versionArgs: ["--version"] },
  homeVariables: ["KIMI_CODE_HOME", "KIMI_HOME", "KIMI_SHARE_DIR"],
  verified: [{ version: "2.1.0", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    // Thoughts go back to the model as they are, on the wire of Kimi's own service; nothing is signed.
    reasoning: { replays: [], unsigned: true, display: false },
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
    notes: [],
  },
  reader: async () => (await import("./read.ts")).reader,
  writer: async () => (await import("./write.ts")).writer,
  probe: async () => (await import("./probe.ts")).probe,
};

/** The `casr:providers` hook. */
export default function providers(): Registration[] {
  return [registration];
}
