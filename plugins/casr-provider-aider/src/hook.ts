import type { Registration } from "casr-cli/provider";

/** Aider, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "aider",
  name: "Aider",
  aliases: ["aid"],
  binary: { names: ["aider"], versionArgs: ["--version"] },
  homeVariables: ["AIDER_HOME", "AIDER_CHAT_HISTORY_FILE"],
  verified: [{ version: "0.86.2", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: { user: false, assistant: false, toolResult: false, mediaTypes: [] },
    documents: false,
    reasoning: { replays: [], display: false },
    system: "user",
    toolCalls: {
      // Aider has no tools: its model edits files by what it writes.
      unknownNames: "text",
      kinds: [],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_.:-]",
      idMaxLength: 128,
      nameCharacters: "[A-Za-z0-9_.:-]",
      nameMaxLength: 128,
    },
    toolResults: { errorFlag: false, order: "call" },
    notes: [
      "Aider has no tools: calls and their results are text in the conversation.",
      "Lines of an answer that begin with #, > or #### get a space in front: Aider would drop them or take them for prompts.",
      "Give Aider your model (--model) and the files to work on: a history holds neither.",
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
