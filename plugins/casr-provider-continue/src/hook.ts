import type { Registration } from "casr-cli/provider";

/** Continue, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "continue",
  name: "Continue",
  aliases: ["con"],
  binary: { names: ["cn"], versionArgs: ["--version"] },
  homeVariables: ["CONTINUE_GLOBAL_DIR"],
  verified: [{ version: "1.5.47", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      // A result is text; its pictures go into a user message behind it.
      toolResult: false,
      behindResults: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    reasoning: { replays: [], display: true },
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
        "grep",
        "web-fetch",
        "todo",
        "task",
      ],
      inputs: "object",
      // Continue itself takes anything; services of the Chat Completions kind ask for this.
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 40,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    // The status of a result stays in the file.
    toolResults: { errorFlag: false, order: "call" },
    notes: [
      "Continue's cn takes no session id for --resume: it goes on with the session whose file changed last.",
      "A conversation too long for the model is summarised by cn at its next turn, which loses the end first and replaces the file.",
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
