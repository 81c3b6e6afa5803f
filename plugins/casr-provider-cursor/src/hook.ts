import type { Registration } from "casr-cli/provider";

/** Cursor (the editor and the `cursor-agent` program), as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "cursor",
  name: "Cursor",
  aliases: ["cur"],
  binary: { names: ["cursor-agent", "cursor"], versionArgs: ["--version"] },
  homeVariables: ["CURSOR_HOME", "CURSOR_CONFIG_DIR"],
  verified: [{ version: "3.16", date: "2026-11-21", result: "unproven" }],
  capabilities: {
    // No public writer is known to have put an image into either store.
    images: { user: false, assistant: false, toolResult: false, mediaTypes: [] },
    documents: false,
    // Thoughts without a signature are native in both stores; whether they are sent is not known.
    reasoning: { replays: ["cursor"], display: false },
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
        "ask-user",
        "view-image",
        "mcp",
      ],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_.:-]",
      idMaxLength: 128,
      nameCharacters: "[A-Za-z0-9_.-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "call" },
    notes: [
      "Sessions written for Cursor follow what several public readers and writers agree on; Cursor itself has not resumed them in casr's tests.",
    ],
  },
  reader: async () => (await import("./read.ts")).reader,
  writer: async () => (await import("./write.ts")).writer,
};

/** The `casr:providers` hook. */
export default function providers(): Registration[] {
  return [registration];
}
